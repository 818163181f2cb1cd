"""HTML of strangers: harmless, readable, and bounded in time."""

import time

import pytest

from channels.mail.parsing.markup import MAX_DEPTH, sanitise, to_text

HOSTILE = {
    "nested divs": "<div>" * 60_000,
    "formatting that is opened again in each paragraph": "<b a=1><p>" * 30_000,
    "closing what was never opened": "<a></b>" * 40_000,
    "a formatting element behind a marker": "<b><object></b></object>" * 40_000,
    "cells inside drawing": "<svg>" + "<td>" * 60_000,
    "tags inside comments that end early": "<!--><div>" * 60_000,
    "a tag that never ends": "<div " + "a " * 400_000,
    "only brackets": "<" * 400_000,
    "only entities": "&" * 60_000,
    "unclosed paragraphs": "<p>" * 60_000,
    "comments that never end": "<!--" * 60_000,
    "attributes behind a quoted bracket": '<div x=">" ' + " ".join(f"a{n}" for n in range(8_000)) + ">",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_html_is_done_at_once(name: str) -> None:
    started = time.process_time()
    sanitise(HOSTILE[name])
    to_text(HOSTILE[name])
    assert time.process_time() - started < 2


def test_what_nests_too_deep_is_left_out_and_its_text_kept() -> None:
    source = "<p>words</p>" + "<div>" * (MAX_DEPTH + 1) + "deep"
    assert sanitise(source).html == ""
    assert sanitise(source).defect == "html_nested_too_deep"
    assert to_text(source).split() == ["words", "deep"]


def test_what_clients_really_write_is_not_taken_for_nesting() -> None:
    table = "<table>" + "<tr><td><p>a<br><td>b" * 3_000 + "</table>"
    listing = "<ul>" + "<li>item" * 3_000 + "</ul>"
    assert sanitise(table).defect is None
    assert sanitise(listing).defect is None


@pytest.mark.parametrize(
    ("source", "clean"),
    [
        ("<p onclick=x()>a<script>b</script></p>", "<p>a</p>"),
        ('<a href="javascript:x()">a</a>', '<a rel="noopener noreferrer nofollow">a</a>'),
        ('<img src="https://a.example/p.gif">', '<img src="axd-remote:https://a.example/p.gif">'),
        ('<img src="cid:logo">', '<img src="cid:logo">'),
        ('<img src="data:text/html;base64,xx">', "<img>"),
        ("<style>p{}</style><p style='position:fixed'>a", "<p>a</p>"),
        ("<form action=x><input name=p>a</form>", "a"),
        ("<iframe src=x></iframe>a", "a"),
        ("a < b", "a &lt; b"),
    ],
)
def test_only_harmless_html_is_left(source: str, clean: str) -> None:
    assert sanitise(source).html == clean


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("<p>一</p><p>二</p>", "一\n\n二"),
        ("a<br>b", "a\nb"),
        ("<div>a&nbsp;&amp;&#x4e2d;</div>", "a &中"),
        ("<blockquote>q<br>r</blockquote>a", "> q\n> r\na"),
        ("<title>t</title><style>x</style>a", "a"),
        ("<table><tr><td>a</td><td>b</td></tr></table>", "a b"),
        ("x < y <!-- c -->z", "x < y z"),
    ],
)
def test_text_of_html(source: str, text: str) -> None:
    assert to_text(source) == text
