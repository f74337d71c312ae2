# Everything one does with this project. Needs Python >= 3.11, git and make; the rest comes by itself.
# A target for people has a `##` behind it: that line is its help.

PYTHON ?= $(firstword $(foreach name,python3 python3.14 python3.13 python3.12 python3.11 python,\
	$(if $(shell $(name) -c 'import sys; print(sys.version_info >= (3, 11) or "")' 2>/dev/null),$(name))) python3)
BIN := .venv/bin
ROOTS := functions:layers/shared/python:.
RUN := PYTHONPATH=$(ROOTS) $(BIN)/python -m
STAGE ?=
FILE ?=
PLAN ?=
ARGS ?=
EXAMPLES ?= 500
CASES ?= ../shared/conformance

.DEFAULT_GOAL := help
.PHONY: help setup unit test check properties conformance bench bench-documents schemas gallery catalogue-plan catalogue-apply catalogue-export demo up down status synth deploy redrive clean

help: ## this list
	@awk 'BEGIN {FS = ":.*## "} /^[a-z-]+:.*## / {printf "  make %-17s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: ## install everything once (.venv, .local); the other targets do it by themselves
	@$(PYTHON) local/install.py

unit: setup ## the tests that take seconds: pure rules, no cloud
	@$(RUN) pytest -q tests/unit $(ARGS)

test: setup ## lint, import rules, then every test: unit, contract, integration, infra, end to end
	@$(BIN)/ruff check --quiet .
	@$(BIN)/ruff format --check --quiet .
	@PYTHONPATH=$(ROOTS) $(BIN)/lint-imports --no-logo
	@$(RUN) pytest tests --numprocesses 2 --dist loadscope $(ARGS)

check: setup ## lint, format, types and import rules, no tests
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@PYTHONPATH=$(ROOTS) $(BIN)/lint-imports --no-logo
	@$(BIN)/pyright

properties: setup ## the properties of money, time and states alone, counted: make properties EXAMPLES=500
	@$(RUN) pytest -q -p tests.property_counts --examples $(EXAMPLES) tests/unit tests/integration/sales $(ARGS)

schemas: setup ## write the published schemas, examples and catalogue of events/ anew
	@$(RUN) events.publish

gallery: setup ## documents over languages, currencies, kinds and lengths, into build/gallery
	@$(RUN) local.gallery $(ARGS)

conformance: setup ## recorded cases of other systems through the engine: make conformance CASES=FILE_OR_FOLDER
	@$(RUN) conformance $(CASES) $(ARGS)

bench: setup ## instructions of rating and renewal, counted by valgrind; calls and billed units of a month
	@$(RUN) bench.rating
	@$(RUN) bench.renewal
	@$(RUN) bench.month

bench-documents: setup ## milliseconds, memory and size of documents, beside what else is installed
	@$(RUN) bench.documents

catalogue-plan: setup ## what publishing a catalogue file would change: make catalogue-plan FILE=prices.yaml
	@$(RUN) catalogue plan "$(FILE)" $(ARGS)

catalogue-apply: setup ## publish it, asked first; PLAN=<hash> publishes only what that plan showed
	@$(RUN) catalogue apply "$(FILE)" $(if $(PLAN),--plan "$(PLAN)") $(ARGS)

catalogue-export: setup ## what is on sale as a file, to begin from
	@$(RUN) catalogue export $(ARGS)

demo: setup ## the whole story on this machine, from an offer to money in the bank
	@$(RUN) local.demo $(ARGS)

up: setup ## the cloud on this machine, left running
	@$(RUN) local.cloud up $(ARGS)

down: setup ## end it and remove what it kept
	@$(RUN) local.cloud down $(ARGS)

status: setup ## where it listens
	@$(RUN) local.cloud status $(ARGS)

synth: setup ## the templates of a stage, into cdk.out: make synth STAGE=prod
	@PATH="$(CURDIR)/$(BIN):$$PATH" .local/cdk/node_modules/.bin/cdk synth -q -c "stage=$(or $(STAGE),dev)" -o cdk.out

deploy: setup ## to AWS: make deploy STAGE=dev; STAGE=local brings edits to the running local cloud
	@$(RUN) local.cloud deploy "$(STAGE)" $(ARGS)

redrive: setup ## dead letters of a stage, shown; ARGS="sales.work ..." brings theirs back
	@$(RUN) local.redrive "$(STAGE)" $(ARGS)

clean: down ## remove what setup and runs left here
	@rm -rf .local cdk.out .pytest_cache .ruff_cache .hypothesis
	@test -L .venv || rm -rf .venv
