#!/usr/bin/env bash
# What the tests need and pip cannot bring: PostgreSQL's server programs, and the browser of
# the page's tests, from Debian.
set -euo pipefail

missing=()
compgen -G '/usr/lib/postgresql/*/bin/initdb' >/dev/null || command -v initdb >/dev/null ||
    missing+=(postgresql)
command -v chromium >/dev/null || [ -n "${BROWSER_PATH:-}" ] || missing+=(chromium)
[ "${#missing[@]}" -gt 0 ] || exit 0
if [ "$(id -u)" -ne 0 ] || ! command -v apt-get >/dev/null; then
    echo "The tests need Debian's packages ${missing[*]}: install them, PostgreSQL 13 or" \
        'newer, and name another Chrome or Chromium in BROWSER_PATH.' >&2
    exit 1
fi
apt-get update --quiet
DEBIAN_FRONTEND=noninteractive apt-get install --quiet --yes --no-install-recommends \
    "${missing[@]}"
