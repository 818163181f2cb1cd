"""A bot as the loops use it: its row with the secrets readable."""

from dataclasses import dataclass, field

from channels.telegram.tables import BotRow
from kit.secret_box import SecretBox


@dataclass(frozen=True, kw_only=True)
class Bot:
    id: str
    revision: int
    name: str
    username: str
    token: str = field(repr=False)
    webhook_secret: str = field(repr=False)
    mode: str
    language: str


def bot_of(row: BotRow, box: SecretBox) -> Bot:
    """The usable form of a row. Raises `Unavailable` when the platform's secret has changed."""
    return Bot(
        id=row.id,
        revision=row.revision,
        name=row.name,
        username=row.username,
        token=box.decrypt(row.token),
        webhook_secret=box.decrypt(row.webhook_secret),
        mode=row.mode,
        language=row.language,
    )
