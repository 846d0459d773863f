# Everything a person or a machine does with this checkout. `make` lists it.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
UV_COMPILE := $(BIN)/uv pip compile --universal --python-version 3.11 --generate-hashes --no-annotate --quiet \
  --custom-compile-command 'make lock'
WORKERS ?= 3
PYTEST = $(BIN)/python -m pytest -n $(WORKERS) --dist worksteal
unexport PYTHONDONTWRITEBYTECODE
LINTERS := openapi/node_modules/.installed
TOOLS = PATH="$(CURDIR)/$(BIN):$$PATH"
LINT = $(TOOLS) REDOCLY_TELEMETRY=off openapi/node_modules/.bin

.DEFAULT_GOAL := help
.PHONY: help install demo run test test-full check lint-openapi fix lock openapi release sdk sdk-python docs benchmark

help: ## List the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 14

install: $(STAMP) ## Make .venv with the locked dependencies and the command leeway

$(STAMP): requirements-dev.lock pyproject.toml
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-build-isolation --no-deps -e .
	touch $@

demo: $(STAMP) ## Load the CPython 3.13 release plan with its real history, print its variance, serve it
	$(BIN)/leeway demo

run: $(STAMP) ## Serve on a database file in this folder, without the demo data
	$(BIN)/leeway serve --migrate

test: $(STAMP) ## All tests, on SQLite and on a PostgreSQL that is brought along
	$(PYTEST) tests/domain tests/formats --cov --cov-report=term:skip-covered --cov-fail-under=100
	$(PYTEST) --ignore tests/domain --ignore tests/formats

test-full: $(STAMP) ## All tests, with every large count in full
	LEEWAY_TEST_FULL=1 $(PYTEST) --timeout 1800

check: $(STAMP) lint-openapi sdk-python ## Format, lint, types, import contracts, OpenAPI, the gate, locks up to date
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache
	$(BIN)/leeway openapi | diff -u openapi/openapi.json - || (echo 'Run make openapi and commit the result.'; exit 1)
	$(BIN)/python -m tests.contract.release check
	cp requirements.lock $(VENV)/runtime.lock && $(UV_COMPILE) pyproject.toml -o $(VENV)/runtime.lock
	diff -u requirements.lock $(VENV)/runtime.lock || (echo 'Run make lock and commit the result.'; exit 1)
	cp requirements-build.lock $(VENV)/build.lock && $(UV_COMPILE) --group build -o $(VENV)/build.lock
	diff -u requirements-build.lock $(VENV)/build.lock || (echo 'Run make lock and commit the result.'; exit 1)
	cp requirements-dev.lock $(VENV)/dev.lock && $(UV_COMPILE) pyproject.toml --group dev -o $(VENV)/dev.lock
	diff -u requirements-dev.lock $(VENV)/dev.lock || (echo 'Run make lock and commit the result.'; exit 1)
	cp requirements-sdk.lock $(VENV)/sdk.lock && $(UV_COMPILE) --group sdk -o $(VENV)/sdk.lock
	diff -u requirements-sdk.lock $(VENV)/sdk.lock || (echo 'Run make lock and commit the result.'; exit 1)

lint-openapi: $(LINTERS) ## The rules of openapi/redocly.yaml and openapi/spectral.yaml
	$(LINT)/redocly lint --config openapi/redocly.yaml --max-problems 1000 openapi/openapi.json
	$(LINT)/spectral lint --ruleset openapi/spectral.yaml --fail-severity hint openapi/openapi.json

$(LINTERS): openapi/package.json openapi/package-lock.json | $(STAMP)
	cd openapi && $(TOOLS) npm ci --silent
	touch $@

fix: $(STAMP) ## Format and mend what can be mended
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

lock: $(STAMP) ## Compile the lock files from pyproject.toml
	$(UV_COMPILE) pyproject.toml -o requirements.lock
	$(UV_COMPILE) --group build -o requirements-build.lock
	$(UV_COMPILE) pyproject.toml --group dev -o requirements-dev.lock
	$(UV_COMPILE) --group sdk -o requirements-sdk.lock

openapi: $(STAMP) ## Write openapi/openapi.json from the code, and into the changelog what is new in it
	$(BIN)/leeway openapi > $(VENV)/openapi.json && cp $(VENV)/openapi.json openapi/openapi.json
	$(BIN)/python -m tests.contract.release changelog

release: $(STAMP) ## Make the release VERSION=x.y.z: version, contract and changelog
	$(BIN)/python -m tests.contract.release version '$(VERSION)'
	$(MAKE) openapi
	$(BIN)/python -m tests.contract.release release

sdk: sdk-python $(STAMP) ## Generate and compile the clients; Go and Java where there is a Java
	cd clients/typescript && $(TOOLS) npm ci --silent && $(TOOLS) npm run build --silent
	command -v java > /dev/null || { echo 'No Java here, which makes the clients for Go and Java.'; exit 0; }; \
	for language in go java; do (cd clients/$$language && rm -rf generated && $(TOOLS) openapi-generator-cli generate -c generator.yaml > /dev/null) || exit 1; done

sdk-python: $(STAMP)
	$(BIN)/python clients/python/generate.py

docs: $(STAMP) ## Write the tables of the documentation from the code
	$(BIN)/python -m tests.contract.documents

benchmark: $(STAMP) ## The speed suite: ratios of interleaved runs on both databases
	$(BIN)/python -m benchmarks
