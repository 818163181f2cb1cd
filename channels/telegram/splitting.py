"""Long texts in pieces that Telegram takes."""

# https://core.telegram.org/bots/api#sendmessage; counted as Telegram counts, in UTF-16 code units.
MAX_UNITS = 4096
_BREAKS = ("\n\n", "\n", "。", "！", "？", ". ", "；", "，", " ")


def split(text: str, limit: int = MAX_UNITS) -> list[str]:
    """`text` in pieces of at most `limit` units, cut where a reader would pause; only white space is left out."""
    pieces = []
    rest = text.strip()
    while _units(rest) > limit:
        head = _head(rest, limit)
        pieces.append(head.rstrip())
        rest = rest[len(head) :].lstrip()
    return [piece for piece in (*pieces, rest) if piece]


def _head(text: str, limit: int) -> str:
    longest = text[:limit]
    while _units(longest) > limit:
        longest = longest[: len(longest) - max(1, (_units(longest) - limit) // 2)]
    for mark in _BREAKS:
        end = longest.rfind(mark)
        if end >= len(longest) // 2:
            return longest[: end + len(mark)]
    return longest


def _units(text: str) -> int:
    return len(text) + sum(character > "\uffff" for character in text)
