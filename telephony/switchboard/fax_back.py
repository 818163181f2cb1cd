"""What a fax on the caller's own call needs of the rooms above and of the engine."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from telephony.fax import FaxPort


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """What is to be on the pages."""

    title: str
    text: str
    language: str
    recipient: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FaxBack:
    """`draw`: the pages of a sheet as a TIFF that `port` takes; raises `AppError` where they cannot be drawn."""

    draw: Callable[[Sheet], Awaitable[bytes]]
    port: FaxPort
