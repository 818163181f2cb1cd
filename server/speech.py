"""What the commands say to the operator, in Chinese or English."""

from collections.abc import Callable

from server.settings import Language

Say = Callable[[str, str], str]


def speaker(language: Language) -> Say:
    """A function that picks the Chinese or the English sentence."""

    def say(chinese: str, english: str) -> str:
        return chinese if language == "zh-CN" else english

    return say
