# `make demo` and `make test` need no other set-up on a Debian machine with Rust.

# Folders where Debian and others install the server, and which an ordinary user's PATH lacks.
export PATH := $(PATH):/usr/sbin:/usr/local/sbin
# The folder into which Debian's Prometheus is unpacked.
PROMETHEUS := target/prometheus
# The folder into which Debian's PHP-FPM and nginx are unpacked, with PHP's extensions for the database and APCu.
PHP := target/php
CARGO_DEB := target/cargo-deb/bin/cargo-deb
DEB_PROFILE := dist
# Tests wait for the database and for each other most of the time.
TEST_THREADS := $(shell echo $$((3 * $$(nproc))))
SUDO := $(shell [ "$$(id -u)" = 0 ] || echo sudo)

# rustfmt does not find the files of modules that a macro declares.
RUST_FILES = $(shell find src tests benches -name '*.rs')

# Installs Debian packages, unless the program that is wanted of them is there.
install = @command -v $(1) >/dev/null || { echo "No $(1) found: installing Debian's $(2)"; \
	$(SUDO) apt-get update -qq && $(SUDO) apt-get install -y -qq $(2); }

.PHONY: help deb demo update test test-automation test-steady test-mysql test-chaos test-cluster test-clients test-compile-cost test-console test-container test-deb test-fuzz test-instructions test-mail test-mcp test-openapi test-page test-security test-watching bench bench-console bench-fossbilling bench-guessing dist fmt lint mariadb galera php poppler python

help: ## Show this help
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /|/' | column -t -s '|'

demo: mariadb ## Serve demo data on http://127.0.0.1:8080
	cargo build --release
	./target/release/whmcs-api demo

test: galera php poppler lint test-container ## Check format, lints and documentation, and run every test
	cargo test -- --test-threads $(TEST_THREADS)

test-steady: galera php poppler ## Run every test five times on a busy machine, and report which failed; RUNS=2 for fewer
	tests/steady/run

test-mysql: php poppler ## Run the tests against a real MySQL: the one at TEST_DATABASE_URL, or Debian sid's (downloaded, not installed)
	tests/mysql/run cargo test --test suite -- --skip chaos:: --test-threads $(TEST_THREADS)

test-mcp: mariadb python ## Drive the demo as agents do, with the official clients of the protocol from npm and PyPI (installs them)
	$(call install,node,nodejs npm)
	cargo build
	tests/mcp/clients/run target/debug/whmcs-api

test-clients: mariadb php python ## Run WHMCS clients from npm, PyPI, crates.io and PHP against the demo (installs them)
	$(call install,node,nodejs npm)
	php -m | grep -qx curl || $(SUDO) apt-get install -y -qq php-curl
	cargo build
	tests/clients/run target/debug/whmcs-api

test-mail: mariadb python ## Send mails through a mail server from PyPI (installs it)
	cargo build
	tests/mail/run target/debug/whmcs-api

test-page: mariadb ## Test the documentation page in headless Chromium, against the demo (installs it)
	$(call install,chromium,chromium fonts-inter fonts-jetbrains-mono)
	$(call install,node,nodejs npm)
	cargo build
	tests/page/run target/debug/whmcs-api

test-console: mariadb ## Drive the console in headless Chromium, and have axe-core judge it, against the demo (installs them)
	$(call install,chromium,chromium fonts-inter fonts-jetbrains-mono)
	$(call install,node,nodejs npm)
	cargo build
	tests/console/driver/run target/debug/whmcs-api

update: mariadb ## Renew all that is derived from the source: openapi.json, the replies in it, the table of actions, statement counts, needs
	UPDATE=1 cargo test --test suite -- openapi::example_replies
	echo '{}' > src/doctor/needs.json
	UPDATE=1 cargo test --test suite -- actions:: api:: automation:: forms:: fossbilling:: outbox:: openapi:: --skip api::changed_rows

test-openapi: python ## Have a validator from PyPI look at openapi.json (installs it)
	tests/openapi/run docs/openapi.json

test-container: python ## Lint the sources of the images (installs the linters)
	tests/container/run

test-fuzz: mariadb python ## Call every action with valid and invalid parameters, some 9,000 times (installs schemathesis)
	PROPTEST_RNG_SEED=$$(date +%s) cargo test -- wire:: outbox::mail:: orders:: domain::order
	cargo build
	tests/fuzz/run target/debug/whmcs-api
	tests/fuzz/fossbilling target/debug/whmcs-api

test-chaos: mariadb ## Kill databases and servers under load, at full length, and count what is lost
	CHAOS=1 PROPTEST_RNG_SEED=$$(date +%s) cargo test --release --test suite chaos:: -- --nocapture --test-threads 1 --skip chaos::cluster

test-cluster: galera ## The same on a Galera cluster of three nodes
	CHAOS=1 cargo test --release --test suite chaos::cluster -- --nocapture --test-threads 1

test-automation: galera ## Run three years of days for a thousand clients on servers that are killed, a year on a cluster, and a day of 100,000 services
	AUTOMATION=1 cargo test --release --test suite automation:: -- --nocapture --test-threads 1

test-security: mariadb ## Run sqlmap over every parameter of every action (installs it)
	$(call install,sqlmap,sqlmap)
	cargo build --release
	tests/security/run target/release/whmcs-api

test-watching: mariadb python $(PROMETHEUS)/promtool ## Scrape the metrics with Prometheus, and test the alerts and the dashboard
	cargo test --features traces --test suite -- observability::traces observability::watching
	cargo build --features traces
	tests/watching/run target/debug/whmcs-api $(PROMETHEUS)

test-instructions: mariadb python ## Count the instructions of calls under valgrind, and compare them with their bounds (installs it)
	$(call install,valgrind,valgrind)
	cargo build --release
	python3 tests/performance/instructions.py target/release/whmcs-api $(INSTRUCTIONS)

test-compile-cost: python ## Compile a hundred further actions, and hold what each costs against its bound
	python3 tests/performance/compile_cost.py

bench: mariadb $(if $(findstring --php,$(BENCH)),$(PHP)/nginx) ## Measure calls against bare SQL on this machine; BENCH=--php, "--quick", "--publish", "--help"
	cargo bench --bench throughput -- $(BENCH)

bench-console: mariadb ## Measure how long a page of the console takes, of ten million calls (4 GB of disk; CALLS=100000 for fewer)
	cargo bench --bench console

bench-guessing: mariadb ## Measure how 10,000 wrong secrets per second affect a client with the right one
	cargo bench --bench guessing

bench-fossbilling: mariadb python ## Compare what methods of FOSSBilling's API take with the actions that do the same
	cargo build --release
	python3 benches/fossbilling.py target/release/whmcs-api

deb: $(CARGO_DEB) ## Build a Debian package in target/debian: program, systemd unit, user, settings; DEB_PROFILE=release is quicker
	$(call install,dpkg-shlibdeps,dpkg-dev)
	cargo build --locked --profile $(DEB_PROFILE) --features traces
	mkdir -p target/debian && rm -f target/debian/*.deb
	packaging/changelog > target/debian/changelog
	$(CARGO_DEB) --no-build --profile $(DEB_PROFILE)

test-deb: deb ## Install, run, upgrade, remove and purge the package in a small Debian of its own (installs mmdebstrap)
	$(call install,mmdebstrap,mmdebstrap)
	$(SUDO) tests/deb/run target/debian/*.deb

dist: ## Build the release binary: smaller and faster, but slow to build
	cargo build --locked --profile dist --features traces

fmt: ## Format the source
	rustfmt --edition 2024 $(RUST_FILES)

lint: python ## Check format, lints, documentation, and the licenses of dependencies
	rustfmt --check --edition 2024 $(RUST_FILES)
	python3 tests/licenses/check.py
	cargo clippy --all-targets --features traces -- --deny warnings
	RUSTDOCFLAGS='--deny warnings' cargo doc --features traces --no-deps --document-private-items

python: # Install Python with support for virtual environments
	$(call install,python3,python3)
	@python3 -c 'import ensurepip' 2>/dev/null || { echo "No venv found: installing Debian's python3-venv"; \
		$(SUDO) apt-get update -qq && $(SUDO) apt-get install -y -qq python3-venv; }

poppler: # Install pdftotext and pdftoppm, with which tests read PDFs
	$(call install,pdftotext,poppler-utils)

mariadb: # Install a MariaDB server, unless one is installed
	$(call install,mariadbd,mariadb-server-core mariadb-client-core)

$(CARGO_DEB):
	cargo install --quiet --locked --version 3.8.0 --root target/cargo-deb cargo-deb

# Unpacked only: if installed, it would start to monitor this machine.
$(PROMETHEUS)/promtool:
	mkdir -p $(PROMETHEUS)
	cd $(PROMETHEUS) && apt-get -qq download prometheus && dpkg -x prometheus_*.deb package
	mv $(PROMETHEUS)/package/usr/bin/* $(PROMETHEUS)/ && rm -r $(PROMETHEUS)/package $(PROMETHEUS)/*.deb

# Unpacked only: if installed, they would start to serve on this machine. PHP's other parts come with php-cli.
$(PHP)/nginx:
	$(call install,php,php-cli)
	$(SUDO) apt-get update -qq && $(SUDO) apt-get install -y -qq --no-install-recommends libapparmor1
	mkdir -p $(PHP)/packages
	cd $(PHP)/packages && version=$$(php -r 'echo PHP_MAJOR_VERSION, ".", PHP_MINOR_VERSION;') && \
		apt-get -qq download nginx php$$version-fpm php$$version-mysql php$$version-apcu && \
		for package in *.deb; do dpkg -x $$package unpacked; done
	cp $(PHP)/packages/unpacked/usr/lib/php/2*/*.so $(PHP)
	cp $(PHP)/packages/unpacked/usr/sbin/php-fpm* $(PHP)/php-fpm
	mv $(PHP)/packages/unpacked/usr/sbin/nginx $(PHP) && rm -r $(PHP)/packages

php: # Install PHP, with which the examples of the documents are run
	$(call install,php,php-cli)

# The scripts for state transfer are in Debian's package of the whole server; installing that would start a server.
GALERA := target/galera
galera: mariadb $(GALERA)/wsrep_sst_rsync # Install Galera's library and the scripts for state transfer
$(GALERA)/wsrep_sst_rsync:
	@[ -e /usr/lib/galera/libgalera_smm.so ] || { echo "No Galera found: installing Debian's galera-4"; \
		$(SUDO) apt-get update -qq && $(SUDO) apt-get install -y -qq --no-install-recommends galera-4; }
	$(call install,rsync,rsync)
	$(call install,lsof,lsof)
	mkdir -p $(GALERA)
	cd $(GALERA) && apt-get -qq download mariadb-server && dpkg -x mariadb-server_*.deb package
	sed -i "s/^use chroot = no$$/use chroot = no\nuid = $$(id -u)\ngid = $$(id -g)/" $(GALERA)/package/usr/bin/wsrep_sst_rsync
	mv $(GALERA)/package/usr/bin/wsrep_sst_* $(GALERA)/ && rm -r $(GALERA)/package $(GALERA)/*.deb
