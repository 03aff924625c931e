# `make demo` and `make test` do all their set-up by themselves on a Debian machine with Rust.

# Where Debian and others keep the server, which the path of an ordinary user lacks.
export PATH := $(PATH):/usr/sbin:/usr/local/sbin
SUDO := $(shell [ "$$(id -u)" = 0 ] || echo sudo)

# Installs Debian packages, unless the program that is wanted of them is there.
install = @command -v $(1) >/dev/null || { echo "No $(1) found: installing Debian's $(2)"; \
	$(SUDO) apt-get update -qq && $(SUDO) apt-get install -y -qq $(2); }

.PHONY: help demo test test-chaos test-cluster test-instructions test-clients test-fuzz test-mail test-openapi test-page test-security bench bench-guessing openapi lint mariadb galera

help: ## Show this help
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /|/' | column -t -s '|'

demo: mariadb ## Serve demo data on http://127.0.0.1:8080
	cargo build --release
	./target/release/whmcs-api demo

test: galera lint ## Check format, lints and documentation, and run every test
	cargo test

test-clients: mariadb ## Run WHMCS clients from npm, PyPI and PHP against the demo (installs them)
	$(call install,node,nodejs npm)
	$(call install,python3,python3)
	python3 -c 'import ensurepip' 2>/dev/null || $(SUDO) apt-get install -y -qq python3-venv
	$(call install,php,php-cli)
	php -m | grep -qx curl || $(SUDO) apt-get install -y -qq php-curl
	cargo build
	tests/clients/run target/debug/whmcs-api

test-mail: mariadb ## Send mails through a mail server from PyPI (installs it)
	$(call install,python3,python3)
	python3 -c 'import ensurepip' 2>/dev/null || $(SUDO) apt-get install -y -qq python3-venv
	cargo build
	tests/mail/run target/debug/whmcs-api
test-page: mariadb ## Drive the documentation page in headless Chromium, against the demo (installs it)
	$(call install,chromium,chromium fonts-inter fonts-jetbrains-mono)
	$(call install,node,nodejs npm)
	cargo build
	tests/page/run target/debug/whmcs-api

openapi: mariadb ## Make openapi.json anew, its examples on the demo data, and the README's table
	WRITE_EXAMPLES=1 cargo test --test suite -- api::openapi::examples
	cargo run --quiet -- openapi > target/openapi.json && mv target/openapi.json openapi.json
	cargo run --quiet -- actions --format markdown > target/actions.md
	sed -i -e '/^<!-- whmcs-api actions/,/^<!-- end/{//!d}' -e '/^<!-- whmcs-api actions/r target/actions.md' README.md

test-openapi: ## Have a validator from PyPI look at openapi.json (installs it)
	$(call install,python3,python3)
	python3 -c 'import ensurepip' 2>/dev/null || $(SUDO) apt-get install -y -qq python3-venv
	tests/openapi/run openapi.json

test-fuzz: mariadb ## Call every action as its description allows, and as it does not, some 9,000 times (installs schemathesis)
	$(call install,python3,python3)
	python3 -c 'import ensurepip' 2>/dev/null || $(SUDO) apt-get install -y -qq python3-venv
	cargo build
	tests/fuzz/run target/debug/whmcs-api

test-chaos: mariadb ## Kill databases and servers under load, at full length, and count what is lost
	CHAOS=1 cargo test --release --test suite chaos:: -- --nocapture --test-threads 1 --skip chaos::cluster

test-cluster: galera ## The same on a Galera cluster of three nodes
	CHAOS=1 cargo test --release --test suite chaos::cluster -- --nocapture --test-threads 1

test-security: mariadb ## Run sqlmap over every parameter of every action (installs it)
	$(call install,sqlmap,sqlmap)
	cargo build --release
	tests/security/run target/release/whmcs-api

test-instructions: mariadb ## Count the instructions of calls under valgrind, and hold them against their bounds (installs it)
	$(call install,valgrind,valgrind)
	$(call install,python3,python3)
	cargo build --release
	python3 tests/performance/instructions.py target/release/whmcs-api $(INSTRUCTIONS)

bench: mariadb ## Measure calls against bare SQL on this machine; BENCH="--scale 10", "--publish", "--help"
	cargo bench --bench throughput -- $(BENCH)

bench-guessing: mariadb ## Measure what 10,000 wrong secrets a second do to a client with the right one
	cargo bench --bench guessing

lint: ## Check format, lints and documentation
	cargo fmt --check
	cargo clippy --all-targets -- --deny warnings
	RUSTDOCFLAGS='--deny warnings' cargo doc --no-deps --document-private-items

mariadb: # Install a MariaDB server, unless there is one
	$(call install,mariadbd,mariadb-server-core mariadb-client-core)

# Debian has the scripts with which nodes copy their state in its package of the whole server, which would start one.
GALERA := target/galera
galera: mariadb $(GALERA)/wsrep_sst_rsync # Install Galera's library, and what its nodes copy their state with
$(GALERA)/wsrep_sst_rsync:
	@[ -e /usr/lib/galera/libgalera_smm.so ] || { echo "No Galera found: installing Debian's galera-4"; \
		$(SUDO) apt-get update -qq && $(SUDO) apt-get install -y -qq --no-install-recommends galera-4; }
	$(call install,rsync,rsync)
	$(call install,lsof,lsof)
	mkdir -p $(GALERA)
	cd $(GALERA) && apt-get -qq download mariadb-server && dpkg -x mariadb-server_*.deb package
	sed -i "s/^use chroot = no$$/use chroot = no\nuid = $$(id -u)\ngid = $$(id -g)/" $(GALERA)/package/usr/bin/wsrep_sst_rsync
	mv $(GALERA)/package/usr/bin/wsrep_sst_* $(GALERA)/ && rm -r $(GALERA)/package $(GALERA)/*.deb
