"""WeChat official accounts as a channel of AXD: a sample of a plug-in, complete."""

from axd_wechat.adapter import WeChatAdapter
from axd_wechat.settings import WeChatSettings
from channels.registry import ChannelParts


def make(parts: ChannelParts) -> WeChatAdapter:
    """The entry point. Raises `ValueError` for settings that cannot be."""
    return WeChatAdapter(parts, WeChatSettings.model_validate(dict(parts.settings)))
