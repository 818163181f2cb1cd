"""Which conversation a mail belongs to: our own Message-IDs first, a signed token in the address or subject next.

A token names a thread and proves that we wrote it; a bare number in a stranger's subject never joins anything.
"""

import base64
import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass

from channels.mail.parsing.model import ParsedMail
from kit.secret_box import SecretBox

_PURPOSE = "mail thread"
_NAME_CHARS = 26  # 16 bytes in base 32
_TOKEN_CHARS = _NAME_CHARS + 16
_TOKEN = re.compile(rf"[a-z2-7]{{{_TOKEN_CHARS}}}", re.IGNORECASE)
_OWN_ID = re.compile(rf"^<axd\.([a-z2-7]{{{_TOKEN_CHARS}}})\.[^@<>]*@", re.IGNORECASE)
_SUBJECT_TAG = re.compile(rf"\[axd-([a-z2-7]{{{_TOKEN_CHARS}}})\]", re.IGNORECASE)
_MAX_LOCAL_CHARS = 64  # RFC 5321, 4.5.3.1.1


@dataclass(frozen=True, kw_only=True)
class ThreadMarks:
    """How a sent mail carries its thread, and how an answer is led back to it.

    A thread of a mail has a key of 32 hexadecimal digits; the key of a thread that began on another channel is hashed
    to that form.
    """

    box: SecretBox

    def token(self, thread_key: str) -> str:
        """42 letters and digits, safe in an address and after any change of case."""
        name = base64.b32encode(bytes.fromhex(mail_key(thread_key))).decode().rstrip("=").lower()
        return name + self.box.sign(_PURPOSE, name)

    def thread_key(self, token: str) -> str | None:
        """The key a token names; None when it is not one of ours."""
        if not _TOKEN.fullmatch(token):
            return None
        name = token[:_NAME_CHARS].lower()
        if not self.box.verify(_PURPOSE, name, token[_NAME_CHARS:]):
            return None
        return base64.b32decode(name.upper() + "======").hex()

    def message_id(self, thread_key: str, unique: str, domain: str) -> str:
        """Our Message-ID: the same for the same arguments, so that every attempt bears the same one."""
        return f"<axd.{self.token(thread_key)}.{unique}@{domain}>"

    def reply_address(self, address: str, thread_key: str) -> str:
        """`local+token@domain`; cut back to the plain address where the local part would become too long."""
        local, _, domain = address.rpartition("@")
        marked = f"{local}+{self.token(thread_key)}"
        return f"{marked}@{domain}" if len(marked) <= _MAX_LOCAL_CHARS else address

    def subject(self, subject: str, thread_key: str) -> str:
        """The subject with its tag, for mail servers without plus addresses."""
        return f"{_SUBJECT_TAG.sub('', subject).strip()} [AXD-{self.token(thread_key)}]"

    def thread_of(self, mail: ParsedMail) -> str | None:
        """The thread of ours that this mail answers, by the strongest proof it carries; None for a new approach."""
        candidates = [
            *_own_ids(reversed(mail.references)),
            *_plus_tokens(item.address for item in mail.recipients),
            *_SUBJECT_TAG.findall(mail.subject),
        ]
        found = (self.thread_key(token) for token in candidates)
        return next((thread_key for thread_key in found if thread_key), None)

    def is_own(self, message_id: str | None) -> bool:
        """Whether we wrote the mail with this Message-ID: then it came back to us."""
        return any(self.thread_key(token) for token in _own_ids([message_id or ""]))


def plain_subject(subject: str) -> str:
    """A subject without our tag, for people to read."""
    return _SUBJECT_TAG.sub("", subject).strip()


def mail_key(thread_key: str) -> str:
    """`thread_key` as 32 hexadecimal digits."""
    return thread_key if re.fullmatch(r"[0-9a-f]{32}", thread_key) else _digest(thread_key)


def foreign_thread_key(mail: ParsedMail, account: str, sender: str) -> str:
    """The key of a conversation that the citizen began: mailbox, sender and the oldest Message-ID that the mail names.

    The sender is part of it: two strangers who answer the same newsletter are not one conversation.
    """
    root = next(iter(mail.references), None) or mail.message_id or mail.body_hash
    return _digest(f"{account}\n{sender.lower()}\n{root}")


def own_references(mail: ParsedMail) -> list[str]:
    """The Message-IDs among the references that have our form, latest first."""
    return [message_id for message_id in reversed(mail.references) if _OWN_ID.match(message_id)]


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def _own_ids(message_ids: Iterable[str]) -> list[str]:
    matches = (_OWN_ID.match(message_id) for message_id in message_ids)
    return [match[1] for match in matches if match]


def _plus_tokens(addresses: Iterable[str]) -> list[str]:
    locals_ = (address.rpartition("@")[0] for address in addresses)
    return [local.rpartition("+")[2] for local in locals_ if "+" in local]
