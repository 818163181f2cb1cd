"""Passwords: Argon2id (RFC 9106, low-memory profile), never hashed on the event loop."""

import asyncio
import secrets

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError

from kit.errors import Invalid

_HASHER = PasswordHasher(time_cost=3, memory_cost=65536, parallelism=4, hash_len=32, salt_len=16)
# The hash of a password that nobody knows: a login that does not exist costs the same work as one that does.
UNKNOWN = "$argon2id$v=19$m=65536,t=3,p=4$QxRbtfYP/dXLoTmNYk03Tg$xRQxSbHGtgY3J2p172ujq+CN3zvgYZm41bdFoT4o8gk"
SHORTEST = 10
_LEGIBLE = "abcdefghjkmnpqrstuvwxyz23456789"
_GROUPS, _GROUP_CHARS = 4, 4


def one_time_password() -> str:
    """A random password of 79 bits that can be read out and typed: four groups without look-alike characters."""
    groups = ("".join(secrets.choice(_LEGIBLE) for _ in range(_GROUP_CHARS)) for _ in range(_GROUPS))
    return "-".join(groups)


async def hash_password(password: str) -> str:
    return await asyncio.to_thread(_HASHER.hash, password)


async def matches(password_hash: str, password: str) -> bool:
    """Whether `password` is the one; takes the same time whatever the answer."""
    return await asyncio.to_thread(_matches, password_hash, password)


def _matches(password_hash: str, password: str) -> bool:
    try:
        return _HASHER.verify(password_hash, password)
    except (VerifyMismatchError, InvalidHashError):
        return False


def require_strength(password: str, login: str) -> None:
    """Raises `Invalid` (code `weak_password`) for a password that is short, monotonous or holds the login."""
    monotonous = len(set(password)) < SHORTEST // 2
    if len(password) < SHORTEST or monotonous or login.lower() in password.lower():
        raise Invalid(
            f"At least {SHORTEST} characters, not few repeated ones, and without the login.", code="weak_password"
        )
