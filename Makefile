# Everything a person types. `make demo` for a newcomer, `make quick` before a commit,
# `make check` and `make test` before a push (.ci/run does both in a fresh clone).
SHELL := /bin/bash
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PORT ?= 8080

# Python's headers may have come with a Python that is not Debian's.
PYTHON_HEADERS := $(shell $(PYTHON) -c 'import sysconfig; print(sysconfig.get_paths()["include"])' \
  | xargs -I{} ls {}/Python.h 2>/dev/null)
# A run starts dozens of Python processes: each finds the modules compiled, whatever the shell says.
export PYTHONDONTWRITEBYTECODE :=

DEMO_PACKAGES := fonts-noto-cjk libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0
# Node.js may have come from elsewhere: Debian's is only asked for where there is none.
TEST_PACKAGES := gcc libc6-dev $(if $(PYTHON_HEADERS),,python3-dev) chromium chromium-headless-shell libnss3-tools postgresql iproute2 poppler-utils ffmpeg dovecot-imapd $(if $(shell command -v npm),,nodejs npm)

.PHONY: help demo core core-fuzz test quick check format lint types contracts unit scripts screenshots bench lock clean \
	demo-packages test-packages test-stories test-rules test-more-rules test-walks test-pages test-more-pages test-media

help:
	@echo "make demo         a street at work on http://localhost:$(PORT)"
	@echo "make test         every kind of test"
	@echo "make check        everything static: format, lint, types, imports, catalogues, pages"
	@echo "make quick        what must be green before a commit"
	@echo "make bench        figures of the demo on this machine, in a browser"
	@echo "make screenshots  pictures of every page, role and language"

# Debian packages: as root they are installed, otherwise the one line to type is printed.
define need_packages
	@missing=""; for p in $(1); do \
	  dpkg-query -W -f='$${Status}' $$p 2>/dev/null | grep -q "ok installed" || missing="$$missing $$p"; done; \
	if [ -n "$$missing" ]; then \
	  if [ "$$(id -u)" = 0 ]; then \
	    echo "installing$$missing"; \
	    apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $$missing >/dev/null; \
	  else \
	    echo "Please run once, then try again:"; echo "  sudo apt install$$missing"; exit 1; fi; fi
endef

demo-packages:
	$(call need_packages,$(DEMO_PACKAGES))
test-packages: demo-packages
	$(call need_packages,$(TEST_PACKAGES))

# Two stamps: the product alone for the demo, the product with its tools for checks and tests.
$(VENV)/product.stamp: requirements.lock
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "installing the product's libraries into $(VENV)"
	@$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@touch $@
$(VENV)/tools.stamp: requirements-dev.lock $(VENV)/product.stamp
	@echo "installing the tools for checks and tests into $(VENV)"
	@$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	@touch $@

# The packet core in C: the demo goes without where it cannot be built, checks and tests do not.
core: $(VENV)/product.stamp
	@$(BIN)/python -m server.media.core.build
# Mutated packets through the C core under the sanitizers; by hand, as it takes a minute.
core-fuzz:
	$(CC) -g -O1 -std=c11 -fsanitize=address,undefined -fno-sanitize-recover=all -Iserver/media/core/c \
	  -o $(VENV)/core-fuzz tests/media/fuzz_core.c server/media/core/c/*.c -lm
	$(VENV)/core-fuzz 100000

demo: demo-packages $(VENV)/product.stamp
	@$(BIN)/python -m server.media.core.build --optional
	@$(BIN)/python -m server demo --port $(PORT)

format: $(VENV)/tools.stamp
	$(BIN)/ruff format server tests
	$(BIN)/ruff check --fix server tests
lint: $(VENV)/tools.stamp
	$(BIN)/ruff format --check server tests
	$(BIN)/ruff check server tests
types: $(VENV)/tools.stamp
	$(BIN)/mypy
contracts: $(VENV)/tools.stamp
	$(BIN)/lint-imports
unit: $(VENV)/tools.stamp core
	HYPOTHESIS_PROFILE=quick $(BIN)/pytest -q tests/unit
# The pages' scripts: types in their comments, and their pure parts under the Node test runner.
node_modules/tools.stamp: package.json package-lock.json
	@echo "installing the tools that check scripts into node_modules"
	@npm ci --silent
	@touch $@
scripts: node_modules/tools.stamp
	node_modules/.bin/tsc --noEmit
	node --test tests/unit/js/*.test.js
quick: lint types contracts unit
check: lint types contracts scripts
# First what compares clocks, with company that takes only what it leaves; after it the rest side by side.
STORIES := $(foreach story,leaving story two_rooms,tests/browser/test_$(story).py)
SIDE_BY_SIDE := --no-print-directory --output-sync=target --keep-going
test: test-packages $(VENV)/tools.stamp node_modules/tools.stamp core
	@$(MAKE) $(SIDE_BY_SIDE) --jobs=6 FIRST=test-stories \
	  test-stories test-rules test-more-rules test-walks test-more-pages test-pages test-media
test-walks test-more-pages test-pages test-media: $(FIRST)
test-stories:
	$(BIN)/pytest $(STORIES)
test-rules:
	nice -n 19 $(BIN)/pytest tests/unit/[a-m]*
test-more-rules:
	nice -n 19 $(BIN)/pytest tests/unit/[n-z]* tests/store
test-walks:
	$(BIN)/pytest tests/browser $(STORIES:%=--ignore=%)
test-pages:
	$(BIN)/pytest tests/web/test_[a-d]*.py
test-more-pages:
	$(BIN)/pytest tests/web/test_[e-z]*.py
test-media:
	$(BIN)/pytest tests/media

# Every page, role and language at two sizes, into screenshots/; DOCS=1 renews the pictures in docs.
screenshots: test-packages $(VENV)/tools.stamp node_modules/tools.stamp
	$(BIN)/python -m tests.browser.screenshots $(if $(DOCS),--docs)

# Figures of the demo on this machine; nothing else should be running.
bench: test-packages $(VENV)/tools.stamp core
	@$(BIN)/python -m tests.browser.bench

lock: $(VENV)/tools.stamp
	$(BIN)/pip install --quiet pip-tools
	$(BIN)/pip-compile -q --strip-extras --no-emit-index-url --no-emit-trusted-host \
	  --no-emit-find-links --generate-hashes --no-header --allow-unsafe -o requirements.lock pyproject.toml
	$(BIN)/pip-compile -q --extra dev --strip-extras --no-emit-index-url --no-emit-trusted-host \
	  --no-emit-find-links --generate-hashes --no-header --allow-unsafe -c requirements.lock \
	  -o requirements-dev.lock pyproject.toml
clean:
	rm -rf .mypy_cache .ruff_cache .pytest_cache .hypothesis .cache build dist
