"""Check of the way on which pages speak SIP with Asterisk: as browsers reach it, from this machine."""

from websockets.asyncio.client import connect
from websockets.exceptions import WebSocketException
from websockets.typing import Subprotocol

from server.doctor.finding import Finding, good, warning, wrong
from server.settings import Settings
from server.speech import Say

TIMEOUT_S = 5.0
SIP = Subprotocol("sip")


async def sip_pages(settings: Settings, say: Say) -> Finding:
    """Of an installation whose calls Asterisk carries."""
    url = settings.asterisk.websocket_url
    if not url:
        what = say("网页不能通话", "pages cannot make or take calls")
        return warning(what, say("设置 AXD_ASTERISK__WEBSOCKET_URL", "set AXD_ASTERISK__WEBSOCKET_URL"))
    if settings.origin.startswith("https:") and not url.startswith("wss:"):
        what = say(f"https 网页连不上 {url}", f"a page of an https address may not connect to {url}")
        return wrong(what, say("改用 wss:// 地址", "use an address of wss://"))
    try:
        async with connect(url, subprotocols=[SIP], open_timeout=TIMEOUT_S, proxy=None) as socket:
            spoken = socket.subprotocol
    except (OSError, TimeoutError, WebSocketException) as error:
        what = say(f"{url} 连不上({type(error).__name__})", f"{url} cannot be reached ({type(error).__name__})")
        mend = say("代理须把 /ws 转发到 Asterisk 的 HTTP 端口", "the proxy has to pass /ws on to Asterisk's HTTP port")
        return wrong(what, mend)
    if spoken != SIP:
        what = say(f"{url} 上没有 SIP", f"no SIP is spoken at {url}")
        return wrong(what, say("检查代理的目标", "look at where the proxy leads"))
    return good(say(f"网页经 {url} 通话", f"pages call by {url}"))
