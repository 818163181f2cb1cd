"""Calls by Asterisk in this installation: its password, its lines from the database, its configuration files.

As a program, `axd asterisk FOLDER`: writes the configuration.
"""

import logging
import sys
from pathlib import Path

from kit.errors import Unavailable
from kit.secret_box import derive_key
from server.settings import Settings, read_settings
from server.wiring import Services
from telephony.asterisk.configuration import Places, write
from telephony.asterisk.engine import AsteriskEngine
from telephony.guard import FloodGuard
from telephony.lines.book import Book
from telephony.lines.service import WAKE_LINES, book
from telephony.web_pass import WebPasses

log = logging.getLogger(__name__)

LOOK_S = 60.0


def password(settings: Settings) -> str:
    """Of the ARI user: as it was set, else derived, so that gateway and configuration agree without a word."""
    return settings.asterisk.ari_password.get_secret_value() or derive_key(settings.secret(), "asterisk").hex()


def asterisk_engine(services: Services) -> AsteriskEngine:
    async def read() -> Book:
        async with services.database.unit_of_work(services.access, read_only=True) as uow:
            return await book(uow, services.secret_box)

    settings = services.settings
    return AsteriskEngine(settings.asterisk, password(settings), read, FloodGuard(settings.guard), passes(settings))


def passes(settings: Settings) -> WebPasses:
    """Of citizens' pages: handed out by the web process, checked by the gateway."""
    return WebPasses(derive_key(settings.secret(), "passes of web calls"))


async def keep_lines(services: Services, engine: AsteriskEngine) -> None:
    """Take up every change of trunks and phones, until cancelled."""
    while True:
        await services.waker.wait(WAKE_LINES, LOOK_S)
        try:
            await engine.lines.hand_over()
        except Unavailable:
            log.info("the lines are handed over once Asterisk is back")


def write_configuration(settings: Settings, folder: Path) -> None:
    """Everything Asterisk reads, into `folder`; its state goes beside it. Repeating is harmless.

    Raises `ValueError` where AXD_ASTERISK__SHARED_DIR is not set.
    """
    settings.prepare_data_dir()
    places = Places(configuration=folder / "etc", state=folder / "state")
    write(settings.asterisk, password(settings), places)


def main(arguments: list[str]) -> None:
    try:
        write_configuration(read_settings(), Path(arguments[0]).absolute())
    except (ValueError, OSError) as error:
        raise SystemExit(str(error)) from None


if __name__ == "__main__":
    main(sys.argv[1:])
