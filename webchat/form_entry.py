"""What stands in the form, and what is wrong with it."""

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from records.citizens.masking import mask_address
from webchat.catalogue import Translator
from webchat.pages import FieldErrors
from webchat.settings import UploadSettings

KINDS = ("inquiry", "complaint", "suggestion", "report", "application")
WAYS = ("sms", "phone", "mail", "self")
TEXT_MESSAGE = WAYS[0]
REPORT = "report"
ANONYMOUS = "anonymous"
MOBILE = re.compile(r"1[3-9]\d{9}")
MOBILE_DIGITS = 11
MAIL = re.compile(r"[^@\s,;<>\"]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?(?:\.[A-Za-z0-9-]+)+")


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptFile:
    """A file that arrived with the form and waits for it to be right."""

    key: str
    filename: str
    media_type: str
    size_bytes: int
    sha256: str

    def as_attachment(self) -> dict[str, Any]:
        return {
            "filename": self.filename,
            "media_type": self.media_type,
            "size_bytes": self.size_bytes,
            "blob_key": self.key,
            "sha256": self.sha256,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class FormEntry:
    kind: str = KINDS[0]
    identity: str = "named"
    own_staff: bool = False
    subject: str = ""
    text: str = ""
    name: str = ""
    title_of: str = ""
    reply: str = WAYS[-1]
    phone: str = ""
    mail: str = ""
    confidential: bool = False
    files: tuple[KeptFile, ...] = field(default=())

    @classmethod
    def from_post(cls, values: Mapping[str, object]) -> "FormEntry":
        """The fields as they were typed; choices outside the lists count as not made."""

        def text(name: str) -> str:
            return str(values.get(name) or "").strip()

        kind = text("kind")
        return cls(
            kind=kind if kind in KINDS else "",
            identity=ANONYMOUS if text("identity") == ANONYMOUS else "named",
            own_staff=bool(text("own_staff")),
            subject=" ".join(text("subject").split()),
            text=text("text").replace("\r\n", "\n"),
            name=" ".join(text("name").split()),
            title_of=text("title_of") if text("title_of") in ("mr", "ms") else "",
            reply=text("reply") if text("reply") in WAYS else WAYS[-1],
            phone=text("phone"),
            mail=text("mail"),
            confidential=bool(text("confidential")),
        )

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> "FormEntry":
        return replace(cls(**{**value, "files": ()}), files=tuple(KeptFile(**file) for file in value["files"]))

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    @property
    def is_report(self) -> bool:
        return self.kind == REPORT

    @property
    def is_anonymous(self) -> bool:
        return self.is_report and self.identity == ANONYMOUS

    @property
    def mobile(self) -> str:
        """The digits of the mobile number, without the country's 86."""
        digits = re.sub(r"\D", "", self.phone)
        return digits.removeprefix("86") if len(digits) == MOBILE_DIGITS + 2 else digits

    @property
    def address(self) -> tuple[str, str] | None:
        """Where the answer goes, as (kind, value); None when it is looked up on the status page."""
        if self.is_anonymous:
            return None
        if self.reply in ("sms", "phone"):
            return "phone", self.mobile
        return ("mail", self.mail.lower()) if self.reply == "mail" else None

    @property
    def masked_address(self) -> str:
        return mask_address(*self.address) if self.address else ""

    def answered_by(self, ways: Sequence[str]) -> "FormEntry":
        """The same without a promise that cannot be kept: where no text message goes out, we call instead."""
        return replace(self, reply="phone") if self.reply == TEXT_MESSAGE and TEXT_MESSAGE not in ways else self

    def without_identity(self) -> "FormEntry":
        """An anonymous report as it is stored: who wrote is not kept anywhere, whatever was typed."""
        if not self.is_anonymous:
            return self
        return replace(self, name="", title_of="", phone="", mail="", reply=WAYS[-1], confidential=False)

    def fingerprint(self) -> str:
        """Equal for equal content: the same form sent twice is one matter, a changed one is another."""
        content = json.dumps(self.as_json(), ensure_ascii=False, sort_keys=True)
        return hashlib.sha256(content.encode()).hexdigest()[:16]


def offered_ways(*, text_messages: bool) -> tuple[str, ...]:
    """What the page offers: nobody is promised a text message while there is no channel that sends one."""
    return WAYS if text_messages else WAYS[1:]


def check(entry: FormEntry, t: Translator, limits: UploadSettings) -> FieldErrors:
    """Sentences by field, in the order of the form."""
    errors = FieldErrors()
    if not entry.kind:
        errors["kind"] = t("error_field.kind")
    if not entry.subject:
        errors["subject"] = t("error_field.subject_missing")
    elif len(entry.subject) > limits.subject_chars:
        errors["subject"] = t("error_field.subject_long", limit=limits.subject_chars, count=len(entry.subject))
    if not entry.text:
        errors["text"] = t("error_field.text_missing")
    elif len(entry.text) > limits.text_chars:
        errors["text"] = t("error_field.text_long", limit=limits.text_chars, count=len(entry.text))
    if len(entry.name) > limits.name_chars:
        errors["name"] = t("error_field.name_long", limit=limits.name_chars)
    if not entry.is_anonymous:
        _check_address(entry, t, errors)
    if len(entry.files) > limits.count:
        errors["files"] = t("error_field.file_many", limit=limits.count, count=len(entry.files) - limits.count)
    return errors


def _check_address(entry: FormEntry, t: Translator, errors: FieldErrors) -> None:
    if entry.reply in ("sms", "phone"):
        if not entry.phone:
            errors["phone"] = t("error_field.phone_missing")
        elif len(entry.mobile) != MOBILE_DIGITS:
            errors["phone"] = t("error_field.phone_length", count=len(entry.mobile))
        elif not MOBILE.fullmatch(entry.mobile):
            errors["phone"] = t("error_field.phone_shape")
    if entry.reply == "mail":
        if not entry.mail:
            errors["mail"] = t("error_field.mail_missing")
        elif not MAIL.fullmatch(entry.mail) or len(entry.mail) > 254:
            errors["mail"] = t("error_field.mail_shape")
