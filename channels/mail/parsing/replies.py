"""What the author wrote now, without what the client quoted. Line by line, bounded, linear.

When in doubt the text is kept: too much shown is an eyesore, too little is a lost sentence; the whole body stays with
the message. Forwarded mail is the matter itself and never cut.
"""

import re
import unicodedata

from channels.mail.parsing.reply_marks import (
    ATTRIBUTIONS,
    DEVICE_SIGNATURES,
    FIRST_LABELS,
    HEADER_LABELS,
    SEPARATORS,
)

MAX_LINES = 5_000
MAX_LINE_CHARS = 400
_WRAPPED_LINES = 3
_LABEL = re.compile(r"^[*\s]*([^\s:*][^:*]{0,20}?)[*\s]*:")
_TIME_OR_ADDRESS = re.compile(r"\d:\d\d|@")
_DIGIT = re.compile(r"\d")
_DASHES = re.compile(r"[-_=*~—─\s\xa0>]+")


def strip_reply(text: str) -> str:
    """The new part of a reply; the whole text where nothing is quoted or nothing else would be left."""
    lines = text.split("\n")
    if len(lines) > MAX_LINES:
        return text
    shapes = [_shape(line) for line in lines]
    kept = _without_quotes(lines, shapes)
    answer = _without_signature(kept)
    return "\n".join(answer).strip() or "\n".join(kept).strip() or text.strip()


def _without_quotes(lines: list[str], shapes: list[str]) -> list[str]:
    kept: list[str] = []
    index = 0
    while index < len(lines):
        width, certain = _attribution(shapes, index)
        rest = _after_quoted_block(shapes, index + width) if width else None
        if rest is not None:
            index = rest
        elif (width and certain) or _is_separator(shapes, index) or _is_header_block(shapes, index):
            break
        elif shapes[index].startswith(">"):
            index += 1
        else:
            kept.append(lines[index])
            index += 1
    return kept


def _shape(line: str) -> str:
    """A line as the tables compare it: full-width signs narrowed, blanks joined, lower case, cut."""
    narrowed = unicodedata.normalize("NFKC", line[:MAX_LINE_CHARS])
    return re.sub(r"\s+", " ", narrowed).strip().lower()


def _attribution(shapes: list[str], index: int) -> tuple[int, bool]:
    """How many lines from here form an attribution, 0 when none, and whether it names a time or an address."""
    parts: list[str] = []
    for part in shapes[index : index + _WRAPPED_LINES]:
        if not part or part.startswith(">"):
            break
        parts.append(part)
        joined = " ".join(parts)
        if _is_attribution(joined, wrapped=len(parts) > 1):
            # A sentence above an attribution is not its first half.
            own = not any(_is_attribution(" ".join(parts[n:]), wrapped=True) for n in range(1, len(parts)))
            return (len(parts), bool(_TIME_OR_ADDRESS.search(joined))) if own else (0, False)
    return 0, False


def _is_attribution(line: str, *, wrapped: bool) -> bool:
    line = line.replace(" :", ":")
    if not _DIGIT.search(line):
        return False
    # An attribution without a fixed beginning could swallow sentences if it were allowed to wrap from anywhere.
    return any(
        line.endswith(mark.end) and line.startswith(mark.start)
        for mark in ATTRIBUTIONS
        if mark.start or not wrapped or "<" in line
    )


def _after_quoted_block(shapes: list[str], index: int) -> int | None:
    """First line below the `>` lines of a quote; None when the quote is not marked, so that all below belongs to it."""
    while index < len(shapes) and not shapes[index]:
        index += 1
    if index >= len(shapes) or not shapes[index].startswith(">"):
        return None
    while index < len(shapes) and (shapes[index].startswith(">") or not shapes[index]):
        index += 1
    return index


def _is_separator(shapes: list[str], index: int) -> bool:
    core = _DASHES.sub("", shapes[index])
    if core not in SEPARATORS:
        return False
    # QQ writes the words without dashes: then a quoted header has to follow.
    return shapes[index].startswith(("-", "_", "=", "—", "─")) or any(
        _label(shape) in FIRST_LABELS for shape in shapes[index + 1 : index + 4]
    )


def _is_header_block(shapes: list[str], index: int) -> bool:
    if _label(shapes[index]) not in FIRST_LABELS or _is_forward(shapes, index):
        return False
    following = [shape for shape in shapes[index : index + 8] if shape][:5]
    return sum(_label(shape) in HEADER_LABELS for shape in following) >= 3


def _is_forward(shapes: list[str], index: int) -> bool:
    before = [shape for shape in shapes[max(0, index - 3) : index] if shape]
    return any("forward" in shape or "转发" in shape or "轉寄" in shape for shape in before)


def _label(shape: str) -> str:
    match = _LABEL.match(shape.lstrip("> "))
    return match[1].replace(" ", "") if match else ""


def _without_signature(lines: list[str]) -> list[str]:
    for index, line in enumerate(lines):
        if line.rstrip("\r") in {"-- ", "--"} and index > 0:
            lines = lines[:index]
            break
    end = len(lines)
    while end and (
        not lines[end - 1].strip() or DEVICE_SIGNATURES.match(_shape(lines[end - 1])) or _is_rule(lines[end - 1])
    ):
        end -= 1
    return lines[:end]


def _is_rule(line: str) -> bool:
    return len(line.strip()) >= 2 and not _DASHES.sub("", line)
