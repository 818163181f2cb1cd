"""HTML of strangers: capped first, then sanitised; text out of it in linear time.

The sanitiser is quadratic in nesting and in the attributes of one tag, so both are bounded before it sees anything.
The scanner ends a tag at its first `>`: a browser may end it later, never earlier, so every element that a browser
would open is counted here too.
"""

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass

import nh3

MAX_HTML_CHARS = 500_000
MAX_DEPTH = 400
MAX_TAG_CHARS = 8_000
REMOTE_PREFIX = "axd-remote:"

_VOID = frozenset(
    {
        "area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source",
        "track", "wbr",
    }
)  # fmt: skip
_HIDDEN = frozenset({"style", "script", "title", "xml", "template", "noscript"})
_BREAKS = frozenset(
    {
        "p", "div", "br", "tr", "li", "ul", "ol", "table", "blockquote", "h1", "h2", "h3", "h4", "h5", "h6",
        "hr", "section", "article", "pre", "dd", "dt",
    }
)  # fmt: skip
# Opening one of these ends the element on top of the stack when that is one of its closers.
_ENDS: dict[str, frozenset[str]] = {
    **dict.fromkeys(["p", "div", "ul", "ol", "dl", "blockquote", "center", "pre", "h1", "h2", "h3"], frozenset({"p"})),
    **dict.fromkeys(["td", "th"], frozenset({"td", "th", "p"})),
    **dict.fromkeys(["dt", "dd"], frozenset({"dt", "dd", "p"})),
    "tr": frozenset({"td", "th", "tr", "p"}),
    "li": frozenset({"li", "p"}),
    "option": frozenset({"option"}),
}
_OPTIONAL_ENDS = frozenset({"p", "li", "td", "th", "tr", "option", "dt", "dd"})
_FOREIGN = frozenset({"svg", "math"})
_BRACKETS = re.compile(r"<+(?![A-Za-z/!?<])")
_TAG_NAME = re.compile(r"</?([A-Za-z][^\s/>]{0,40})")
_TAGS = frozenset(
    {
        "a", "abbr", "b", "blockquote", "br", "caption", "center", "cite", "code", "col", "colgroup", "dd",
        "del", "div", "dl", "dt", "em", "font", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "i", "img", "ins",
        "li", "ol", "p", "pre", "q", "s", "small", "span", "strike", "strong", "sub", "sup", "table", "tbody",
        "td", "tfoot", "th", "thead", "tr", "tt", "u", "ul",
    }
)  # fmt: skip
_ATTRIBUTES: dict[str, set[str]] = {
    "*": {"align", "dir", "lang", "title"},
    "a": {"href"},
    "font": {"color", "size"},
    "img": {"src", "alt", "width", "height"},
    "ol": {"start"},
    "td": {"colspan", "rowspan", "valign"},
    "th": {"colspan", "rowspan", "valign"},
}


@dataclass(frozen=True, kw_only=True)
class CleanHtml:
    """`html` is safe to show; empty together with a `defect` where it was beyond the limits."""

    html: str
    defect: str | None = None


def sanitise(source: str) -> CleanHtml:
    """Safe HTML: no scripts, styles or forms; a remote image keeps its address behind `axd-remote:`, so that no
    browser loads it by itself; images of the mail keep their `cid:`."""
    capped, cut = source[:MAX_HTML_CHARS], len(source) > MAX_HTML_CHARS
    bounded = _bounded(capped)
    if bounded is None:
        return CleanHtml(html="", defect="html_nested_too_deep")
    cleaned = nh3.clean(
        bounded,
        tags=set(_TAGS),
        attributes=_ATTRIBUTES,
        clean_content_tags={"script", "style", "title", "noscript", "template"},
        url_schemes={"http", "https", "mailto", "tel", "cid", REMOTE_PREFIX.rstrip(":")},
        attribute_filter=_filter_attribute,
        link_rel="noopener noreferrer nofollow",
    )
    return CleanHtml(html=cleaned, defect="html_truncated" if cut else None)


def to_text(source: str) -> str:
    """Readable text; quoted blocks get `> ` before each line, as in a text mail."""
    lines = _LineBuilder()
    hidden: str | None = None
    for kind, value in _tokens(source[:MAX_HTML_CHARS]):
        if kind == "text":
            if hidden is None:
                lines.add(html.unescape(value))
        elif hidden is not None:
            hidden = None if kind == "close" and value == hidden else hidden
        elif kind == "open" and value in _HIDDEN:
            hidden = value
        else:
            lines.tag(kind, value)
    return lines.text()


class _LineBuilder:
    _MAX_QUOTE_DEPTH = 5

    def __init__(self) -> None:
        self._lines: list[str] = []
        self._current: list[str] = []
        self._quotes = 0

    def add(self, text: str) -> None:
        self._current.append(re.sub(r"[ \t\r\n\f]+", " ", text))

    def tag(self, kind: str, name: str) -> None:
        if name in _BREAKS:
            self._end_line(paragraph=kind == "close" and name == "p")
        elif name in {"td", "th"} and kind == "open":
            self._current.append(" ")
        if name == "blockquote":
            self._quotes = max(0, self._quotes + (1 if kind == "open" else -1))

    def text(self) -> str:
        self._end_line()
        return re.sub(r"\n{3,}", "\n\n", "\n".join(self._lines)).strip()

    def _end_line(self, *, paragraph: bool = False) -> None:
        line = "".join(self._current).replace("\xa0", " ").strip()
        self._current.clear()
        if line or (self._lines and self._lines[-1].strip("> ")):
            prefix = "> " * min(self._quotes, self._MAX_QUOTE_DEPTH)
            self._lines.append((prefix + line).rstrip() if line else "")
        if paragraph and line:
            self._lines.append("")


def _tokens(source: str) -> Iterator[tuple[str, str]]:
    """("text", text), ("open", name) and ("close", name); comments and declarations are dropped. Linear."""
    position = 0
    while (start := source.find("<", position)) >= 0:
        if start > position:
            yield "text", source[position:start]
        match = _TAG_NAME.match(source, start)
        if not match and not source.startswith(("<!", "<?", "</"), start):
            end = _BRACKETS.match(source, start)
            position = end.end() if end else start + 1
            yield "text", source[start:position]
            continue
        position = _tag_end(source, start)
        if match:
            yield ("close" if source[start + 1] == "/" else "open"), match[1].lower()
    if position < len(source):
        yield "text", source[position:]


def _tag_end(source: str, start: int) -> int:
    if source.startswith("<!--", start):
        end = source.find("-->", start + 2)
        return end + 3 if end >= 0 else len(source)
    end = source.find(">", start)
    return end + 1 if end >= 0 else len(source)


def _bounded(source: str) -> str | None:
    """`source` without oversized tags, or None where it nests deeper than MAX_DEPTH."""
    kept: list[str] = []
    stack: list[str] = []
    foreign = False
    position = 0
    while (start := source.find("<", position)) >= 0:
        match = _TAG_NAME.match(source, start)
        if not match:
            brackets = _BRACKETS.match(source, start)
            end = brackets.end() if brackets else start + 1
            kept.append(source[position:end])
            position = end
            continue
        end = source.find(">", start)
        end = len(source) if end < 0 else end + 1
        kept.append(source[position : end if end - start <= MAX_TAG_CHARS else start])
        name = match[1].lower()
        foreign = foreign or name in _FOREIGN
        _step(stack, name, closing=source[start + 1] == "/", foreign=foreign)
        if len(stack) > MAX_DEPTH:
            return None
        position = end
    kept.append(source[position:])
    return "".join(kept)


def _step(stack: list[str], name: str, *, closing: bool, foreign: bool) -> None:
    """Keep an upper bound of the open elements: a close counts only where it matches the innermost one."""
    if closing:
        while not foreign and stack and name != stack[-1] and stack[-1] in _OPTIONAL_ENDS and name in stack[-6:]:
            stack.pop()
        if stack and stack[-1] == name:
            stack.pop()
        return
    while not foreign and stack and stack[-1] in _ENDS.get(name, ()):
        stack.pop()
    if name not in _VOID:
        stack.append(name)


def _filter_attribute(tag: str, attribute: str, value: str) -> str | None:
    if (tag, attribute) != ("img", "src"):
        return value
    scheme = value.strip().lower()
    if scheme.startswith("cid:"):
        return value.strip()
    return REMOTE_PREFIX + value.strip() if scheme.startswith(("http://", "https://")) else None
