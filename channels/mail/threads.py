"""Which conversation a mail belongs to: our own Message-IDs first, a signed token in the address or subject next.

A token names one message of ours and proves that we wrote it; a bare number in a stranger's subject never joins
anything. What a citizen began is told apart by sender and oldest Message-ID.
"""

import base64
import hashlib
import re
import uuid
from collections.abc import Iterable
from dataclasses import dataclass

from channels.mail.parsing.model import ParsedMail
from kit.secret_box import SecretBox

_PURPOSE = "mail reply"
_NAME_CHARS = 26  # 16 bytes in base 32
_TOKEN_CHARS = _NAME_CHARS + 16
_TOKEN = re.compile(rf"[a-z2-7]{{{_TOKEN_CHARS}}}", re.IGNORECASE)
_OWN_ID = re.compile(rf"^<axd\.([a-z2-7]{{{_TOKEN_CHARS}}})@", re.IGNORECASE)
_SUBJECT_TAG = re.compile(rf"\[axd-([a-z2-7]{{{_TOKEN_CHARS}}})\]", re.IGNORECASE)
_MAX_TAGGED_CHARS = 20_000
_MAX_LOCAL_CHARS = 64  # RFC 5321, 4.5.3.1.1


@dataclass(frozen=True, kw_only=True)
class ReplyMarks:
    """Writes our messages' ids (UUIDs) into mail and finds them again in what comes back."""

    box: SecretBox

    def token(self, message_id: str) -> str:
        """42 letters and digits, safe in an address and after any change of case."""
        name = base64.b32encode(uuid.UUID(message_id).bytes).decode().rstrip("=").lower()
        return name + self.box.sign(_PURPOSE, name)

    def message_of(self, token: str) -> str | None:
        """The message a token names; None when it is not one of ours."""
        name = token[:_NAME_CHARS].lower()
        if not _TOKEN.fullmatch(token) or not self.box.verify(_PURPOSE, name, token[_NAME_CHARS:]):
            return None
        return str(uuid.UUID(bytes=base64.b32decode(name.upper() + "======")))

    def header_id(self, message_id: str, domain: str) -> str:
        """Our Message-ID: the same for the same message, so that every attempt bears the same one."""
        return f"<axd.{self.token(message_id)}@{domain}>"

    def reply_address(self, address: str, message_id: str) -> str:
        """`local+token@domain`; the plain address where the local part would become too long."""
        local, _, domain = address.rpartition("@")
        marked = f"{local}+{self.token(message_id)}"
        return f"{marked}@{domain}" if len(marked) <= _MAX_LOCAL_CHARS else address

    def subject(self, subject: str, message_id: str) -> str:
        """The subject with a tag, for mail servers without plus addresses."""
        return f"{plain_subject(subject)} [AXD-{self.token(message_id)}]"

    def answered(self, mail: ParsedMail) -> list[str]:
        """The messages of ours that this mail answers, the strongest proof first; empty for a new approach."""
        tokens = [
            *_own_tokens(reversed(mail.references)),
            *_plus_tokens(item.address for item in mail.recipients),
            *_SUBJECT_TAG.findall(mail.subject),
        ]
        found = (self.message_of(token) for token in tokens)
        return list(dict.fromkeys(message_id for message_id in found if message_id))

    def tagged(self, text: str) -> list[str]:
        """The messages of ours whose tag stands in a text, as a gateway's notice repeats it."""
        found = (self.message_of(token) for token in _SUBJECT_TAG.findall(text[:_MAX_TAGGED_CHARS]))
        return list(dict.fromkeys(message_id for message_id in found if message_id))

    def own_message(self, header_id: str | None) -> str | None:
        """The message of ours with this Message-ID; None where it is not ours."""
        return next((self.message_of(token) for token in _own_tokens([header_id or ""])), None)


def plain_subject(subject: str) -> str:
    """A subject without our tag, for people to read."""
    return _SUBJECT_TAG.sub("", subject).strip()


def foreign_thread_key(mail: ParsedMail, account: str, sender: str) -> str:
    """The key of a conversation that the citizen began: mailbox, sender and the oldest Message-ID that the mail names.

    The sender is part of it: two strangers who answer the same newsletter are not one conversation.
    """
    root = next(iter(mail.references), None) or mail.message_id or mail.body_hash
    return "mail:" + digest(f"{account}\n{sender.lower()}\n{root}")


def digest(text: str) -> str:
    """32 hexadecimal digits of SHA-256."""
    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()[:32]


def _own_tokens(header_ids: Iterable[str]) -> list[str]:
    matches = (_OWN_ID.match(header_id) for header_id in header_ids)
    return [match[1] for match in matches if match]


def _plus_tokens(addresses: Iterable[str]) -> list[str]:
    names = (address.rpartition("@")[0] for address in addresses)
    return [name.rpartition("+")[2] for name in names if "+" in name]
