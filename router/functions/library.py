"""The text of the function library. Its names carry the version: two versions can live in one Redis side by side."""

from functools import cache
from importlib.resources import files

VERSION = 1
NAME = f"axd_{VERSION}"


@cache
def source() -> str:
    """The parts in the order of their numbers, as one library for FUNCTION LOAD."""
    parts = sorted(
        (part for part in files("router.functions").joinpath("lua").iterdir() if part.name.endswith(".lua")),
        key=lambda part: part.name,
    )
    head = f"#!lua name={NAME}\nlocal NAMES = '{NAME}_'\n"
    return head + "\n".join(part.read_text(encoding="utf-8") for part in parts)
