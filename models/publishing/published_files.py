"""Publish the marts as a new version: one row per mart with the file BI tools read.

A version is a folder that is written aside and never changed again. One link makes it the
version that people read, so a reader sees the last good one or the new one:

    published/versions/7/      its files, and version.json that describes them
    published/current          a link to it, replaced in one step
    published/current.json     its version.json, for readers that cannot follow links
    published/<name>.parquet   a link through current: a path that stays the same
"""

import contextlib
import hashlib
import json
import os
import re
import shutil
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import duckdb
import pandas as pd

try:
    import fcntl
except ImportError:  # Windows has none.
    fcntl = None

DATABASE = "segments.duckdb"
# Most rows by far, and the same for a month: where there are many, a version has them in a
# database of their own too, and segments.duckdb is a copy of it that takes in the rest.
HISTORY = "customer_segments_monthly"
HISTORY_DATABASE = "months.duckdb"
LISTS = "segment_lists"
# Drivers of BI tools lag behind: every DuckDB since 1.0 reads this.
STORAGE_VERSION = "v1.0.0"
# The index of a key takes twice the space of its table and, from here on, gigabytes of
# memory: larger tables have none.
MAXIMUM_KEYED_ROWS = 1_000_000
# Who has just read which version is current has this long to open its files.
GRACE_SECONDS = 600


class Table(NamedTuple):
    """Where a mart is, and the columns it is sorted by: its key, if it has one."""

    place: tuple[str, str, str]
    order: str
    has_key: bool

    @property
    def relation(self) -> str:
        """Its name in a query."""
        return ".".join(f'"{name}"' for name in self.place)


def quote(text: str | Path) -> str:
    """Write a text as SQL has it."""
    return "'" + str(text).replace("'", "''") + "'"


def hash_text(value: object) -> str:
    """Hash whatever can be written as JSON."""
    return hashlib.sha256(json.dumps(value).encode()).hexdigest()


def hash_file(path: Path) -> str:
    """Hash the bytes of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def describe(session: duckdb.DuckDBPyConnection, table: Table) -> dict:
    """Say what a table is, so that one that has not changed is not written again.

    The hash of the rows does not depend on their order. Comments are those that dbt's
    persist_docs has made of the descriptions.
    """
    rows, hash_sum = session.execute(
        f"select count(*), cast(sum(hash(one)) as string) from {table.relation} as one"
    ).fetchall()[0]
    [(comment,)] = session.execute(
        """
        from (
            select comment, database_name, schema_name, table_name from duckdb_tables()
            union all
            select comment, database_name, schema_name, view_name from duckdb_views()
        ) as found (comment, database_name, schema_name, name)
        select comment
        where (database_name, schema_name, name) = (?, ?, ?)
        """,
        table.place,
    ).fetchall()
    columns = session.execute(
        "select column_name, data_type, comment from duckdb_columns()"
        " where (database_name, schema_name, table_name) = (?, ?, ?)"
        " order by column_index",
        table.place,
    ).fetchall()
    content = hash_text([rows, hash_sum, table.order, [row[:2] for row in columns]])
    return {
        "rows": rows,
        "content": content,
        "comment": comment,
        "columns": columns,
    }


def is_sorted(session: duckdb.DuckDBPyConnection, table: Table) -> bool:
    """Find out whether the rows of a table lie in their order; stop where they do not."""
    return not session.execute(
        f"""
        select 1
        from (
            select row({table.order}) as one, lag(row({table.order})) over () as one_before
            from {table.relation}
        )
        where one < one_before
        limit 1
        """
    ).fetchall()


def write_table(
    session: duckdb.DuckDBPyConnection, name: str, table: Table, described: dict
) -> None:
    """Write a table into the new database, in its order, with its key and comments."""
    target = f"to_publish.main.{name}"
    parts = [f'"{column}" {kind}' for column, kind, _ in described["columns"]]
    if table.has_key and described["rows"] <= MAXIMUM_KEYED_ROWS:
        parts.append(f"primary key ({table.order})")
    session.execute(f"create table {target} ({', '.join(parts)})")
    order = "" if is_sorted(session, table) else f"order by {table.order}"
    session.execute(f"insert into {target} from {table.relation} {order}")
    comments = {f"table {target}": described["comment"]}
    for column, _, comment in described["columns"]:
        comments[f'column {target}."{column}"'] = comment
    for place, comment in comments.items():
        if comment is not None:
            session.execute(f"comment on {place} is {quote(comment)}")


def write_database(
    session: duckdb.DuckDBPyConnection,
    path: Path,
    tables: dict[str, Table],
    described: dict[str, dict],
    changed: set[str],
) -> None:
    """Write tables into a database, and those that changed from there to Parquet too."""
    session.execute(
        f"attach {quote(path)} as to_publish (storage_version '{STORAGE_VERSION}')"
    )
    try:
        with session.cursor() as writer:
            writer.execute("begin")
            for name, table in tables.items():
                write_table(writer, name, table, described[name])
            writer.execute("commit")
            writer.execute("checkpoint to_publish")
            for name in tables:
                if name in changed:
                    file = quote(path.parent / f"{name}.parquet")
                    writer.execute(
                        f"copy (from to_publish.main.{name}) to {file} (format parquet)"
                    )
    finally:
        session.execute("detach to_publish")


def write_lists(
    session: duckdb.DuckDBPyConnection, customers: str, folder: Path
) -> dict[str, int]:
    """Write a CSV file per segment, its customers and what to do; return rows by file.

    A value that a spreadsheet would run as a formula gets an apostrophe before it.
    """
    folder.mkdir()
    columns = ", ".join(
        rf"regexp_replace({name}, '^([-=+@\t\r\n])', '''\1') as {name}"
        for name in ("customer_id", "segment_name", "recommended_action")
    )
    counted = {}
    for segment_id, name, rows in session.execute(
        f"select segment_id, any_value(segment_name), count(*) from ({customers})"
        " group by segment_id order by segment_id"
    ).fetchall():
        words = re.findall("[a-z0-9]+", name.lower())
        path = folder / ("_".join([str(segment_id), *words]) + ".csv")
        session.execute(
            f"copy (select {columns} from ({customers}) where segment_id = {segment_id}"
            f" order by customer_id) to {quote(path)} (format csv, header)"
        )
        counted[path.name] = rows
    return counted


def share(known: dict, old: Path, new: Path, content: str) -> dict | None:
    """Take a file of the version before by a hard link, if it is whole and the same."""
    try:
        if known.get("content") == content and known["sha256"] == hash_file(old):
            os.link(old, new)
            return known
    except OSError:
        pass
    return None


def write_version(
    session: duckdb.DuckDBPyConnection,
    tables: dict[str, Table],
    customers: str | None,
    folder: Path,
    previous: Path,
) -> dict[str, dict]:
    """Write the files of a version, or share those of the previous one.

    Rows go from the build's database straight into the new one, where they are in order,
    and from there to Parquet.

    Returns
    -------
    dict of str to dict
        By file: its rows, the hash of what is in it (rows and columns, and in the database
        comments) and the hash of its bytes.
    """
    folder.mkdir()
    known = {}
    if (previous / "version.json").is_file():
        known = json.loads((previous / "version.json").read_text())["files"]

    def take(file: str, rows: int, content: str) -> dict:
        shared = share(known.get(file, {}), previous / file, folder / file, content)
        return shared or {"rows": rows, "content": content}

    described = {name: describe(session, table) for name, table in tables.items()}
    files = {
        f"{name}.parquet": take(f"{name}.parquet", one["rows"], one["content"])
        for name, one in described.items()
    }
    changed = {n for n in tables if "sha256" not in files[f"{n}.parquet"]}
    is_long = HISTORY in tables and described[HISTORY]["rows"] > MAXIMUM_KEYED_ROWS
    contents = {HISTORY_DATABASE: [HISTORY]} if is_long else {}
    for file, names in (contents | {DATABASE: list(tables)}).items():
        said = {name: described[name] for name in names}
        rows, content = sum(one["rows"] for one in said.values()), hash_text(said)
        files[file] = {"rows": rows, "content": content}
        if changed.isdisjoint(names):
            files[file] = take(file, rows, content)
        if "sha256" in files[file]:
            continue
        added = {name: tables[name] for name in names}
        if file == DATABASE and is_long:
            shutil.copy(folder / HISTORY_DATABASE, folder / DATABASE)
            del added[HISTORY]
        write_database(session, folder / file, added, described, changed)
    if customers is not None:
        for name, rows in write_lists(session, customers, folder / LISTS).items():
            files[f"{LISTS}/{name}"] = {"rows": rows}
    for name, file in files.items():
        if "sha256" not in file:
            file["sha256"] = hash_file(folder / name)
    return files


def open_for(mode: int) -> int:
    """Return the mode of a folder: who may read its files may enter it."""
    return mode | (mode & 0o444) >> 2


@contextlib.contextmanager
def lock(folder: Path) -> Iterator[None]:
    """Wait until no other build publishes into the folder, where there are locks."""
    with contextlib.ExitStack() as stack:
        if fcntl is not None:
            descriptor = os.open(folder, os.O_RDONLY)
            stack.callback(os.close, descriptor)
            with contextlib.suppress(OSError):
                fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield


def find_current(folder: Path) -> int:
    """Return the number of the version that people read, 0 when there is none."""
    if (folder / "current").is_symlink():
        return int(Path(os.readlink(folder / "current")).name)
    if (folder / "current.json").is_file():
        return json.loads((folder / "current.json").read_text())["version"]
    return 0


def list_versions(folder: Path) -> list[int]:
    """List the numbers of all versions, the newest first."""
    names = [path.name for path in (folder / "versions").iterdir()]
    return sorted((int(name) for name in names if name.isdecimal()), reverse=True)


def put_link(work: Path, place: Path, target: str) -> None:
    """Put a link into a place in one step."""
    if not place.is_symlink() or os.readlink(place) != target:
        os.symlink(target, work / "link")
        os.replace(work / "link", place)


def put_file(work: Path, place: Path, source: Path) -> None:
    """Put a copy of a file into a place in one step."""
    shutil.copy(source, work / "copy")
    os.replace(work / "copy", place)


def has_links(folder: Path, work: Path) -> bool:
    """Find out whether the file system has symbolic links."""
    try:
        if not (folder / "current").is_symlink():
            os.symlink("nowhere", work / "try")
    except OSError:
        return False
    return True


def adopt_files(folder: Path, work: Path, names: list[str]) -> None:
    """Make a version of the files of release 0.2, which links then take the place of."""
    (work / "adopted").mkdir()
    for name in names:
        if (folder / name).is_file():
            os.link(folder / name, work / "adopted" / name)
    number = max(list_versions(folder), default=0) + 1
    os.rename(work / "adopted", folder / "versions" / str(number))
    put_link(work, folder / "current", f"versions/{number}")


def make_current(folder: Path, work: Path, number: int, names: list[str]) -> None:
    """Make work/version the version that people read.

    All links lead through `current`, so replacing it is the one step. Without links
    current.json is that step, and copies of the files follow it.
    """
    target = folder / "versions" / str(number)
    with_links = has_links(folder, work)
    if with_links:
        for name in names:
            put_link(work, folder / name, f"current/{name}")
    # Copied before the switch, so that nothing after it needs space on the disk.
    shutil.copy(work / "version" / "version.json", work / "current.json")
    os.rename(work / "version", target)
    if with_links:
        put_link(work, folder / "current", f"versions/{number}")
    os.replace(work / "current.json", folder / "current.json")
    for name in names:
        if not with_links and (target / name).is_file():
            put_file(work, folder / name, target / name)
    for path in folder.iterdir():
        # A mart that was retired.
        if path.is_symlink() and not path.exists():
            path.unlink()


def drop_versions(
    folder: Path, work: Path, current: int, number: int, keep: int
) -> None:
    """Drop versions that nobody reads, by moving them into the work folder.

    The last ones stay, and those that were current within the grace of their readers;
    but with a keep of 1 nobody who was erased is to be found in an older one. Versions
    above the one that was current never were: their run was killed.
    """
    versions = folder / "versions"
    now = replaced_at = (versions / str(number)).stat().st_mtime
    older = [other for other in list_versions(folder) if other < number]
    for place, other in enumerate(older, start=1):
        is_over = keep == 1 or now - replaced_at > GRACE_SECONDS
        replaced_at = (versions / str(other)).stat().st_mtime
        if other > current or (place >= keep and is_over):
            os.rename(versions / str(other), work / str(other))


def publish(
    session: duckdb.DuckDBPyConnection,
    tables: dict[str, Table],
    folder: Path,
    mode: int = 0o600,
    keep: int = 3,
    customers: str | None = None,
    about: dict | None = None,
) -> dict:
    """Publish the tables as the next version; who publishes at the same time waits.

    Parameters
    ----------
    session : DuckDBPyConnection
        Connection to the database that the tables are in.
    tables : dict of str to Table
        The tables by name.
    folder : Path
        Where to publish; made if it is not there, as open as the files.
    mode : int
        Permissions of the files, 0o600 for their owner only.
    keep : int
        How many versions stay, the new one included.
    customers : str or None
        Query of segment_id, customer_id, segment_name and recommended_action, if there
        are to be lists of each segment's customers.
    about : dict or None
        What else to say of the version.

    Returns
    -------
    dict
        What current.json says: version, path, files, and `about`.

    Raises
    ------
    OSError
        One sentence. What was published before is whole, and goes on to be current.
    """
    versions = folder / "versions"
    names = [*(f"{name}.parquet" for name in tables), DATABASE]
    names += [LISTS] if customers else []
    try:
        for path in (folder, versions):
            if not path.is_dir():
                path.mkdir(parents=True, exist_ok=True)
                path.chmod(open_for(mode))
        with lock(versions), contextlib.ExitStack() as stack:
            for name in ("current", "current.json", *names):
                if (folder / name).is_dir() and not (folder / name).is_symlink():
                    raise OSError(f"{folder / name} is a folder where a file goes")
            for left in (
                *versions.glob(".publishing-*"),
                *folder.glob(".publishing-*"),
            ):
                shutil.rmtree(left)
            work = Path(tempfile.mkdtemp(prefix=".publishing-", dir=versions))
            stack.callback(shutil.rmtree, work, ignore_errors=True)
            if (folder / DATABASE).is_file() and not find_current(folder):
                adopt_files(folder, work, names)
            current = find_current(folder)
            number = max([current, *list_versions(folder)]) + 1
            said = {"version": number, "path": f"versions/{number}", **(about or {})}
            said["files"] = write_version(
                session, tables, customers, work / "version", versions / str(current)
            )
            text = json.dumps(said, indent=2) + "\n"
            (work / "version" / "version.json").write_text(text)
            for path in (versions, work / "version", *(work / "version").rglob("*")):
                wanted = open_for(mode) if path.is_dir() else mode
                if stat.S_IMODE(path.stat().st_mode) != wanted:
                    path.chmod(wanted)
            make_current(folder, work, number, names)
            drop_versions(folder, work, current, number, keep)
    except (OSError, ValueError, duckdb.Error) as error:
        raise OSError(
            f"Nothing new was published in {folder}: {error}. What was published before"
            " is whole and still there."
        ) from None
    return said


def names_the_erased(
    session: duckdb.DuckDBPyConnection, folder: Path, customers: str
) -> bool:
    """Tell whether an older version names a customer who is no longer in the input.

    One that cannot be read is taken for such a version.
    """
    try:
        return any(
            session.execute(
                f"select exists (from read_parquet({quote(file)}) where customer_id"
                f" not in (select customer_id from {customers}))"
            ).fetchall()[0][0]
            for file in sorted(folder.glob("versions/*/customer_segments.parquet"))
        )
    except duckdb.Error:
        return True


def model(dbt, session):
    """Publish the marts, unless rows were left out."""
    dbt.config(materialized="table")
    [(folder,)] = dbt.ref("publish_folder").fetchall()
    tables = {
        name: Table(tuple(place), order, has_key)
        for name, *place, order, has_key in dbt.ref("publish_tables")
        .order("table_number")
        .project("* exclude (table_number)")
        .fetchall()
    }
    if hasattr(session, "fetch_tables"):
        # On Spark: spark/ has DuckDB read the files that the workers wrote.
        session.fetch_tables([table.place for table in tables.values()])
    mode = int(str(dbt.config.meta_get("mode")), 8)
    keep = int(dbt.config.meta_get("keep"))
    has_lists = dbt.config.meta_get("lists")
    rows = []
    if folder is not None:
        customers, segments = (
            tables[name].relation for name in ("customer_segments", "segment_profiles")
        )
        as_of_date, model_version = session.execute(
            f"select cast(max(as_of_date) as string), max(model_version) from {segments}"
        ).fetchall()[0]
        lists = (
            "select segment_id, customer_id, segments.segment_name, recommended_action"
            f" from {customers} as customers"
            f" inner join {segments} as segments using (segment_id)"
        )
        if names_the_erased(session, Path(folder), customers):
            keep = 1
        said = publish(
            session,
            tables,
            Path(folder),
            mode,
            keep,
            customers=lists if has_lists else None,
            about={"as_of_date": as_of_date, "model_version": model_version},
        )
        for name in tables:
            file = f"{name}.parquet"
            known = said["files"][file]
            rows.append((name, file, known["rows"], known["content"]))
    return pd.DataFrame(
        rows, columns=["table_name", "file_name", "row_count", "content"]
    ).astype(
        {
            "table_name": "str",
            "file_name": "str",
            "row_count": "int64",
            "content": "str",
        }
    )
