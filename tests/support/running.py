"""The whole platform as an operator starts it: `axd up` on a free port with a data folder of its own."""

import os
import re
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from server.credentials import read
from server.first_start import FirstLogin
from tests.support.ports import free_port
from tests.support.tree import ROOT
from tests.support.waiting import wait_for

START_TIMEOUT_S = 90.0
STOP_TIMEOUT_S = 60.0
ANNOUNCEMENT = "Ctrl-C stops it"


@dataclass(frozen=True, kw_only=True)
class Platform:
    port: int
    data_dir: Path
    log: Path
    process: subprocess.Popen[bytes]
    environment: Mapping[str, str]

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def output(self) -> str:
        return self.log.read_text("utf-8", errors="replace")

    def credentials(self) -> list[FirstLogin]:
        """The logins of the first start, from the file that it leaves for the operator."""
        return read(self.data_dir / "first-credentials.txt")

    def children(self) -> dict[str, int]:
        """The part's name and process id, for each part that runs now."""
        found = {}
        for pid in _children_of(self.process.pid):
            name = re.search(r"server\.(web|gateway|worker)|(redis|valkey)-server", _command_of(pid))
            if name:
                found[name[1] or "redis"] = pid
        return found

    def kill(self, name: str) -> None:
        """End one part as a crash would."""
        os.kill(self.children()[name], signal.SIGKILL)

    def axd(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run the command beside the running platform, with its settings."""
        argv = [sys.executable, "-m", "server.cli", *arguments]
        return subprocess.run(argv, cwd=ROOT, env=dict(self.environment), capture_output=True, text=True, check=False)

    def stop(self) -> int:
        """As Ctrl-C does. Returns the exit code."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
        return self.process.wait(timeout=STOP_TIMEOUT_S)


def _children_of(pid: int) -> list[int]:
    return [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text("ascii").split()]


def _command_of(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_text("utf-8").replace("\0", " ")
    except (FileNotFoundError, ProcessLookupError):
        return ""


def is_alive(pid: int) -> bool:
    """Whether the process runs; one that waits to be collected does not."""
    try:
        status = Path(f"/proc/{pid}/stat").read_text("ascii")
    except (FileNotFoundError, ProcessLookupError):
        return False
    return status.rsplit(")", 1)[1].split()[0] != "Z"


@contextmanager
def platform(data_dir: Path | None = None, **settings: str) -> Iterator[Platform]:
    """Start it, wait until it has announced its addresses, stop it. `settings` are `AXD_` values, such as PORT."""
    folder = data_dir or Path(tempfile.mkdtemp(prefix="axd-up-"))
    port = int(settings.get("PORT", free_port()))
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("AXD_")}
    chosen = {"DATA_DIR": str(folder), "LANGUAGE": "en", **settings, "PORT": str(port)}
    environment = {**inherited, **{f"AXD_{name}": value for name, value in chosen.items()}}
    log = folder.with_suffix(".log")
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "server.up"], cwd=ROOT, env=environment, stdout=output, stderr=output
        )
    running = Platform(port=port, data_dir=folder, log=log, process=process, environment=environment)
    try:
        wait_for(lambda: _announced(running), "axd up announces its addresses", timeout_s=START_TIMEOUT_S)
        yield running
    finally:
        running.stop()


def _announced(running: Platform) -> bool:
    if running.process.poll() is not None:
        raise AssertionError(f"axd up ended with {running.process.returncode}:\n{running.output}")
    return ANNOUNCEMENT in running.output
