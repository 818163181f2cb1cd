"""An Asterisk of one's own on the loopback address, for measurements and tests: no root, no service."""

import os
import shutil
import signal
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from telephony.asterisk.configuration import Places, write
from telephony.asterisk.settings import AsteriskSettings

PREFIX = Path(__file__).resolve().parents[2] / ".cache" / "asterisk"
STOP_TIMEOUT_S = 10.0


class NoAsterisk(RuntimeError):
    pass


@dataclass(frozen=True, kw_only=True)
class Program:
    """`modules` and `data`: where this installation has them, None for where its package put them."""

    binary: Path
    modules: Path | None = None
    data: Path | None = None


def find_program() -> Program:
    """The one of scripts/install-asterisk, else the machine's. Raises `NoAsterisk`."""
    if (PREFIX / "installed").exists():
        modules = next((PREFIX / "prefix" / "usr" / "lib").glob("*/asterisk/modules"))
        return Program(binary=PREFIX / "asterisk", modules=modules, data=PREFIX / "prefix" / "usr/share/asterisk")
    found = shutil.which("asterisk") or shutil.which("asterisk", path="/usr/sbin:/usr/local/sbin")
    if found is None:
        raise NoAsterisk("Asterisk 22 is not there; run: scripts/install-asterisk")
    return Program(binary=Path(found))


@dataclass(kw_only=True)
class AsteriskServer:
    """`kill` ends it like a power cut; `start` brings it back. Its output is `folder/log`."""

    folder: Path
    settings: AsteriskSettings
    password: str
    program: Program = field(default_factory=find_program)
    extra: dict[str, str] = field(default_factory=dict)
    _process: subprocess.Popen[bytes] | None = field(default=None, init=False)

    @property
    def process_id(self) -> int | None:
        return self._process.pid if self._process else None

    def start(self) -> None:
        """Returns at once; it answers about two seconds later. `extra`: text to add to files of the configuration."""
        if self._process is not None and self._process.poll() is None:
            return
        places = Places(
            configuration=self.folder / "etc",
            state=self.folder / "state",
            modules=self.program.modules,
            data=self.program.data,
        )
        write(self.settings, self.password, places)
        for name, text in self.extra.items():
            with (places.configuration / name).open("a", encoding="utf-8") as file:
                file.write(text)
        self._process = self._spawn([str(self.program.binary), "-C", str(self.folder / "etc/asterisk.conf"), "-f"])

    def _spawn(self, argv: Sequence[str]) -> subprocess.Popen[bytes]:
        with (self.folder / "log").open("ab") as log:
            return subprocess.Popen(  # noqa: S603 - our own Asterisk
                argv, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
            )

    def command(self, line: str) -> str:
        """What the console answers to `line`."""
        argv = [str(self.program.binary), "-C", str(self.folder / "etc/asterisk.conf"), "-rx", line]
        done = subprocess.run(argv, capture_output=True, text=True, check=False, timeout=STOP_TIMEOUT_S)  # noqa: S603
        return done.stdout

    def kill(self) -> None:
        if self._process is not None:
            if self._process.poll() is None:
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
            self._process = None
