#!/usr/bin/env bash
# Every check, in the order in which they are cheap. `make test` runs it with .venv on PATH.
# check.sh fast leaves out sqlfluff and the tests of whole builds.
set -euo pipefail
cd "$(dirname "$0")/.."
scratch=$(mktemp -d)
trap 'kill $(jobs -p) 2>/dev/null || true; rm -rf "$scratch"' EXIT
mode="${1:-all}"

stage() { # name, command...: run it and say how long it took
    local name="$1" started="$SECONDS"
    shift
    echo "== $name"
    "$@"
    echo "== $name: $((SECONDS - started)) s"
}

lint_python() {
    ruff check . && ruff format --check .
}

build_demo() { # from an empty database; warnings are errors
    mkdir "$scratch/demo"
    SEGMENTATION_DB="$scratch/demo/segmentation.duckdb" \
        SEGMENTATION_PUBLISH_DIR="$scratch/demo/published" \
        dbt --warn-error --quiet build --target-path "$scratch/demo/target" \
        --vars "$(cat examples/demo.yml)"
}

check_house_rules() { # of the manifest that the build has left
    cp dbt-bouncer.yml "$scratch/demo"
    dbt-bouncer run --config-file "$scratch/demo/dbt-bouncer.yml" --show-all-failures
    dbt-score lint --manifest "$scratch/demo/target/manifest.json" >"$scratch/score" || {
        cat "$scratch/score" && return 1
    }
}

begin() { # name, command...: run it beside all that follows
    "${@:2}" >"$scratch/$1" 2>&1 &
    echo $! >"$scratch/$1.pid"
}

finish() { # name: wait for what has begun
    wait "$(cat "$scratch/$1.pid")" || { cat "$scratch/$1" && return 1; }
}

run_pytest() { # a worker per core; the tests of a file share their builds
    SEGMENTATION_DEMO_BUILD="$scratch/demo" \
        python -m pytest --numprocesses auto --dist loadfile --no-loadscope-reorder \
        --durations 20 "$@"
}

stage ruff lint_python
if [ "$mode" = all ]; then
    begin tools bash scripts/install_test_tools.sh
    begin sqlfluff sqlfluff lint models analyses tests
fi
stage 'dbt build with unit tests' build_demo
stage 'dbt-bouncer, dbt-score' check_house_rules
if [ "$mode" = fast ]; then
    # Functions, documents, and models run in memory.
    stage pytest run_pytest tests/test_{commands,fingerprints,model_policies,mutations}.py \
        tests/test_{number_of_segments,segment_models}.py
    exit
fi
stage 'test tools' finish tools
stage pytest run_pytest
stage sqlfluff finish sqlfluff
echo "== all checks: $SECONDS s"
