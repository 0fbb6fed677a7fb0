# Every command of Kaiwa. Python lives in .venv and osls in node_modules; both are made on first use
# and again whenever their pins change.

STAGE ?= dev
REGION ?= us-east-1
AWS_PORT ?= 4599
WEB_PORT ?= 8080
TURN ?=
TURN_PORT ?= 3478
TESTS ?= tests
export AWS_PORT WEB_PORT TURN TURN_PORT

PYTHON := .venv/bin/python
OSLS := node_modules/.bin/osls
VENV := .venv/.installed
MODULES := node_modules/.installed

# osls asks the network for news and reports its use unless told otherwise.
export SLS_NOTIFICATIONS_MODE := off
export SLS_TELEMETRY_DISABLED := 1
export NO_UPDATE_NOTIFIER := 1

.DEFAULT_GOAL := help
.PHONY: help run demo reset test check bench quality screenshots package deploy lock

help:  ## show this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-11s %s\n", $$1, $$2}' $(MAKEFILE_LIST)
	@echo
	@echo "  Settings: AWS_PORT ($(AWS_PORT)), WEB_PORT ($(WEB_PORT)), STAGE ($(STAGE)), REGION ($(REGION)), TESTS ($(TESTS))"

run: $(VENV) $(MODULES)  ## start everything on this machine; Ctrl-C ends it; TURN=1 for coturn too
	@exec $(PYTHON) -m local.run

demo: $(VENV) $(MODULES)  ## watch two clients hold a conversation
	@exec $(PYTHON) -m local.demo

reset: $(VENV)  ## forget the accounts, chats and files of `make run`
	@$(PYTHON) -m local.reset

test: $(VENV) $(MODULES)  ## run the tests; TESTS=tests/unit for a part of them
	@$(PYTHON) -m pytest $(TESTS)
ifeq ($(TESTS),tests)
	@node --test $$(find clients/js tests -name '*.test.js')
endif

check: $(VENV) $(MODULES)  ## lint, types, layers and the packaged template
	@echo "style" && .venv/bin/ruff check . && .venv/bin/ruff format --check .
	@echo "types" && .venv/bin/mypy
	@echo "layers" && .venv/bin/lint-imports
	@echo "template" && $(MAKE) --no-print-directory package STAGE=prod && \
		.venv/bin/cfn-lint .build/package/prod/cloudformation-template-update-stack.json

bench: $(VENV) $(MODULES)  ## measure anew what docs/performance.md says
	@$(PYTHON) -m bench

quality: $(VENV) $(MODULES)  ## examine every screen and weigh the page, and write docs/quality.md anew
	@$(PYTHON) -m docs.quality

screenshots: $(VENV) $(MODULES)  ## take the README's pictures of the page anew
	@$(PYTHON) -m docs.screenshots

package: $(VENV) $(MODULES)  ## build the Lambda zips and the template of STAGE, offline once cached
	@$(PYTHON) -m deploy.package
	@$(OSLS) package --stage $(STAGE) --region $(REGION) --package .build/package/$(STAGE)

deploy: $(VENV) $(MODULES)  ## deploy STAGE to AWS with your own credentials
	@$(PYTHON) -m deploy.package
	@$(OSLS) deploy --stage $(STAGE) --region $(REGION)
	@$(PYTHON) -m deploy.web $(STAGE) $(REGION)

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

$(MODULES): package.json package-lock.json
	@node -e 'const [a, b] = process.versions.node.split(".").map(Number); process.exit(a > 20 || (a === 20 && b >= 19) ? 0 : 1)' 2>/dev/null || \
		{ echo "Kaiwa needs Node 20.19 or newer as node; found $$(node --version 2>/dev/null || echo none)." >&2; exit 1; }
	@command -v npm >/dev/null || { echo "Kaiwa needs npm beside node." >&2; exit 1; }
	@echo "installing osls into node_modules (about 10 s, once)"
	@rm -rf node_modules && npm ci --ignore-scripts --loglevel=error >/dev/null
	@touch $@
