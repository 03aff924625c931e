# `make demo` and `make test` do all their set-up by themselves on a Debian machine with Rust.

# Where Debian and others keep the server, which the path of an ordinary user lacks.
export PATH := $(PATH):/usr/sbin:/usr/local/sbin
DEBIAN_PACKAGES := mariadb-server-core mariadb-client-core
SUDO := $(shell [ "$$(id -u)" = 0 ] || echo sudo)

.PHONY: help demo test lint mariadb

help: ## Show this help
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /|/' | column -t -s '|'

demo: mariadb ## Serve demo data on http://127.0.0.1:8080
	cargo build --release
	./target/release/whmcs-api demo

test: mariadb lint ## Check format, lints and documentation, and run every test
	cargo test

lint: ## Check format, lints and documentation
	cargo fmt --check
	cargo clippy --all-targets -- --deny warnings
	RUSTDOCFLAGS='--deny warnings' cargo doc --no-deps --document-private-items

mariadb: # Install a MariaDB server, unless there is one
	@if ! command -v mariadbd >/dev/null; then \
		echo "No mariadbd found: installing Debian's $(DEBIAN_PACKAGES)"; \
		$(SUDO) apt-get update -qq && $(SUDO) apt-get install -y -qq $(DEBIAN_PACKAGES); \
	fi
