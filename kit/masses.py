"""Statements for rows in masses, below the mapping of objects. Each is built once: building costs more than running.

`kit.access` does not narrow them: only the unit of work uses them, for rows of its own workspace.
"""

from functools import lru_cache
from typing import Any, cast

from sqlalchemy import BindParameter, Insert, Table, Update, bindparam, insert, inspect, update

BY_ID = "by_id"


@lru_cache(maxsize=64)
def insert_into(kind: Any) -> Insert:
    """For a kind of rows."""
    return insert(_table(kind))


@lru_cache(maxsize=64)
def update_by_id(kind: Any, columns: tuple[str, ...]) -> Update:
    """Sets `columns` to the parameters of their names, where the id is the parameter `BY_ID`."""
    table = _table(kind)
    values: dict[str, BindParameter[Any]] = {name: bindparam(name) for name in columns if name != "id"}
    return update(table).where(table.c.id == bindparam(BY_ID)).values(values)


def _table(kind: Any) -> Table:
    return cast("Table", inspect(kind).local_table)
