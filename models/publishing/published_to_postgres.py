"""Publish the marts into PostgreSQL as well: one row per mart.

All marts are written in one transaction, into tables that stay the same tables. So a reader
sees the marts as they were or as they are now, never a mixture, and needs no lock; views,
grants and row security that somebody has put on the tables stay. A mart that did not change
is not written again: published_tables, beside the marts, knows what was.
"""

import duckdb
import pandas as pd

SCHEMA = "segments"
STATE = "published_tables"
STATE_COLUMNS = {"table_name": "VARCHAR", "row_count": "BIGINT", "content": "VARCHAR"}


def quote(text: str) -> str:
    """Write a text as SQL has it."""
    return "'" + text.replace("'", "''") + "'"


def name_columns(columns: dict[str, str]) -> str:
    """List names as SQL has them."""
    return ", ".join(f'"{name}"' for name in columns)


def list_columns(
    session: duckdb.DuckDBPyConnection, place: tuple[str, str, str]
) -> dict[str, str]:
    """Map the columns of a table (database, schema, name) to their types, in order."""
    return dict(
        session.execute(
            "select column_name, data_type from duckdb_columns()"
            " where (database_name, schema_name, table_name) = (?, ?, ?)"
            " order by column_index",
            place,
        ).fetchall()
    )


def list_comments(
    session: duckdb.DuckDBPyConnection, place: tuple[str, str, str], target: str
) -> list[str]:
    """Write the comments of a table or view as statements of PostgreSQL."""
    comments = session.execute(
        """
        from (
            select database_name, schema_name, table_name, null, comment
            from duckdb_tables()
            union all
            select database_name, schema_name, view_name, null, comment
            from duckdb_views()
            union all
            select database_name, schema_name, table_name, column_name, comment
            from duckdb_columns()
        ) as found (database_name, schema_name, table_name, column_name, comment)
        select column_name, comment
        where (database_name, schema_name, table_name) = (?, ?, ?)
        """,
        place,
    ).fetchall()
    return [
        f"comment on {'table' if column is None else 'column'} {target}"
        + ("" if column is None else f'."{column}"')
        + f" is {'null' if comment is None else quote(comment)}"
        for column, comment in comments
    ]


def make_table(
    session: duckdb.DuckDBPyConnection,
    place: tuple[str, str, str],
    columns: dict[str, str],
    key: str | None,
) -> None:
    """Make an empty table of PostgreSQL with these columns, out of the one that is there.

    It stays the same table: a column is dropped or added only where a release or the user
    changed it. A table that is new gets the key.
    """
    target = ".".join(f'"{name}"' for name in place)
    there = list_columns(session, place)
    if not there:
        parts = [f'"{name}" {kind}' for name, kind in columns.items()]
        parts += [f"primary key ({key})"] if key else []
        session.execute(f"create table {target} ({', '.join(parts)})")
        return
    # Not truncated: a reader goes on to see the rows until the transaction ends.
    session.execute(f"delete from {target}")
    for name, kind in there.items():
        if columns.get(name) != kind:
            session.execute(f'alter table {target} drop column "{name}"')
    for name, kind in columns.items():
        if there.get(name) != kind:
            session.execute(f'alter table {target} add column "{name}" {kind}')


def publish(
    session: duckdb.DuckDBPyConnection,
    marts: pd.DataFrame,
    database: str,
    schema: str,
) -> None:
    """Write the marts that changed into a schema of PostgreSQL, in one transaction.

    Parameters
    ----------
    session : DuckDBPyConnection
        Connection to the build's database, with PostgreSQL attached.
    marts : DataFrame
        One row per mart: table_name, row_count and content of published_files, and the
        columns of publish_tables.
    database : str
        Name that PostgreSQL is attached as.
    schema : str
        Where to publish; made if it is not there.

    Raises
    ------
    OSError
        One sentence. What was published there before is whole.
    """
    state = f'"{database}"."{schema}".{STATE}'
    with session.cursor() as writer:
        try:
            writer.execute("begin")
            if not writer.execute(
                "select 1 from duckdb_schemas()"
                " where (database_name, schema_name) = (?, ?)",
                [database, schema],
            ).fetchall():
                writer.execute(f'create schema "{database}"."{schema}"')
            before = {}
            if list_columns(writer, (database, schema, STATE)):
                before = dict(
                    writer.execute(
                        f"select table_name, content from {state}"
                    ).fetchall()
                )
            statements = []
            for mart in marts.itertuples():
                place = (mart.database_name, mart.schema_name, mart.identifier)
                target = (database, schema, mart.table_name)
                if before.pop(mart.table_name, None) != mart.content:
                    columns = list_columns(writer, place)
                    key = mart.sort_columns if mart.has_key else None
                    make_table(writer, target, columns, key)
                    names = name_columns(columns)
                    writer.execute(
                        f'insert into "{database}"."{schema}"."{mart.table_name}" ({names})'
                        f" select {names} from"
                        f' "{mart.database_name}"."{mart.schema_name}"."{mart.identifier}"'
                    )
                statements += list_comments(
                    writer, place, f'"{schema}"."{mart.table_name}"'
                )
            # Marts that were retired.
            for name in before:
                writer.execute(f'drop table "{database}"."{schema}"."{name}"')
            make_table(writer, (database, schema, STATE), STATE_COLUMNS, "table_name")
            writer.execute(
                f"insert into {state} select {', '.join(STATE_COLUMNS)} from marts"
            )
            writer.execute(
                f"call postgres_execute({quote(database)}, {quote('; '.join(statements))})"
            )
            writer.execute("commit")
        except duckdb.Error as error:
            raise OSError(
                f"Nothing new was published in {database}.{schema}:"
                f" {' '.join(str(error).split())}. What was published there before is whole"
                " and still there."
            ) from None


def model(dbt, session):
    """Publish the marts that the files of this run hold."""
    dbt.config(materialized="table")
    database, _, schema = dbt.config.meta_get("to").partition(".")
    marts = dbt.ref("published_files").df().merge(dbt.ref("publish_tables").df())
    if len(marts):
        publish(session, marts, database, schema or SCHEMA)
    return marts[["table_name", "row_count"]]
