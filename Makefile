# Everything that is done with this repository. `make` alone lists it.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

CARGO ?= cargo
WASM := target/pagerduty.wasm
HOSTILE := target/hostile.wasm
CONNECTOR := target/release/connector
# One selection of packages for host and tests, so that nothing is built twice.
WORKSPACE := --release --locked --workspace
# Most bytes the component may have, raw and compressed.
RAW_BUDGET := 1343488
GZIP_BUDGET := 475136

.PHONY: help
help: ## List these targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  %-16s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: setup
setup: ## Install the toolchain's wasm target, unless it is there
	@rustup target list --installed | grep -qx wasm32-wasip2 || rustup target add wasm32-wasip2

.PHONY: component
component: setup ## Build the component, target/pagerduty.wasm, and the tests' hostile one
	@mkdir -p $(dir $(WASM))
	cp "$$(CARGO="$(CARGO)" scripts/component)" $(WASM)
	cp "$$(HOSTILE=1 CARGO="$(CARGO)" scripts/component)" $(HOSTILE)

.PHONY: build
build: component ## Build the component and the tool: target/release/connector
	$(CARGO) build $(WORKSPACE)

.PHONY: demo
demo: build ## Show the main job, always against the embedded simulator
	@scripts/demo $(CONNECTOR)

.PHONY: test
test: component ## Run every test, beside a throw-away server of PostgreSQL
	scripts/postgres $(CARGO) test $(WORKSPACE)

.PHONY: store-speed
store-speed: build ## Print how fast a store takes assets in and gives them out (ASSETS=, SLICE=, RUNS=, STORE=postgres://…)
	@target/release/bench-store all - --assets $(or $(ASSETS),100000) --slice $(or $(SLICE),225) --rounds $(or $(RUNS),5) \
		$(if $(STORE),--store $(STORE))

.PHONY: figures
figures: component ## Print what walks cost: requests against the fewest possible, memory
	$(CARGO) test $(WORKSPACE) --test connector figures -- --nocapture --test-threads 1

.PHONY: fire
fire: component ## Try sound, broken and hostile arguments on every operation (FIRE_SEED=, FIRE_ROUNDS=)
	$(CARGO) test $(WORKSPACE) --test connector fire_ -- --nocapture --test-threads 1

.PHONY: terraform-plan
terraform-plan: build ## Plan the simulator's account, as code, with PagerDuty's own provider (needs terraform; PROVIDER=FILE or its registry)
	scripts/terraform-plan $(CONNECTOR) $(PROVIDER)

.PHONY: fuzz
fuzz: ## Look for inputs that break a promise (SECONDS= each, TARGET=, SANITIZER=)
	@scripts/fuzz "$(TARGET)" "$(SECONDS)" "$(SANITIZER)"

.PHONY: snapshots
snapshots: component ## Write the expected texts anew, for review
	UPDATE_SNAPSHOTS=1 $(CARGO) test $(WORKSPACE)

.PHONY: lint
lint: setup ## Check formatting, lints of host and guest, and the catalog
	$(CARGO) fmt --all --check
	$(CARGO) clippy $(WORKSPACE) --all-targets -- -D warnings
	$(CARGO) clippy --locked --profile guest --target wasm32-wasip2 -p pagerduty-connector -p hostile-connector -- -D warnings

.PHONY: examples
examples: build ## Run the component under two other hosts, in Python and in Node
	examples/run.sh

.PHONY: clients
clients: build ## Run PagerDuty's own clients against the simulator
	host-test/clients/run.sh

.PHONY: conformance
conformance: build ## Hold requests and answers against the documents in SPEC=, with the judge in JUDGE=
	@scripts/conformance "$(JUDGE)" "$(SPEC)" "$(DEFECTS)"

.PHONY: simulator-check
simulator-check: build ## Check the simulator's answers with the judge in JUDGE= against the documents in SPEC=
	@scripts/simulator-check "$(JUDGE)" "$(SPEC)"

.PHONY: catalog-check
catalog-check: ## Say what differs between the catalog and the official documents in SPEC=
	@$(CARGO) run --quiet --release --locked -p catalog-compiler -- catalog --against "$(SPEC)" $(ARGS)

.PHONY: bench
bench: build ## Measure beside a native client and PagerDuty's own (ROWS=, RUNS=, QUICK=1): BENCHMARKS.md
	bench/setup
	@ROWS="$(ROWS)" RUNS="$(RUNS)" QUICK="$(QUICK)" python3 bench/run.py

.PHONY: bench-test
bench-test: ## Test what the benchmarks compute, without measuring
	python3 -m unittest discover -s bench

.PHONY: reproducible
reproducible: component ## Build the component once more, elsewhere and otherwise, and compare the bytes
	scripts/reproducible $(WASM)

.PHONY: deny
deny: ## Check licences, duplicates, sources of all dependencies; advisories with a clone of RustSec's in ADVISORIES=
	@CARGO="$(CARGO)" scripts/deny "$(ADVISORIES)"

.PHONY: sbom
sbom: build ## Write what component and tool are made of (CycloneDX): target/*.cdx.json (needs python3 3.11, PyPI)
	scripts/sbom/run

.PHONY: release
release: sbom ## Lay out what is given away: target/release-files
	scripts/release

.PHONY: size
size: component ## Print the component by part; fails over its budget (needs python3)
	@figures="$$($(CARGO) run --quiet --release --locked -p catalog-compiler -- catalog)"; \
	echo "$$figures"; \
	scripts/size $(WASM) $(RAW_BUDGET) $(GZIP_BUDGET) "$$(sed -n 's/.* \([0-9]*\) bytes of tables$$/\1/p' <<<"$$figures")"
