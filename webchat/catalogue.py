"""The sentences citizens read, by language: one TOML file each, the same keys in both (a test compares them)."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

FOLDER = Path(__file__).parent / "locales"
LANGUAGES = ("zh-CN", "en")
DEFAULT_LANGUAGE = LANGUAGES[0]


@cache
def sentences(language: str) -> Mapping[str, str]:
    """All sentences of one language by dotted key."""
    document = tomllib.loads((FOLDER / f"{language}.toml").read_text("utf-8"))
    return {f"{group}.{key}": text for group, entries in document.items() for key, text in entries.items()}


@dataclass(frozen=True, slots=True)
class Translator:
    """`t("home.title")` in one language. A missing key is a mistake in the program and raises KeyError."""

    language: str

    def __call__(self, key: str, **figures: object) -> str:
        return sentences(self.language)[key].format_map(figures) if figures else sentences(self.language)[key]

    @property
    def separator(self) -> str:
        return "，" if self.language == "zh-CN" else ", "

    @property
    def clause_separator(self) -> str:
        return "；" if self.language == "zh-CN" else "; "

    @property
    def other_language(self) -> str:
        return "en" if self.language == "zh-CN" else "zh-CN"


def choose_language(asked: str | None, remembered: str | None) -> str:
    """The language asked for in the address, else the one remembered in the cookie, else Chinese."""
    return next((str(wish) for wish in (asked, remembered) if wish in LANGUAGES), DEFAULT_LANGUAGE)
