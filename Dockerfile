# syntax=docker/dockerfile:1
# docker build --target server .      the server alone, for a database of your own; see compose.yaml
# docker build --target all-in-one .  the server with MariaDB and demo data, for tests and CI

FROM rust:1.95-bookworm AS build
WORKDIR /source
COPY . .
RUN --mount=type=cache,target=/usr/local/cargo/registry --mount=type=cache,target=/source/target \
    make dist && install -D target/dist/whmcs-api /image/usr/local/bin/whmcs-api && install -d /image/data

FROM debian:bookworm-slim AS all-in-one
# Versions are not pinned, because pinned versions would exclude security updates of the base image.
# hadolint ignore=DL3008
RUN apt-get update -qq && apt-get install -y -qq --no-install-recommends mariadb-server-core mariadb-client-core \
    && rm -rf /var/lib/apt/lists/*
COPY --from=build --chown=65532:65532 /image /
USER 65532:65532
ENV WHMCS_API_DATA_DIR=/data
VOLUME /data
EXPOSE 8080
HEALTHCHECK --interval=5s --timeout=5s --start-period=60s --start-interval=1s CMD ["whmcs-api", "healthcheck"]
ENTRYPOINT ["whmcs-api"]
CMD ["demo", "--exposed"]

# The last stage, so that a plain `docker build .` builds it. It has neither a shell nor a package manager.
FROM gcr.io/distroless/cc-debian12:nonroot AS server
COPY --from=build --chown=65532:65532 /image /
USER 65532:65532
ENV WHMCS_API_DATA_DIR=/data WHMCS_API_LISTEN=0.0.0.0:8080
VOLUME /data
EXPOSE 8080
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --start-interval=1s CMD ["whmcs-api", "healthcheck"]
ENTRYPOINT ["whmcs-api"]
CMD ["serve"]
