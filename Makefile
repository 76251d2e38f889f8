# Every verb of the project. Each sets up what it needs; none needs a virtual environment made first.
.DEFAULT_GOAL := help
.PHONY: help install run check test faults fuzz soak bench screenshots lock clean

help: ## this list
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

install: .venv/installed ## make .venv with the locked dependencies and Logflume itself

.venv/installed: requirements-dev.lock pyproject.toml scripts/install
	scripts/install

run: install ## start the server, run a real deployment through it, go on serving
	scripts/run

check: install ## ruff, mypy --strict, layers
	scripts/check

test: install ## every test; installs browser, Node and proxies from the system's packages where it may
	scripts/test

faults: install ## plant known faults, one at a time, and see that a test catches each
	scripts/faults

fuzz: install ## try every parser with made-up input, a hundred times as much as the tests do
	LOGFLUME_FUZZ=100 LOGFLUME_EXAMPLES=1000 .venv/bin/python -m pytest -q --timeout=0 tests/test_fuzz_http.py tests/test_fuzz_bodies.py tests/test_openapi_generated.py

soak: install ## what the tests of the promise do for seconds, for an hour
	scripts/soak

bench: install ## speed and memory, as figures
	scripts/bench

screenshots: install ## take the README's pictures anew
	scripts/screenshots

lock: install ## compile the lock files anew from pyproject.toml
	scripts/lock

clean: ## remove what the other verbs made
	rm -rf .venv tests/node/node_modules bench/node/node_modules build dist test-results .mypy_cache .pytest_cache .ruff_cache .hypothesis
