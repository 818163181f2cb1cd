"""Identifiers that sort by time of creation."""

import secrets

from uuid_utils import uuid7


def new_id() -> str:
    """A UUIDv7 (RFC 9562) in its 36-character form."""
    return str(uuid7())


def new_token() -> str:
    """An unguessable URL-safe secret of 256 bits."""
    return secrets.token_urlsafe(32)
