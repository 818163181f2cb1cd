"""Encryption on the way to a mail server."""

import ssl
from functools import cache


@cache
def tls_context(verify: bool) -> ssl.SSLContext:
    """TLS as the system trusts it; without verification only where an operator said so for this mailbox.

    Made once: reading the system's certificates takes as long as sending a mail.
    """
    context = ssl.create_default_context()
    if not verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context
