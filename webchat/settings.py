"""What the operator may set about the citizens' side. Only `server/settings.py` reads the environment."""

from pydantic import BaseModel, ConfigDict


class SiteSettings(BaseModel):
    """What the pages say about the bureau; an empty value is left out of the page."""

    model_config = ConfigDict(frozen=True)

    name: str = "云州市科学技术局"
    name_en: str = "Yunzhou Science and Technology Bureau"
    phone: str = "0700-8812 3400"
    sms: str = ""
    fax: str = ""
    mail: str = "rexian@kjj.yunzhou.example"
    address: str = "云州市学府路 6 号 1 楼"
    address_en: str = "1/F, 6 Xuefu Road, Yunzhou"
    hours: str = "工作日 9:00–17:00"
    hours_en: str = "Working days 9:00–17:00"
    answer_workdays: int = 5
    time_zone: str = "Asia/Shanghai"

    def name_in(self, language: str) -> str:
        return self.name_en if language == "en" else self.name

    def address_in(self, language: str) -> str:
        return self.address_en if language == "en" else self.address

    def hours_in(self, language: str) -> str:
        return self.hours_en if language == "en" else self.hours

    @property
    def phone_digits(self) -> str:
        return "".join(character for character in self.phone if character.isdigit() or character == "+")


class UploadSettings(BaseModel):
    """Limits on what citizens attach."""

    model_config = ConfigDict(frozen=True)

    count: int = 5
    size_mb: int = 20
    text_chars: int = 5000
    subject_chars: int = 80
    name_chars: int = 40

    @property
    def max_bytes(self) -> int:
        return self.size_mb * 1024 * 1024


class ChatSettings(BaseModel):
    """Web chat. Times in seconds; `reopen_h` is how long a closed chat can go on in its thread."""

    model_config = ConfigDict(frozen=True)

    idle_warn_s: int = 180
    idle_close_s: int = 300
    reopen_h: int = 72
    ticket_ttl_s: int = 30
    ping_s: float = 8.0
    max_text_chars: int = 4000
    messages_per_minute: int = 120
    signs_per_minute: int = 600  # of typing and reading: more are not passed on
    sessions_per_hour: int = 60
    uploads_per_hour: int = 60
    calls_per_hour: int = 20


class PageSettings(BaseModel):
    """Forms and the status page. Rates are by network address."""

    model_config = ConfigDict(frozen=True)

    forms_per_hour: int = 30
    queries_per_hour: int = 60
    status_minutes: int = 15
    slip_minutes: int = 30
    draft_hours: int = 24


class CitizenSettings(BaseModel):
    """All of the above; one value that wiring hands to the rooms."""

    model_config = ConfigDict(frozen=True)

    site: SiteSettings = SiteSettings()
    uploads: UploadSettings = UploadSettings()
    chat: ChatSettings = ChatSettings()
    pages: PageSettings = PageSettings()
