"""Channels that others add: an installed distribution names a factory in the entry point group `axd.channels`.

The entry point's name is the channel's. A plug-in is made when the operator gives settings for it (AXD_CHANNELS); what
it makes is an adapter like ours (`channels.adapter`). See docs/adding-a-channel.md.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib.metadata import EntryPoint, entry_points
from typing import Any, Protocol, runtime_checkable

from pydantic import ValidationError
from redis.asyncio import Redis

from channels.adapter import Adapter
from channels.status_answers import StatusAnswers
from kit.access import Access
from kit.blobs import BlobStore
from kit.secret_box import SecretBox
from kit.unit_of_work import Database
from kit.wake import Waker
from router.contact import Channel
from router.ports import LiveConnector
from router.service import Router

GROUP = "axd.channels"
PREFIX = "/channels"
LONGEST_NAME_CHARS = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelParts:
    """What the platform lends to an adapter; all of it is shared and closed by the platform.

    `status` answers number and PIN with words. `url` is where the adapter's routes are reached from outside, without a
    final slash. `settings` are the operator's, as strings, numbers and lists of JSON; secrets stand there in clear.
    """

    database: Database
    access: Access
    redis: Redis
    blobs: BlobStore
    secret_box: SecretBox
    waker: Waker
    router: Router
    status: StatusAnswers
    url: str
    settings: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelName:
    """What pages call the channel."""

    zh: str
    en: str


class PluginAdapter(Adapter, Protocol):
    """An adapter of a plug-in: besides `run`, `routes`, or `connect` and `release`, it says what it is called.

    An adapter that holds connections of its own has an async `close`.
    """

    name: ChannelName


@runtime_checkable
class LivePlugin(LiveConnector, Protocol):
    """One that is told when an agent accepts, and when nobody has the contact any more."""


Factory = Callable[[ChannelParts], PluginAdapter]


class BadPlugin(Exception):
    """What is wrong with a plug-in or its settings, for the operator: the process does not start without it."""


def installed() -> dict[str, EntryPoint]:
    """The plug-ins of this environment by channel. Nothing of them is imported."""
    return {point.name: point for point in entry_points(group=GROUP)}


def make_plugins(
    configured: Mapping[str, Mapping[str, Any]], parts: Callable[[str, Mapping[str, Any]], ChannelParts]
) -> dict[str, PluginAdapter]:
    """The adapters of `configured` (channel to settings). Raises `BadPlugin`."""
    found = installed()
    return {channel: _make(channel, found, parts(channel, settings)) for channel, settings in configured.items()}


def _make(channel: str, found: Mapping[str, EntryPoint], parts: ChannelParts) -> PluginAdapter:
    if channel in set(Channel) or len(channel) > LONGEST_NAME_CHARS:
        raise BadPlugin(f"{channel}: a channel of the platform's own, or a name above {LONGEST_NAME_CHARS} characters")
    if channel not in found:
        raise BadPlugin(f"{channel}: no plug-in of this name is installed; there are: {', '.join(sorted(found))}")
    try:
        factory: Factory = found[channel].load()
        adapter = factory(parts)
    except Exception as error:
        # Whatever it is, it is the plug-in's: the operator is told which one.
        raise BadPlugin(f"{channel}: {_told(error)}") from error
    if adapter.channel != channel:
        raise BadPlugin(f"{channel}: its adapter calls itself {adapter.channel}")
    return adapter


def _told(error: Exception) -> str:
    if not isinstance(error, ValidationError):
        return f"{type(error).__name__}: {error}"
    # Its own words repeat the values, and those may be secrets.
    return "; ".join(f"{'.'.join(map(str, item['loc']))}: {item['msg']}" for item in error.errors())
