"""What SQLite's planner is to assume of our tables, written where ANALYZE would write what it finds.

Without figures it takes the first column of every index for the one that finds a row. In ours that is often the
workspace, which all rows share: it would read them all instead of using the index that finds the few. Measured figures
would come too late, a new database has none; these hold for any that has grown. See "The sqlite_stat1 table" in
SQLite's file format, and "Fixed Results Of ANALYZE" in its page on ANALYZE.
"""

from sqlalchemy import Connection

ROWS = 100_000
SHARED = frozenset({"workspace_id"})
COMMON = frozenset(
    {"account_id", "action", "actor_id", "agent_id", "bot_id", "channel", "department_id", "entity", "environment_key"}
    | {"flow_id", "kind", "language", "list", "mailbox_id", "queue_id", "sealed"}
)
AT_WORK = frozenset({"state", "status"})
OF_COMMON, OF_AT_WORK, OF_OTHER = 5_000, 200, 10
"""Rows alike in such a column: one queue has had many contacts, few are in a state that anybody asks for, and few are
the messages of one contact."""

_INDEXES = """
    SELECT tables.name, indexes.name, indexes."unique", columns.name
    FROM sqlite_master AS tables, pragma_index_list(tables.name) AS indexes, pragma_index_info(indexes.name) AS columns
    WHERE tables.type = 'table' AND tables.name NOT LIKE 'sqlite_%'
    ORDER BY tables.name, indexes.name, columns.seqno
"""


def assume(connection: Connection) -> None:
    """Write the figures for all indexes there are; they hold for connections opened from now on. Repeatable."""
    indexes: dict[tuple[str, str, bool], list[str]] = {}
    for table, index, unique, column in connection.exec_driver_sql(_INDEXES):
        indexes.setdefault((table, index, bool(unique)), []).append(column)
    connection.exec_driver_sql("ANALYZE alembic_version")  # makes the table of figures, if there is none
    connection.exec_driver_sql("DELETE FROM sqlite_stat1")
    for (table, index, unique), columns in indexes.items():
        figures = _figures(columns, unique=unique)
        connection.exec_driver_sql("INSERT INTO sqlite_stat1 VALUES (?, ?, ?)", (table, index, figures))
    connection.exec_driver_sql("ANALYZE sqlite_schema")


def _figures(columns: list[str], *, unique: bool) -> str:
    """The rows of the table, then how many share the values of the first column, of the first two, and so on."""
    figures, rows = [ROWS], ROWS
    for column in columns:
        if column in COMMON:
            rows = min(rows, OF_COMMON)
        elif column in AT_WORK:
            rows = min(rows, OF_AT_WORK)
        elif column not in SHARED:
            rows = min(rows, OF_OTHER)
        figures.append(rows)
    if unique:
        figures[-1] = 1
    return " ".join(map(str, figures))
