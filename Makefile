# make build [EXAMPLE=name] [VARS='{...}'] [REPORT='--currency EUR'] [TARGET=spark]
#                                            install, build, publish, draw the report
# make backtest [EXAMPLE=name] [AS_OF=YYYY-MM-DD]   what an older model says of later spend
# make test                                  every check; CI runs just this
# make bench SIZE=1m|10m|100m                what a build costs: benchmarks/RESULTS.md
# make docs                                  one HTML file that documents all tables
# make test-fast                             checks of the inner loop, in two minutes
# make format                                let ruff and sqlfluff lay the code out
PYTHON ?= python3
EXAMPLE ?= demo
VARS ?=
REPORT ?=
AS_OF ?=
SIZE ?= 1m
TARGET ?= duckdb
SPARK_VENV ?= .venv/spark
BIN := .venv/bin
PIP_INSTALL := $(BIN)/pip install --quiet --disable-pip-version-check \
	--constraint requirements.lock

export DBT_SEND_ANONYMOUS_USAGE_STATS := false

# The examples whose data scripts/fetch_example.py brings.
FETCHED := $(addprefix fetch-,cdnow complete_journey ta_feng)

.PHONY: build backtest test test-fast bench docs format clean $(FETCHED)

# What a build of an example needs to be there, and the python whose dbt it takes.
READY := .venv/installed $(filter fetch-$(EXAMPLE),$(FETCHED))
DBT_PYTHON := $(BIN)/python

ifeq ($(TARGET),spark)
READY += $(SPARK_VENV)/installed
DBT_PYTHON := $(SPARK_VENV)/bin/python
SEGMENTATION_PUBLISH_DIR ?= published/spark
export SEGMENTATION_PUBLISH_DIR
endif

build: $(READY)
	@umask 077; vars="$$($(BIN)/python scripts/read_vars.py '$(EXAMPLE)')" \
		&& $(DBT_PYTHON) scripts/run_dbt.py build --exclude-resource-type unit_test \
			--target '$(TARGET)' --vars "$$vars"
	@$(BIN)/python -m python_charts $(REPORT)
	@$(BIN)/python scripts/print_summary.py '$(TARGET)'

backtest: $(READY)
	@$(BIN)/python scripts/backtest.py '$(EXAMPLE)' '$(AS_OF)'

test: .venv/installed .venv/installed-test
	@PATH="$(CURDIR)/$(BIN):$$PATH" bash scripts/check.sh

test-fast: .venv/installed .venv/installed-test
	@PATH="$(CURDIR)/$(BIN):$$PATH" bash scripts/check.sh fast

bench: .venv/installed .venv/installed-test .venv/bench/installed
	@$(BIN)/python benchmarks/bench.py '$(SIZE)'
	@echo 'benchmarks/RESULTS.md'

docs: $(READY)
	@vars="$$($(BIN)/python scripts/read_vars.py '$(EXAMPLE)')" \
		&& $(BIN)/python scripts/run_dbt.py --quiet docs generate --static --vars "$$vars"
	@echo 'target/static_index.html'

format: .venv/installed .venv/installed-test
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
	$(BIN)/sqlfluff fix models analyses tests

clean:
	rm -rf target logs published segmentation.duckdb segmentation_spark

.venv/installed: pyproject.toml requirements.lock
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and \
		"Python 3.11 or newer is needed; set PYTHON=python3.x")'
	$(PYTHON) -m venv .venv
	$(PIP_INSTALL) --editable .
	@test -x $(BIN)/dbt || { echo 'pip installed no dbt.' >&2; exit 1; }
	@touch $@

# pip only warns about an extra that it does not know, so look for what it brings.
.venv/installed-test: .venv/installed
	$(PIP_INSTALL) --editable '.[test]'
	@test -x $(BIN)/pytest || { echo 'pip installed no pytest.' >&2; exit 1; }
	@touch $@

# An environment of its own: Spark is large, and holds back nobody who does not need it.
SPARK_FILES := $(addprefix spark/,pyproject.toml requirements.lock dbt_spark_in_process.py)

$(SPARK_VENV)/installed: $(SPARK_FILES) | .venv/installed
	@java -version 2>/dev/null || { echo "Spark needs Java 17 or newer, such as Debian's \
		package openjdk-17-jre-headless." >&2; exit 1; }
	$(PYTHON) -m venv $(SPARK_VENV)
	$(SPARK_VENV)/bin/pip install --quiet --disable-pip-version-check \
		--constraint requirements.lock --constraint spark/requirements.lock \
		--editable '.[spark]' ./spark
	@touch $@

# What does not install is skipped by the benchmark, which says so.
.venv/bench/installed: benchmarks/requirements.txt | .venv/installed
	$(PYTHON) -m venv .venv/bench
	grep -v '^#' benchmarks/requirements.txt | while read -r package; do \
		.venv/bench/bin/pip install --quiet --disable-pip-version-check "$$package" || true; \
	done
	@touch $@

$(FETCHED): fetch-%: .venv/installed
	$(BIN)/python scripts/fetch_example.py $*

export VARS
