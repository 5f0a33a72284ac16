# Two commands do everything: `make report` and `make test`. `make` alone lists the rest.
# The environment is .venv here, or the conda environment `cemlab` when that is the active one.

SHELL := /bin/sh
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
MAKEFLAGS += --no-print-directory

# The newest Python of those that are tested, else whatever python3 is; `make PYTHON=/path/to/python` overrides.
PYTHON ?= $(firstword $(foreach name,python3.13 python3.12 python3.11 python3,$(if $(shell $(name) -c "" 2>&1 || echo no),,$(name))))
LOCKS := requirements-uv.lock requirements.lock

ifeq ($(CONDA_DEFAULT_ENV),cemlab)
ENVIRONMENT := $(CONDA_PREFIX)
else
ENVIRONMENT := .venv
endif
INSTALLED := $(ENVIRONMENT)/.cemlab-installed
RUN := @.ci/in-environment

DEMO := data/demo/lab.toml
NOTEBOOKS := $(wildcard notebooks/*/*.ipynb)
# Steps of `make test`, in order; CONTRIBUTING.md holds their time budgets.
STEPS := lint unit coverage notebooks browser
# What `make evidence` runs: `make evidence EVIDENCE=tests/coverage/test_nps_coverage.py` renews one page.
EVIDENCE := tests
# One process per processor, each with its own folders; `make unit PARALLEL="-n 0"` runs the tests in one.
PARALLEL := -n logical --maxprocesses 4 --dist worksteal

.PHONY: help environment report test $(STEPS) evidence docs lab format bench lock clean

help: ## list these targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' Makefile

environment: $(INSTALLED) ## install everything into .venv, from the lock

$(INSTALLED): $(LOCKS) pyproject.toml .ci/environment
	@.ci/environment "$(PYTHON)" "$(ENVIRONMENT)"
	@touch $@

$(DEMO): $(INSTALLED) $(wildcard cemlab/data/synthetic*.py cemlab/data/synthetic/*.py)
	$(RUN) cemlab synth --out $(dir $@)
	@touch $@

report: $(DEMO) ## run every study on the demo company; the last line is the page to open
	$(RUN) .ci/report $(DEMO) $(NOTEBOOKS)

test: $(INSTALLED) ## all checks and tests; goes on after a failing step and ends with a table
	$(RUN) .ci/steps $(STEPS)

# Each process of the tests has a processor to itself: libraries that start threads for all of them would make it slower.
unit coverage notebooks browser evidence: export OMP_NUM_THREADS := 1
unit coverage notebooks browser evidence: export OPENBLAS_NUM_THREADS := 1

lint: $(INSTALLED) ## ruff, mypy, walls, docstrings, notebooks, spelling: the hooks of pre-commit
	$(RUN) pre-commit run --all-files --color never

unit: $(INSTALLED) ## tests of every room, and the examples in docstrings
	$(RUN) pytest cemlab tests --ignore=tests/notebooks -m "not slow and not browser" $(PARALLEL)

coverage: $(INSTALLED) ## simulations: do intervals cover as often as they claim
	$(RUN) pytest tests -m slow $(PARALLEL)

evidence: export CEMLAB_EVIDENCE := docs/evidence
evidence: $(INSTALLED) ## simulations in full, their tables into docs/evidence; takes long
	$(RUN) pytest $(EVIDENCE) -m slow $(PARALLEL)

notebooks: $(DEMO) ## every notebook as JupyterLab runs it, and as the command line does
	$(RUN) pytest --nbval-lax --nbval-current-env notebooks tests/notebooks -m "not slow and not browser" $(PARALLEL) --dist loadfile

browser: $(DEMO) ## the pages in chromium: accessibility, phone width, print, no request
	$(RUN) pytest tests -m browser $(PARALLEL)

docs: $(INSTALLED) ## the reference of all rooms, from their docstrings, into docs/api
	$(RUN) pdoc --docformat numpy --output-directory docs/api cemlab '!cemlab.cli'

lab: $(DEMO) ## open JupyterLab on the notebooks, with the demo company ready
	$(RUN) jupyter lab --LabApp.default_url=/lab/tree/notebooks

format: $(INSTALLED) ## let ruff, rumdl and nbstripout mend what they can
	$(RUN) ruff check --fix-only --quiet .
	$(RUN) ruff format .
	$(RUN) rumdl fmt --quiet .
	$(RUN) .ci/strip-notebooks $(NOTEBOOKS)

bench: $(INSTALLED) ## every claim of speed, against its peers in the same run
	@set -e; for script in $(wildcard benchmarks/*.py); do echo "== $$script"; .ci/in-environment python $$script; done

lock: $(INSTALLED) ## refresh the locks; `make lock UPGRADE=--upgrade` takes the newest versions
	@echo uv | .ci/in-environment uv pip compile - $(UPGRADE) --universal --generate-hashes --no-header --no-annotate --quiet -o requirements-uv.lock
	$(RUN) uv pip compile pyproject.toml --group dev $(UPGRADE) --universal --generate-hashes --no-header --python-version 3.11 --quiet -o requirements.lock

clean: ## remove the environment, the caches and the demo company; reports and your own data stay
	@rm -rf .venv data/demo data/.cache dist .pytest_cache .mypy_cache .ruff_cache .rumdl_cache .hypothesis .import_linter_cache
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
