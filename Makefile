# Everything a newcomer needs: `make help`.
.DEFAULT_GOAL := help
.NOTPARALLEL:
SHELL := /bin/bash

TARGET_DIR := $(or $(CARGO_TARGET_DIR),$(CURDIR)/target)
NPM_CI := npm ci --no-audit --no-fund --loglevel=error
FUZZ_SECONDS ?= 60

export CARGO_TERM_COLOR ?= auto

.PHONY: help
help: ## say what there is
	@sed -n 's/^\([a-z][a-z-]*\):.*## \(.*\)/\1|\2/p' $(MAKEFILE_LIST) | while IFS='|' read -r name text; do printf '  make %-12s %s\n' "$$name" "$$text"; done

.PHONY: setup
setup: ## install what the other targets need (as root, from Debian's packages; else say what is missing)
	@tools/setup.sh

.PHONY: demo
demo: setup ## run the demo: an author's program with its own data, on http://127.0.0.1:3310
	cargo run --release -p live-demo $(if $(DEMO_ARGS),-- $(DEMO_ARGS))

.PHONY: test
test: setup fmt-check lint arrows unit doc conformance ## everything that must hold: format, lints, arrows, tests, real clients
	@if command -v cargo-deny >/dev/null 2>&1; then $(MAKE) --no-print-directory deny; else echo 'deny: cargo-deny is not installed, skipped (cargo install cargo-deny --locked)'; fi
	@echo 'make test: all of it passed'

.PHONY: fmt
fmt: setup tools/node_modules/.package-lock.json ## format Rust and JavaScript
	cargo fmt --all
	tools/node_modules/.bin/biome format --write --log-level=warn bench conformance tools

.PHONY: fmt-check
fmt-check:
	cargo fmt --all --check

.PHONY: lint
lint: setup tools/node_modules/.package-lock.json ## clippy and Biome, warnings refused
	cargo clippy --workspace --all-targets -- -D warnings
	tools/node_modules/.bin/biome ci --error-on-warnings bench conformance tools

.PHONY: arrows
arrows: ## dependencies between crates only point down (and the check fails on a graph that does not)
	node --test --test-reporter=dot tools/check-arrows.test.mjs
	node tools/check-arrows.mjs

.PHONY: unit
unit:
	@if cargo nextest --version >/dev/null 2>&1; then set -x; cargo nextest run --workspace --no-tests=pass; else set -x; cargo test --workspace --all-targets; fi

.PHONY: doc
doc:
	cargo test --workspace --doc

# The applications of examples/ that conformance/backends starts.
BACKENDS := examples/smart-actions-express/node_modules/.package-lock.json examples/smart-actions-django/.venv/.installed

.PHONY: conformance
conformance: setup conformance/node_modules/.package-lock.json $(BACKENDS) ## drive the built servers with real third-party clients
	cargo build --workspace --bins
	cd conformance && LEVERS_BIN='$(or $(LEVERS_BIN),$(TARGET_DIR)/debug/levers)' LEVERS_DEMO_BIN='$(or $(LEVERS_DEMO_BIN),$(TARGET_DIR)/debug/live-demo)' npm test --silent

.PHONY: bench
bench: bench/node_modules/.package-lock.json ## the same work on Levers and on @forestadmin/agent; writes bench/RESULTS.md
	@tools/setup.sh wrk
	cargo build --release -p bench-app
	node bench/run.mjs --levers '$(TARGET_DIR)/release/bench-app' $(BENCH_ARGS)

.PHONY: fuzz
fuzz: ## fuzz each parser for FUZZ_SECONDS (60)
	@command -v cargo-fuzz >/dev/null 2>&1 || cargo install cargo-fuzz --locked
	@cd fuzz && for target in $$(cargo fuzz list); do echo "fuzz: $$target for $(FUZZ_SECONDS) s"; mkdir -p corpus/$$target; RUSTC_BOOTSTRAP=1 cargo fuzz run -s none "$$target" corpus/$$target seeds/$$target -- -max_total_time=$(FUZZ_SECONDS) || exit 1; done

.PHONY: deny
deny: ## licences and sources of dependencies (needs cargo-deny; its advisories need the network: cargo deny check advisories)
	cargo deny --log-level error check licenses bans sources

# The linter's version is pinned in package.json; npm writes no lock of its other platforms' builds that `npm ci` accepts.
tools/node_modules/.package-lock.json: tools/package.json
	@tools/setup.sh
	cd tools && npm install --no-package-lock --no-audit --no-fund --loglevel=error
	@touch $@

# Python's packages, in the versions of requirements.txt; a venv of its own, which git ignores.
%/.venv/.installed: %/requirements.txt
	@tools/setup.sh python3
	$(or $(PYTHON),python3) -m venv --clear $*/.venv
	$*/.venv/bin/pip install --quiet --disable-pip-version-check -r $<
	@touch $@

# One folder of packages per package-lock.json; installed again when that changes.
%/node_modules/.package-lock.json: %/package-lock.json %/package.json
	@tools/setup.sh
	cd $* && $(NPM_CI)
	@touch $@
