PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
PIP_INSTALL = $(BIN)/python -m pip install --disable-pip-version-check --quiet -c constraints.txt
REQUIREMENTS := setup.cfg pyproject.toml constraints.txt

.DEFAULT_GOAL := help
.PHONY: help demo test check bench bench-gpu bench-transfer datasets pretrained clean

help: ## what can be made
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: $(VENV)/installed ## install, train and compare agents on a real benchmark, write the report to runs/
	$(BIN)/naslib-run --optimizer apex_incremental --out runs

test: check ## lint, types and all tests
	$(BIN)/python -m pytest -n 2

check: $(VENV)/installed-test ## lint and types only
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

bench: $(VENV)/installed-test ## measure the speeds that docs/speed.md states
	$(BIN)/python -m bench.run
	$(BIN)/python -m bench.spaces
	$(BIN)/python -m bench.nasbench101
	$(BIN)/python -m bench.nasbench301
	$(BIN)/python -m bench.nasbench301_alternatives
	$(BIN)/python -m bench.throughput
	$(BIN)/python -m bench.searches
	$(BIN)/python -m bench.apex_rllib

bench-gpu: $(VENV)/installed ## training speed on the GPU at hand, and the time of 10 M steps
	$(BIN)/python -m bench.accelerator

bench-transfer: $(VENV)/installed ## searches of data sets that training never saw, 18 in turn, in runs/transfer
	$(BIN)/python -m bench.transfer

datasets: $(VENV)/installed ## the table of docs/results.md: all eight data sets of NAS-Bench-Graph, in runs/
	$(BIN)/python -m bench.datasets --out runs

pretrained: $(VENV)/installed ## train the agents that come with the package, best on a GPU
	$(BIN)/python -m bench.pretrain

clean: ## remove the virtual environment and everything built; runs/ stays
	rm -rf $(VENV) build dist *.egg-info .mypy_cache .pytest_cache .ruff_cache .hypothesis
	find . -name __pycache__ -prune -exec rm -rf {} +

# Editable, so that the stamps need not follow the sources.
$(VENV)/installed: $(REQUIREMENTS)
	$(PYTHON) -m venv $(VENV)
	$(PIP_INSTALL) -e .
	touch $@

$(VENV)/installed-test: $(REQUIREMENTS)
	$(PYTHON) -m venv $(VENV)
	$(PIP_INSTALL) -e '.[test,nasbench301,rllib]'
	touch $(VENV)/installed $@
