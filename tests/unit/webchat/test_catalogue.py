"""Both languages are complete, and every sentence is used."""

import re
from pathlib import Path
from string import Formatter

import webchat
from webchat.catalogue import LANGUAGES, choose_language, sentences

ROOM = Path(webchat.__file__).parent
SOURCES = [*ROOM.glob("*.py"), *ROOM.glob("templates/*.html")]
# Keys that are put together from a prefix and a value of a closed list, in a template or in Python.
PREFIXES = re.compile(r"""["'](?P<prefix>[a-z_]+\.[a-z_]*)(?:["']\s*~|\{)""")


def placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name}


def test_the_languages_have_the_same_sentences_with_the_same_figures() -> None:
    chinese, english = (sentences(language) for language in LANGUAGES)
    assert set(chinese) == set(english)
    assert {key: placeholders(chinese[key]) for key in chinese} == {key: placeholders(english[key]) for key in english}


def test_no_sentence_is_empty_or_in_the_other_language() -> None:
    han = re.compile(r"[㐀-鿿]")
    assert [key for key, text in sentences("en").items() if han.search(text) and key != "site.other_language"] == []
    # Examples and names of things may be Latin, a whole sentence may not.
    latin = [key for key, text in sentences("zh-CN").items() if not han.search(text)]
    assert set(latin) <= {"site.other_language", "home.address_hint"}


def test_every_sentence_that_a_page_asks_for_exists() -> None:
    asked = {
        key
        for path in SOURCES
        for key in re.findall(r"""\bt\(\s*["']([a-z_]+\.[a-z_0-9]+)["']\s*[,)]""", path.read_text("utf-8"))
    }
    assert asked - set(sentences("zh-CN")) == set()
    assert len(asked) > 100


def test_every_sentence_is_asked_for() -> None:
    text = "\n".join(path.read_text("utf-8") for path in SOURCES)
    prefixes = ("privacy.", "accessibility.", *(match["prefix"] for match in PREFIXES.finditer(text)))
    unused = [
        key
        for key in sentences("zh-CN")
        if f'"{key}"' not in text and f"'{key}'" not in text and not key.startswith(prefixes)
    ]
    assert unused == []


def test_chinese_comes_first() -> None:
    assert choose_language(None, None) == "zh-CN"
    assert choose_language("en", None) == "en"
    assert choose_language(None, "en") == "en"
    assert choose_language("zh-CN", "en") == "zh-CN"
    assert choose_language("<script>", "xx") == "zh-CN"
