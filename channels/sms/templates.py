"""Approved templates: which one a text is made of, and with what in its variables."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from channels.sms.carrier import TemplateUse
from channels.sms.tables import SmsTemplateRow

VARIABLE = re.compile(r"\$?\{([^{}]{1,40})\}")
SIGN = "【{}】"


@dataclass(frozen=True, slots=True)
class _Shape:
    """A template cut up: `literals` has one more than `names`, and stands around them."""

    literals: tuple[str, ...]
    names: tuple[str, ...]


def variables(text: str) -> list[str]:
    """The names of a template's variables, each once, in the order they stand in it."""
    return list(dict.fromkeys(VARIABLE.findall(text)))


def fill(text: str, values: Mapping[str, str]) -> str | None:
    """The template with its variables filled in; None when one of them is not known."""
    if any(not values.get(name) for name in variables(text)):
        return None
    return VARIABLE.sub(lambda match: values[match[1]], text)


def fitting(text: str, templates: Iterable[SmsTemplateRow]) -> TemplateUse | None:
    """The approved template that `text` is made of; of several the one with the most fixed words."""
    found: list[tuple[int, TemplateUse]] = []
    for row in templates:
        values = _values(text.strip(), _shape(row.text.strip())) if row.approved else None
        if values is not None:
            fixed = len(VARIABLE.sub("", row.text))
            found.append((fixed, TemplateUse(code=row.code, variables=values)))
    return max(found, key=lambda item: item[0])[1] if found else None


def signed(sign: str, text: str) -> str:
    """`text` with the signature in front, as carriers in China ask for; once."""
    mark = SIGN.format(sign)
    return text if not sign or text.startswith(mark) else mark + text


def _shape(text: str) -> _Shape:
    parts = VARIABLE.split(text)
    return _Shape(tuple(parts[::2]), tuple(parts[1::2]))


def _values(text: str, shape: _Shape) -> dict[str, str] | None:
    first, last = shape.literals[0], shape.literals[-1]
    if not shape.names:
        return {} if text == first else None
    if not text.startswith(first) or not text.endswith(last):
        return None
    pieces = _between(text[len(first) : len(text) - len(last)], shape.literals[1:-1])
    if pieces is None or len(first) + len(last) > len(text):
        return None
    values: dict[str, str] = {}
    for name, value in zip(shape.names, pieces, strict=True):
        if values.setdefault(name, value) != value:
            return None
    return values


def _between(text: str, literals: Sequence[str]) -> list[str] | None:
    """The pieces around `literals`, none empty. The leftmost place of each will do, since the rest may be anything."""
    pieces = []
    for literal in literals:
        at = text.find(literal, 1)
        if at < 0:
            return None
        pieces.append(text[:at])
        text = text[at + len(literal) :]
    return [*pieces, text] if text else None
