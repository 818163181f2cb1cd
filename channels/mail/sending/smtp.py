"""Handing one mail over to an SMTP server, with its refusals told apart: for now, or for good."""

from dataclasses import dataclass

import aiosmtplib

from channels.adapter import ChannelUnavailable, MessageRejected
from channels.mail.credentials import Credentials
from channels.mail.tls import tls_context

SENDER_REFUSED = "sender_refused"


@dataclass(frozen=True, kw_only=True)
class SmtpServer:
    """`security` is tls, starttls or none; `timeout_s` bounds each step."""

    host: str
    port: int
    security: str = "starttls"
    verify_certificate: bool = True
    timeout_s: float = 30.0


async def hand_over(
    server: SmtpServer, credentials: Credentials | None, data: bytes, *, envelope_from: str, recipient: str
) -> str:
    """Send `data` to one recipient; returns what the server said. `envelope_from` may be empty: the null sender.

    Raises `MessageRejected` for a final refusal, `ChannelUnavailable` for all that may pass. A connection that breaks
    after the data leaves the outcome unknown: send the same Message-ID again.
    """
    client = _client(server)
    try:
        await client.connect()
        await _log_in(client, credentials)
        _, answer = await client.sendmail(envelope_from, [recipient], data)
    except (aiosmtplib.SMTPException, OSError, TimeoutError) as error:
        raise _translated(error) from error
    except ValueError as error:
        raise MessageRejected(f"The address cannot be used: {error}") from error
    else:
        return answer
    finally:
        client.close()


async def probe(server: SmtpServer, credentials: Credentials | None) -> None:
    """Connect and log in, nothing more. Raises `ChannelUnavailable`."""
    client = _client(server)
    try:
        await client.connect()
        await _log_in(client, credentials)
        await client.quit()
    except (aiosmtplib.SMTPException, OSError, TimeoutError) as error:
        raise ChannelUnavailable(_words(error)) from error
    finally:
        client.close()


def _client(server: SmtpServer) -> aiosmtplib.SMTP:
    return aiosmtplib.SMTP(
        hostname=server.host,
        port=server.port,
        use_tls=server.security == "tls",
        start_tls=server.security == "starttls",
        tls_context=tls_context(server.verify_certificate) if server.security != "none" else None,
        timeout=server.timeout_s,
    )


async def _log_in(client: aiosmtplib.SMTP, credentials: Credentials | None) -> None:
    """Without a secret nothing is shown: a relay that trusts this machine."""
    if credentials is None:
        return
    if credentials.access_token is not None:
        await client.auth_xoauth2(credentials.user, credentials.access_token)
    elif credentials.password:
        await client.login(credentials.user.encode(), credentials.password.encode())


def _translated(error: Exception) -> ChannelUnavailable | MessageRejected:
    refused = error.recipients[0] if isinstance(error, aiosmtplib.SMTPRecipientsRefused) else error
    final = (aiosmtplib.SMTPRecipientRefused, aiosmtplib.SMTPSenderRefused, aiosmtplib.SMTPDataError)
    if isinstance(refused, final) and 500 <= refused.code < 600:
        code = SENDER_REFUSED if isinstance(refused, aiosmtplib.SMTPSenderRefused) else None
        return MessageRejected(_words(refused), code=code)
    if isinstance(refused, aiosmtplib.SMTPNotSupported):
        return MessageRejected(_words(refused))
    return ChannelUnavailable(_words(refused))


def _words(error: Exception) -> str:
    if isinstance(error, aiosmtplib.SMTPResponseException):
        return f"{error.code} {error.message}"[:400]
    return str(error)[:400] or type(error).__name__
