SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.PHONY: help run test check bench e2e format screenshots clean dev

help: ## List these targets
	@grep -hE '^[a-z0-9]+:.*## ' $(MAKEFILE_LIST) | grep -v '^help:' | awk -F ':.*## ' '{printf "  make %-12s %s\n", $$1, $$2}'

run: ## Install what is missing and start the platform on 127.0.0.1:8000
	@scripts/bootstrap run
	@scripts/install-voice
	@scripts/frontend build
	@exec .venv/bin/axd up

test: dev ## Install the test peers and run every test
	@scripts/install-test-peers
	@scripts/frontend build
	@scripts/frontend test
	@scripts/run-tests

check: dev ## Style, types, layers and generated files, without running a test
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/mypy
	.venv/bin/lint-imports
	@scripts/frontend check
	@scripts/openapi-types --check

bench: dev ## Measure everything (some 20 minutes), write docs/performance.md
	@scripts/install-test-peers
	.venv/bin/axd bench all

e2e: dev ## Only the tests that drive Chromium
	@scripts/install-test-peers
	@scripts/frontend build
	.venv/bin/pytest tests/e2e

format: dev ## Put code and imports into the project's style
	.venv/bin/ruff check --fix-only --quiet .
	.venv/bin/ruff format .
	@scripts/frontend format

screenshots: dev ## Make the pictures that README and docs show
	@scripts/install-test-peers
	@scripts/frontend build
	.venv/bin/python -m tests.e2e.screenshots

clean: ## Remove everything that was installed or built; the data folder stays
	rm -rf .venv .cache dist test-results desk/static webchat/static frontend/node_modules
	rm -rf .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

dev:
	@scripts/bootstrap dev
