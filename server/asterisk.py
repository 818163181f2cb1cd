"""Calls by Asterisk in this installation: its password, its lines from the database, its configuration files.

As a program, `axd asterisk FOLDER [--trial]`: writes the configuration.
"""

import logging
import sys
from pathlib import Path

from kit.errors import Unavailable
from kit.secret_box import derive_key
from server.bench.asterisk_server import NoAsterisk, find_program
from server.settings import Settings, read_settings
from server.wiring import Services
from telephony.asterisk.configuration import Places, write
from telephony.asterisk.engine import AsteriskEngine
from telephony.guard import FloodGuard
from telephony.lines.book import Book
from telephony.lines.service import WAKE_LINES, book
from telephony.web_pass import Claim, RedisClaims, WebPasses

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
    used = RedisClaims(services.redis, str(services.access.workspace_id))
    flood = FloodGuard(settings.guard)
    return AsteriskEngine(settings.asterisk, password(settings), read, flood, passes(settings, used))


def passes(settings: Settings, claim: Claim | None = None) -> WebPasses:
    """Of citizens' pages: handed out by the web process, checked by the gateway, which has a `claim`."""
    return WebPasses(derive_key(settings.secret(), "passes of web calls"), claim=claim)


async def keep_lines(services: Services, engine: AsteriskEngine) -> None:
    """Take up every change of trunks and phones, until cancelled."""
    while True:
        await services.waker.wait(WAKE_LINES, LOOK_S)
        try:
            await engine.lines.hand_over()
        except Unavailable:
            log.info("the lines are handed over once Asterisk is back")


def write_configuration(settings: Settings, folder: Path, *, is_trial: bool) -> None:
    """Everything Asterisk reads, into `folder`; its state goes beside it. Repeating is harmless.

    `is_trial`: for the Asterisk of scripts/try-asterisk, whose modules are not where a package puts them.
    Raises `ValueError` where AXD_ASTERISK__SHARED_DIR is not set, `NoAsterisk` where there is none to try.
    """
    settings.prepare_data_dir()
    modules, data = None, None
    if is_trial:
        program = find_program()
        modules, data = program.modules, program.data
    places = Places(configuration=folder / "etc", state=folder / "state", modules=modules, data=data)
    write(settings.asterisk, password(settings), places)


def main(arguments: list[str]) -> None:
    folder, *options = arguments
    try:
        write_configuration(read_settings(), Path(folder).absolute(), is_trial="--trial" in options)
    except (ValueError, OSError, NoAsterisk) as error:
        raise SystemExit(str(error)) from None


if __name__ == "__main__":
    main(sys.argv[1:])
