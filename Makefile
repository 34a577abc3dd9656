# Short names for what is done often; `make help` lists them.

SHELL := bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

COMPOSE ?= docker compose
TAP_FLAGS ?=

manifests := package.json package-lock.json $(wildcard tsconfig*.json)
# A folder counts, too: it changes when a file in it is deleted.
sources := $(shell find src/ migrations/ -name '*.ts' -o -name '*.tsx' -o -type d 2>/dev/null)
test_sources := $(shell find test/ bench/ -name '*.ts' -o -type d 2>/dev/null)

.PHONY: demo help start build lint test test-apache test-community test-editions schema bench audit chaos clean up down logs psql backup restore

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-13s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

# A linked node_modules belongs to another checkout: npm ci would empty it.
node_modules/.package-lock.json: package-lock.json
	@[ -L node_modules ] || { npm ci && touch $@; }

# Every build starts from nothing, so that the output of a deleted source (a migration, say) is never run.
dist/.built: node_modules/.package-lock.json $(manifests) $(sources)
	@rm -rf dist
	npm run --silent build
	@touch $@

dist/.built-all: node_modules/.package-lock.json $(manifests) $(sources) $(test_sources)
	@rm -rf dist
	npm run --silent build:all
	@touch dist/.built $@

start: dist/.built ## install and build where needed, then run the collector; Ctrl-C stops it
	@exec node dist/src/cli.js serve

demo: dist/.built ## a collector with a simulated mesh that has faults, on a data folder of its own
	@scripts/demo

build: dist/.built ## install and compile, where something changed

lint: node_modules/.package-lock.json ## check style and the rules of imports
	npm run --silent lint

test: lint dist/.built-all ## install, lint, check types, run the whole test suite
	npm test --silent -- $(TAP_FLAGS)

test-editions: test test-apache $(if $(TEST_DATABASE_URL),test-community) ## the suite, then its database tests on servers: Apache, and that of TEST_DATABASE_URL

# The other tests have no database: no edition changes them.
test-apache test-community: dist/.built-all
	TEST_EDITION=$(@:test-%=%) npm test --silent -- $(TAP_FLAGS) $$(node dist/test/support/list-database-tests.js)

schema: node_modules/.package-lock.json ## write the committed dumps of the database schema anew
	npm run --silent schema:dump

bench: dist/.built-all ## measure every figure (15 min); a table, and bench/results/. One of them: npm run bench -- NAME
	@npm run --silent bench

chaos: dist/.built-all ## break everything around the collector, on loopback, and count what is lost; some of it: make chaos FAULTS="NAME ..."
	@node dist/bench/chaos/run.js $(FAULTS)

audit: node_modules/.package-lock.json ## ask the package registry for known weaknesses of the dependencies
	@scripts/audit

clean: ## remove what was built and installed; data folders stay
	rm -rf dist .tap
	[ -L node_modules ] || rm -rf node_modules

up: ## build and start the Docker Compose installation
	$(COMPOSE) up --build --detach --wait

down: ## stop the Docker Compose installation; its data stays
	$(COMPOSE) down

logs: ## follow the logs of the Docker Compose installation
	$(COMPOSE) logs --follow --tail 100

psql: ## psql on the Docker Compose database
	$(COMPOSE) exec db psql -U mesh -d meshmon

backup: ## dump the Docker Compose database into backups/
	@COMPOSE='$(COMPOSE)' scripts/compose-backup

restore: ## FILE=backups/…sql.gz: replace the Docker Compose database by that dump
	@COMPOSE='$(COMPOSE)' scripts/compose-restore '$(FILE)'
