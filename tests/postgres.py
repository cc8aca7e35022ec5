"""A PostgreSQL server of the tests' own."""

import contextlib
import os
import secrets
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Server:
    """A PostgreSQL server of the tests' own."""

    port: int
    password: str
    programs: Path

    @property
    def connection(self) -> str:
        """Its connection string."""
        return (
            f"host=127.0.0.1 port={self.port} user=shop password={self.password}"
            " dbname=postgres"
        )

    def ask(self, sql: str) -> list[str]:
        """The rows of a query, one text each, columns with bars between them."""
        return self.psql("--tuples-only", "--no-align", "--command", sql).splitlines()

    def psql(self, *arguments: str, given: str = "") -> str:
        done = subprocess.run(
            [
                *(str(self.programs / "psql"), "--no-psqlrc", "--quiet"),
                *("--set", "ON_ERROR_STOP=1", "--host", "127.0.0.1"),
                *("--port", str(self.port), "--username", "shop"),
                *("--dbname", "postgres", *arguments),
            ],
            env=os.environ | {"PGPASSWORD": self.password, "PGCLIENTENCODING": "UTF8"},
            input=given,
            encoding="utf-8",
            check=True,
            stdout=subprocess.PIPE,
        )
        return done.stdout


def find_postgres() -> Path:
    """Where initdb is: on PATH, or the newest of Debian's."""
    on_path = shutil.which("initdb")
    if on_path:
        return Path(on_path).resolve().parent
    found = sorted(
        Path("/usr/lib/postgresql").glob("*/bin/initdb"),
        key=lambda path: int(path.parts[-3]),
    )
    assert found, "PostgreSQL is not installed; run: bash scripts/install_test_tools.sh"
    return found[-1].parent


@contextlib.contextmanager
def run_server() -> Iterator[Server]:
    """A server on a free loopback port; root cannot run one, so it is postgres then."""
    programs = find_postgres()
    folder = Path(tempfile.mkdtemp(prefix="segmentation-postgres-"))
    as_user = []
    if os.geteuid() == 0:
        shutil.chown(folder, "postgres", "postgres")
        as_user = ["runuser", "-u", "postgres", "--"]

    def run(program: str, *arguments: str) -> None:
        subprocess.run(
            [*as_user, str(programs / program), *arguments],
            cwd=folder,
            check=True,
            stdout=subprocess.DEVNULL,
        )

    data, log = str(folder / "data"), str(folder / "log")
    password = secrets.token_hex(16)
    secret = folder / "password"
    secret.touch(mode=0o600)
    secret.write_text(password)
    if as_user:
        shutil.chown(secret, "postgres")
    try:
        run(
            "initdb",
            *("--pgdata", data, "--username", "shop", "--encoding", "UTF8"),
            *("--locale", "C", "--auth", "scram-sha-256", "--pwfile", str(secret)),
            "--no-sync",
        )
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        options = f"-p {port} -c listen_addresses=127.0.0.1 -k {folder}"
        run("pg_ctl", "-D", data, "-l", log, "-w", "-o", options, "start")
        yield Server(port, password, programs)
    finally:
        if (folder / "data" / "postmaster.pid").exists():
            run("pg_ctl", "-D", data, "-w", "-m", "immediate", "stop")
        shutil.rmtree(folder)
