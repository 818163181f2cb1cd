"""Does a mailbox work? Tried for real, said in the operator's language."""

from typing import TypeAlias

from channels.adapter import ChannelUnavailable, Health
from channels.mail.account import Account
from channels.mail.receiving.protocol import ConnectionLost
from channels.mail.receiving.session import ImapServer, LoginRejected, ServerRefused, connect
from channels.mail.sending.smtp import SmtpServer, probe
from channels.mail.tokens import TokenSource

_Fault: TypeAlias = tuple[str, str, ImapServer | SmtpServer]
_WORDS = {
    "zh-CN": {
        "token": "无法取得访问令牌:{error}。请检查令牌地址、客户端编号和刷新令牌。",
        "login": "收信服务器拒绝登录:{error}。请检查用户名和密码(或授权码)。",
        "folder": "没有文件夹“{folder}”:{error}。请检查文件夹名称。",
        "imap": "连不上收信服务器 {host}:{port}:{error}。请检查地址、端口和加密方式。",
        "smtp": "发信服务器 {host}:{port} 不可用:{error}。请检查地址、端口、加密方式和密码。",
        "good": "收信和发信均正常。",
    },
    "en": {
        "token": "No access token can be had: {error}. Check token address, client id and refresh token.",
        "login": "The IMAP server refuses the login: {error}. Check user name and password.",
        "folder": "There is no folder “{folder}”: {error}. Check its name.",
        "imap": "The IMAP server {host}:{port} cannot be reached: {error}. Check address, port and encryption.",
        "smtp": "The SMTP server {host}:{port} does not work: {error}. Check address, port, encryption and password.",
        "good": "Receiving and sending both work.",
    },
}


async def check_account(account: Account, tokens: TokenSource, language: str = "zh-CN") -> Health:
    """Log in both ways and open the folder; nothing is read or sent. At most about a minute."""
    fault = await _imap_fault(account, tokens) or await _smtp_fault(account, tokens)
    key, error, server = fault or ("good", "", account.imap)
    words = _WORDS["en" if language.startswith("en") else "zh-CN"][key]
    detail = words.format(error=error, folder=account.folder, host=server.host, port=server.port)
    return Health(ok=fault is None, detail=detail)


async def _imap_fault(account: Account, tokens: TokenSource) -> _Fault | None:
    try:
        credentials = await tokens.credentials(account)
    except ChannelUnavailable as error:
        return "token", str(error), account.imap
    try:
        session = await connect(account.imap, credentials)
    except LoginRejected as error:
        return "login", str(error), account.imap
    except (ConnectionLost, ServerRefused, OSError, TimeoutError) as error:
        return "imap", str(error) or type(error).__name__, account.imap
    try:
        await session.select(account.folder)
    except ServerRefused as error:
        return "folder", str(error), account.imap
    except ConnectionLost as error:
        return "imap", str(error), account.imap
    finally:
        await session.close()
    return None


async def _smtp_fault(account: Account, tokens: TokenSource) -> _Fault | None:
    try:
        await probe(account.smtp, await tokens.credentials(account))
    except ChannelUnavailable as error:
        return "smtp", str(error), account.smtp
    return None
