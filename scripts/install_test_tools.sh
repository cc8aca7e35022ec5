#!/usr/bin/env bash
# What the tests need besides the extra of pyproject.toml: PostgreSQL's server programs, the
# browser of the page's tests, node and Java, from Debian; the clients that read what is
# published, in .venv/readers; and Spark, in its venv.
set -euo pipefail
cd "$(dirname "$0")/.."

missing=()
compgen -G '/usr/lib/postgresql/*/bin/initdb' >/dev/null || command -v initdb >/dev/null ||
    missing+=(postgresql)
command -v chromium >/dev/null || [ -n "${BROWSER_PATH:-}" ] || missing+=(chromium)
command -v npm >/dev/null || missing+=(nodejs npm)
command -v java >/dev/null || missing+=(default-jre-headless)
if [ "${#missing[@]}" -gt 0 ]; then
    if [ "$(id -u)" -ne 0 ] || ! command -v apt-get >/dev/null; then
        echo "The tests need Debian's packages ${missing[*]}: install them, PostgreSQL 13 and" \
            'Java 17 or newer, and name another Chrome or Chromium in BROWSER_PATH.' >&2
        exit 1
    fi
    apt-get update --quiet
    DEBIAN_FRONTEND=noninteractive apt-get install --quiet --yes --no-install-recommends \
        "${missing[@]}"
fi

readers=.venv/readers
if ! cat tests/readers/* | cmp --silent - "$readers/installed"; then
    python -m venv "$readers"
    "$readers/bin/pip" install --quiet --disable-pip-version-check \
        --requirement tests/readers/requirements.txt
    cp tests/readers/package.json "$readers"
    npm install --silent --no-audit --no-fund --prefix "$readers"
    cat tests/readers/* >"$readers/installed"
fi

make "${SPARK_VENV:-.venv/spark}/installed"
