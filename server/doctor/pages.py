"""Checks of calls from pages: a secure address, and servers that find a way through networks."""

import asyncio
import socket
from ipaddress import ip_address
from urllib.parse import urlsplit

from server.doctor.finding import Finding, good, warning, wrong
from server.settings import Settings
from server.speech import Say
from telephony.phones import IceServer, read_ice_servers


async def pages(settings: Settings, say: Say) -> list[Finding]:
    servers = read_ice_servers(settings.ice_servers)
    found = [_microphone(settings, say), _ways(settings, servers, say)]
    return [finding for finding in found if finding] + [
        finding for server in servers for finding in await _look_up(server, say)
    ]


def _is_local(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _microphone(settings: Settings, say: Say) -> Finding:
    mend = say("用反向代理提供 https,并设置 AXD_PUBLIC_URL", "offer https by a proxy, set AXD_PUBLIC_URL")
    address = urlsplit(settings.origin)
    is_here = _is_local(address.hostname or "")
    if is_here and not _is_local(settings.host):
        what = say(
            f"其他机器打开的网页拿不到麦克风,市民被告知的地址是 {settings.origin}",
            f"pages opened from other machines get no microphone, and citizens are told {settings.origin}",
        )
        return warning(what, mend)
    if address.scheme == "https" or is_here:
        return good(say("浏览器可以使用麦克风", "browsers give the microphone to our pages"))
    what = say(
        f"{settings.origin} 不是 https,浏览器不给网页用麦克风",
        f"{settings.origin} is not https: browsers give its pages no microphone",
    )
    return wrong(what, mend)


def _ways(settings: Settings, servers: tuple[IceServer, ...], say: Say) -> Finding | None:
    if any(server.is_relay and not (server.username and server.credential) for server in servers):
        what = say("TURN 服务器没有用户名或密码", "a TURN server has no user name or no password")
        return wrong(what, "AXD_ICE_SERVERS=turn:user:secret@host:3478")
    if any(server.is_relay for server in servers) or _is_local(urlsplit(settings.origin).hostname or ""):
        return good(say(f"通话用的 ICE 服务器 {len(servers)} 个", f"{len(servers)} ICE server(s) for calls"))
    what = say(
        "没有 TURN 服务器:防火墙后的市民可能没有声音", "no TURN server: citizens behind firewalls may hear nothing"
    )
    return warning(what, say("设置 AXD_ICE_SERVERS", "set AXD_ICE_SERVERS"))


async def _look_up(server: IceServer, say: Say) -> list[Finding]:
    unknown = []
    for url in server.urls:
        host = urlsplit(f"//{url.partition(':')[2]}").hostname
        try:
            await asyncio.get_running_loop().getaddrinfo(host, None, type=socket.SOCK_DGRAM)
        except OSError:
            what = say(f"找不到 ICE 服务器 {host}", f"the ICE server {host} has no address")
            unknown.append(wrong(what, say("检查 AXD_ICE_SERVERS", "check AXD_ICE_SERVERS")))
    return unknown
