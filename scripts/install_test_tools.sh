#!/usr/bin/env bash
# What the tests need and pip cannot bring: PostgreSQL's server programs, from Debian.
set -euo pipefail

if compgen -G '/usr/lib/postgresql/*/bin/initdb' >/dev/null || command -v initdb >/dev/null; then
    exit 0
fi
if [ "$(id -u)" -ne 0 ] || ! command -v apt-get >/dev/null; then
    echo 'The tests need the programs initdb, pg_ctl and psql:' \
        "install PostgreSQL 13 or newer (Debian's package: postgresql)." >&2
    exit 1
fi
apt-get update --quiet
DEBIAN_FRONTEND=noninteractive apt-get install --quiet --yes --no-install-recommends \
    postgresql
