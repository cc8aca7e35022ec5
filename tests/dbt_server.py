"""dbt as forks of one process that has parsed the project once.

To import dbt, to build its schemas and to compile our macros takes longer than to parse
the project anew, and a fork has done all that before it begins. ``run_dbt`` starts the
server by itself; the server ends with the process that started it.
"""

import functools
import gc
import importlib
import json
import os
import select
import signal
import socket
import subprocess
import sys
import tempfile
from pathlib import Path

PROJECT = Path(__file__).parents[1]
# dbt's own parser of simple models has threads, and threads do not survive a fork. Nobody
# reads the log of a run that ends in seconds.
OPTIONS = ["--no-static-parser", "--log-level-file", "none"]
# What the Python models import.
LIBRARIES = ("pandas", "scipy.optimize", "sklearn.cluster", "sklearn.tree")


def warm_up() -> None:
    """Import libraries and parse the project; if it does not parse, the run says so."""
    from dbt.cli.main import dbtRunner
    from dbt_common.clients.jinja import template_cache

    for library in LIBRARIES:
        importlib.import_module(library)

    with tempfile.TemporaryDirectory() as folder:
        done = dbtRunner().invoke(
            [
                *("--quiet", *OPTIONS, "parse", "--no-partial-parse"),
                *("--project-dir", str(PROJECT), "--profiles-dir", str(PROJECT)),
                *("--target-path", folder, "--log-path", folder),
            ]
        )
    for macro in getattr(done.result, "macros", {}).values():
        template_cache.get_node_template(macro)


def serve(address: str) -> None:
    """Fork for every connection until standard input closes."""
    # Nobody waits for the forks: a closed connection tells that one has ended.
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(address)
        listener.listen()
        print("ready", flush=True)
        while True:
            ready, _, _ = select.select([listener, sys.stdin], [], [])
            if sys.stdin in ready:
                return
            connection, _ = listener.accept()
            if os.fork() == 0:
                listener.close()
                answer(connection)
            connection.close()


def answer(connection: socket.socket) -> None:
    """Run dbt as asked, as its own command would, and send its exit status.

    What the process has made so far stays, and it ends soon: no garbage is looked for.
    """
    gc.disable()
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    asked = json.loads(connection.makefile().readline())
    output = os.open(asked["output"], os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    os.dup2(output, sys.stdout.fileno())
    os.dup2(output, sys.stderr.fileno())
    os.environ.clear()
    os.environ.update(asked["environment"])
    os.chdir(asked["folder"])
    from dbt.adapters.duckdb.connections import DuckDBConnectionManager
    from dbt.cli.main import dbtRunner

    status = 2
    try:
        done = dbtRunner().invoke([*OPTIONS, *asked["arguments"]])
        DuckDBConnectionManager.close_all_connections()
        status = 0 if done.success else 2 if done.exception else 1
    finally:
        sys.stdout.flush()
        connection.sendall(str(status).encode())
        os._exit(status)


@functools.cache
def start_server() -> tuple[subprocess.Popen, str]:
    """Start the server of this process; the server, and where it listens."""
    address = str(Path(tempfile.mkdtemp(prefix="dbt-server-")) / "socket")
    server = subprocess.Popen(
        [sys.executable, __file__, address],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | {"DBT_SEND_ANONYMOUS_USAGE_STATS": "false"},
    )
    assert "ready" in iter(lambda: server.stdout.readline().strip() or None, None)
    return server, address


def run_dbt(
    arguments: list[str], folder: Path, environment: dict[str, str]
) -> subprocess.CompletedProcess:
    """Run dbt in a folder; all that it prints is in stdout."""
    _, address = start_server()
    with (
        tempfile.NamedTemporaryFile("r") as output,
        socket.socket(socket.AF_UNIX) as connection,
    ):
        connection.connect(address)
        asked = {
            "arguments": arguments,
            "folder": str(folder),
            "environment": environment,
            "output": output.name,
        }
        connection.sendall(json.dumps(asked).encode() + b"\n")
        status = connection.recv(16)
        return subprocess.CompletedProcess(
            ["dbt", *arguments], int(status or 70), output.read(), ""
        )


if __name__ == "__main__":
    warm_up()
    serve(sys.argv[1])
