# Every command of Kaiwa. Python lives in .venv and osls in node_modules; both are made on first use
# and again whenever their pins change.

STAGE ?= dev
REGION ?= us-east-1
AWS_PORT ?= 4599
WEB_PORT ?= 8080
TURN ?=
TURN_PORT ?= 3478
TESTS ?= tests
AS ?=
PROCESSES ?= 2
export AWS_PORT WEB_PORT TURN TURN_PORT AS

PYTHON := .venv/bin/python
OSLS := node_modules/.bin/osls
VENV := .venv/.installed
MODULES := node_modules/.installed
# Stacks beside a stage's own.
TEMPLATES := deploy/firewall.yml deploy/github.yml deploy/turn.yml

AUDITORS := .build/audit/.installed

# What is packaged is dated by its commit, so that the same sources give the same bytes.
PACKAGED_AT = $(shell git log -1 --format=%ct 2>/dev/null || date +%s)

# osls asks the network for news and reports its use unless told otherwise.
export SLS_NOTIFICATIONS_MODE := off
export SLS_TELEMETRY_DISABLED := 1
export NO_UPDATE_NOTIFIER := 1

.DEFAULT_GOAL := help
.PHONY: help run demo chat reset test check audit bench soak quality documents screenshots architecture package preflight deploy destroy restore rehearse-restore lock

help:  ## show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-16s %s\n", $$1, $$2}' $(MAKEFILE_LIST)
	@echo
	@echo "  Settings: AWS_PORT ($(AWS_PORT)), WEB_PORT ($(WEB_PORT)), STAGE ($(STAGE)), REGION ($(REGION)), TESTS ($(TESTS)), PROCESSES ($(PROCESSES))"

run: $(VENV) $(MODULES)  ## start everything on this machine; Ctrl-C ends it; TURN=1 for coturn too
	@exec $(PYTHON) -m local.run

demo: $(VENV) $(MODULES)  ## watch two clients hold a conversation
	@exec $(PYTHON) -m local.demo

chat: $(VENV)  ## talk in this terminal, while `make run` runs; AS=bob to be another person
	@exec $(PYTHON) -m local.chat

reset: $(VENV)  ## forget the accounts, chats and files of `make run`
	@$(PYTHON) -m local.reset

test: $(VENV) $(MODULES)  ## run the tests; TESTS=tests/unit for a part of them
ifneq ($(TESTS),tests)
	@$(PYTHON) -m pytest $(TESTS)
else
	@echo "a local stack and a browser, which want the machine to themselves" && $(PYTHON) -m pytest tests/browser tests/e2e
	@echo "the rest, in $(PROCESSES) processes" && $(PYTHON) -m pytest -n $(PROCESSES) --ignore tests/browser --ignore tests/e2e tests
	@node --test $$(find clients/js tests -name '*.test.js')
endif

check: $(VENV) $(MODULES)  ## lint, types, layers and the packaged template
	@echo "style" && .venv/bin/ruff check . && .venv/bin/ruff format --check .
	@echo "types" && .venv/bin/mypy && node_modules/.bin/tsc -p clients/js
	@echo "layers" && .venv/bin/lint-imports
	@echo "template" && $(MAKE) --no-print-directory package STAGE=prod && \
		.venv/bin/cfn-lint .build/package/prod/cloudformation-template-update-stack.json $(TEMPLATES)

audit: $(VENV) $(MODULES) $(AUDITORS)  ## look for weak spots of the template and the workflows, and for known vulnerabilities
	@echo "template" && $(MAKE) --no-print-directory package STAGE=prod && \
		.build/audit/bin/checkov --config-file .checkov.yml --file .build/package/prod/cloudformation-template-update-stack.json $(TEMPLATES)
	@echo "workflows" && .build/audit/bin/zizmor --quiet --offline .github
	@echo "libraries" && $(PYTHON) -m deploy.audit

bench: $(VENV) $(MODULES)  ## measure anew what docs/performance.md says
	@$(PYTHON) -m bench

documents: $(VENV)  ## write docs/openapi.json and docs/asyncapi.json anew from the code
	@$(PYTHON) -m docs.documents

soak: $(VENV) $(MODULES)  ## hold 1,000 sockets and a steady load for DURATION (600) seconds, and compare the logs
	@PYTHONPATH=clients/python $(PYTHON) -m bench.soak

quality: $(VENV) $(MODULES)  ## examine every screen and weigh the page, and write docs/quality.md anew
	@$(PYTHON) -m docs.quality

screenshots: $(VENV) $(MODULES)  ## take the README's pictures of the page anew
	@$(PYTHON) -m docs.screenshots

architecture: $(VENV)  ## draw docs/images/architecture.svg anew
	@$(PYTHON) -m docs.architecture

package: $(VENV) $(MODULES)  ## build the Lambda zips and the template of STAGE, offline once cached
	@$(PYTHON) -m deploy.package
	@SOURCE_DATE_EPOCH=$(PACKAGED_AT) $(OSLS) package --stage $(STAGE) --region $(REGION) --package .build/package/$(STAGE)

preflight: package  ## look whether AWS is ready for STAGE; changes nothing
	@$(PYTHON) -m deploy.preflight --stage $(STAGE) --region $(REGION)

# A folder of its own in the bucket for each deployment: by the commit's date, a changed zip could pass for the old one.
deploy: PACKAGED_AT := $(shell date +%s)
deploy: preflight  ## deploy STAGE to AWS with your own credentials
	@$(OSLS) deploy --stage $(STAGE) --region $(REGION) --package .build/package/$(STAGE)
	@$(PYTHON) -m deploy.web $(STAGE) $(REGION)

destroy: $(VENV) $(MODULES)  ## remove STAGE and all in it, unless it is protected; CONFIRM=<the stage>
	@$(PYTHON) -m deploy.destroy --stage $(STAGE) --region $(REGION) --confirm "$(CONFIRM)"

restore: $(VENV)  ## bring back what STAGE's tables held; FROM="--at 2026-11-27T03:00:00Z" or FROM="--backup <name>"
	@$(PYTHON) -m deploy.restore --stage $(STAGE) --region $(REGION) $(FROM)

rehearse-restore: $(VENV) $(MODULES)  ## lose everything and bring it back, on a local stack of its own
	@$(PYTHON) -m local.rehearsal

lock: $(VENV)  ## write requirements.lock and package-lock.json anew from their pins
	@rm -rf .build/lock && python3 -m venv .build/lock
	@echo "resolving requirements.txt" && .build/lock/bin/pip install -qq -r requirements.txt
	@{ echo "# Every installed version, remade by \`make lock\`. A constraint only: requirements.txt says what is wanted."; \
		.build/lock/bin/pip freeze; } > requirements.lock
	@npm install --package-lock-only --ignore-scripts --loglevel=error

$(VENV): requirements.txt requirements.lock
	@python3 -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || \
		{ echo "Kaiwa needs Python 3.11 or newer as python3; found $$(python3 --version 2>/dev/null || echo none)." >&2; exit 1; }
	@python3 -c 'import ensurepip' 2>/dev/null || \
		{ echo "Kaiwa needs Python's venv module (on Debian: apt install python3-venv)." >&2; exit 1; }
	@echo "installing Python packages into .venv (about a minute, once)"
	@rm -rf .venv && python3 -m venv .venv
	@.venv/bin/pip install -qq --disable-pip-version-check -r requirements.txt -c requirements.lock
	@touch $@

$(AUDITORS): requirements-audit.txt
	@echo "installing the auditors into .build/audit (about a minute, once)"
	@rm -rf .build/audit && python3 -m venv .build/audit
	@.build/audit/bin/pip install -qq --disable-pip-version-check -r requirements-audit.txt
	@touch $@

$(MODULES): package.json package-lock.json
	@node -e 'const [a, b] = process.versions.node.split(".").map(Number); process.exit(a > 20 || (a === 20 && b >= 19) ? 0 : 1)' 2>/dev/null || \
		{ echo "Kaiwa needs Node 20.19 or newer as node; found $$(node --version 2>/dev/null || echo none)." >&2; exit 1; }
	@command -v npm >/dev/null || { echo "Kaiwa needs npm beside node." >&2; exit 1; }
	@echo "installing Node packages into node_modules (about 10 s, once)"
	@rm -rf node_modules && npm ci --ignore-scripts --loglevel=error >/dev/null
	@touch $@
