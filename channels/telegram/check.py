"""Does a bot work? Tried for real, said in the operator's language."""

from channels.adapter import ChannelUnavailable, Health, MessageRejected
from channels.telegram.account import Bot
from channels.telegram.clients import Bots
from channels.telegram.tables import BotMode

_WORDS = {
    "zh-CN": {
        "bad": "无法使用：{error}请检查令牌和到 Telegram 的网络连接。",
        "webhook": "Telegram 尚未使用本平台的回调地址（现为“{url}”）。请确认 AXD_PUBLIC_URL 是公网可达的 https 地址。",
        "posting": "Telegram 推送失败：{error}。请检查公网地址、证书和反向代理。",
        "good": "@{username} 正常。",
    },
    "en": {
        "bad": "It cannot be used: {error} Check the token and the network's way to Telegram.",
        "webhook": "Telegram does not use this platform's address yet (now “{url}”). AXD_PUBLIC_URL must be an https "
        "address that the internet reaches.",
        "posting": "Telegram cannot post to us: {error}. Check public address, certificate and proxy.",
        "good": "@{username} works.",
    },
}


async def check_bot(bot: Bot, bots: Bots, address: str, language: str = "zh-CN") -> Health:
    """Ask Telegram who the bot is and, with a webhook, where it posts to; nothing is sent. At most half a minute."""
    words = _WORDS["en" if language.startswith("en") else "zh-CN"]
    try:
        me = await bots.ask(bot, lambda client: client.get_me())
        info = await bots.ask(bot, lambda client: client.get_webhook_info())
    except (ChannelUnavailable, MessageRejected) as error:
        return Health(ok=False, detail=words["bad"].format(error=error.detail))
    if bot.mode == BotMode.WEBHOOK and info.url != address:
        return Health(ok=False, detail=words["webhook"].format(url=info.url))
    if bot.mode == BotMode.WEBHOOK and info.last_error_message and info.pending_update_count:
        return Health(ok=False, detail=words["posting"].format(error=info.last_error_message))
    return Health(ok=True, detail=words["good"].format(username=me.username))
