#!/usr/bin/env bash
# Every check, in the order in which they are cheap. `make test` runs it with .venv on PATH.
set -euo pipefail
cd "$(dirname "$0")/.."
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

echo '== ruff'
ruff check .
ruff format --check .

echo '== dbt build from an empty database, warnings are errors'
export SEGMENTATION_DB="$scratch/segmentation.duckdb"
export SEGMENTATION_PUBLISH_DIR="$scratch/published"
dbt --warn-error --quiet build --target-path "$scratch/target" \
    --vars "$(cat examples/demo.yml)"

echo '== sqlfluff'
sqlfluff lint models analyses tests

echo '== test tools'
bash scripts/install_test_tools.sh

echo '== pytest'
unset SEGMENTATION_DB SEGMENTATION_PUBLISH_DIR
# A worker per core; the tests of a file share their builds.
python -m pytest --numprocesses auto --dist loadfile
