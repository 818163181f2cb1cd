"""What the operator may say about an account and its templates, by the desk or by the environment."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

from channels.accounts import settings_of
from channels.sms.smpp.settings import SmppSettings
from channels.sms.tables import SmsKind
from kit.errors import Invalid

BASE_URL = r"^https?://[^\s/]+(/[^\s]*)?$"
NUMBER = r"^\+?[0-9][0-9 ()-]{2,24}$"
MOST_PER_SECOND = 1000

BaseUrl = Annotated[str, Field(max_length=300, pattern=BASE_URL)]
Name = Annotated[str, Field(min_length=1, max_length=120)]


class _Settings(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class TwilioSettings(_Settings):
    """`secret` of the account is Twilio's auth token."""

    account_sid: Name
    base_url: BaseUrl = "https://api.twilio.com"
    messaging_service_sid: str = Field(default="", max_length=60)


class AliyunSettings(_Settings):
    """`secret` is the access key's. `extend_code` is the end of the number that answers come to."""

    access_key_id: Name
    base_url: BaseUrl = "https://dysmsapi.aliyuncs.com"
    extend_code: str = Field(default="", max_length=20, pattern=r"^[0-9]*$")


class TencentSettings(_Settings):
    """`secret` is the SecretKey."""

    secret_id: Name
    app_id: Name
    base_url: BaseUrl = "https://sms.tencentcloudapi.com"
    region: str = Field(default="ap-guangzhou", max_length=40)
    extend_code: str = Field(default="", max_length=20, pattern=r"^[0-9]*$")


class GenericSend(_Settings):
    """One POST for one text. In `headers` and `body` (JSON, or form fields where `form`), at any depth, stand
    {recipient}, {text}, {number}, {sign}, {reference}, {secret}, {callback_url}, {template} and {variables}.

    Paths go by names and indexes: `data.0.id`. Accepted when `ok_path` holds one of `ok_values`; without a path by the
    HTTP status alone. `retry_values` at the same place are tried again; `needs_template` refuses free text.
    """

    path: str = Field(default="", max_length=300)
    headers: dict[str, str] = {}
    body: dict[str, Any]
    form: bool = False
    id_path: str = Field(default="id", max_length=120)
    ok_path: str = Field(default="", max_length=120)
    ok_values: list[str] = []
    retry_values: list[str] = []
    error_path: str = Field(default="", max_length=120)
    needs_template: bool = False


class GenericInbound(_Settings):
    """Where the fields of a text stand. `list_path` is empty where one call brings one text, or a bare list."""

    list_path: str = Field(default="", max_length=120)
    sender: str = Field(default="sender", max_length=120)
    text: str = Field(default="text", max_length=120)
    recipient: str = Field(default="", max_length=120)
    id: str = Field(default="", max_length=120)
    time: str = Field(default="", max_length=120)


class GenericReport(_Settings):
    """Where the fields of a report stand; `statuses` says what the provider's words mean."""

    list_path: str = Field(default="", max_length=120)
    id: str = Field(default="id", max_length=120)
    status: str = Field(default="status", max_length=120)
    reference: str = Field(default="", max_length=120)
    error: str = Field(default="", max_length=120)
    statuses: dict[str, Literal["accepted", "sent", "delivered", "failed"]] = {
        "DELIVRD": "delivered",
        "UNDELIV": "failed",
        "EXPIRED": "failed",
        "REJECTD": "failed",
    }


class GenericSignature(_Settings):
    """How calls prove where they come from: an HMAC of the raw body, or a fixed token, in a header."""

    header: Name
    algorithm: Literal["hmac-sha256", "hmac-sha1", "token"] = "hmac-sha256"
    encoding: Literal["hex", "base64"] = "hex"
    prefix: str = Field(default="", max_length=20)


class GenericSettings(_Settings):
    """A provider of JSON or form calls that no profile knows, described. Without `signature` the secret path counts."""

    base_url: BaseUrl
    send: GenericSend
    inbound: GenericInbound = GenericInbound()
    report: GenericReport = GenericReport()
    signature: GenericSignature | None = None
    answer: dict[str, Any] = {"code": 0}


SHAPES: Mapping[str, type[BaseModel]] = {
    SmsKind.TWILIO: TwilioSettings,
    SmsKind.ALIYUN: AliyunSettings,
    SmsKind.TENCENT: TencentSettings,
    SmsKind.GENERIC: GenericSettings,
    SmsKind.SMPP: SmppSettings,
}


class SmsAccountSettings(BaseModel):
    """One account. `secret` None on a change means: as it was. `settings` are those of the kind."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(min_length=1, max_length=80)
    kind: SmsKind
    number: str = Field(pattern=NUMBER)
    sign: str = Field(default="", max_length=32)
    settings: dict[str, Any]
    secret: str | None = Field(default=None, max_length=4000, repr=False)
    throughput: int = Field(default=10, ge=1, le=MOST_PER_SECOND)
    enabled: bool = True

    @field_validator("sign")
    @classmethod
    def _bare(cls, value: str) -> str:
        return value.strip().removeprefix("【").removesuffix("】").strip()


class SmsTemplateSettings(BaseModel):
    """An approved text. Variables stand in `text` as the provider writes them: `{name}` or `${name}`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    code: str = Field(min_length=1, max_length=80)
    name: str = Field(min_length=1, max_length=80)
    text: str = Field(min_length=1, max_length=500)
    language: Literal["zh-CN", "en"] = "zh-CN"
    purpose: Literal["reply", "receipt", "satisfaction", "command"] = "reply"
    approved: bool = False


def checked(kind: SmsKind, settings: dict[str, Any]) -> dict[str, Any]:
    """`settings` with the defaults of their kind filled in. Raises `Invalid` that names the fields."""
    if kind not in SHAPES:
        raise Invalid("Accounts of this kind cannot be set up here.", code="sms_kind")
    return settings_of(SHAPES[kind], settings, within="settings").model_dump(mode="json")
