"""The supervisor over real processes: start in order, restart, stop in reverse order, leave nothing behind."""

import os
import signal
import sys
import textwrap
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from server.speech import speaker
from server.supervisor import Part, StartFailed, Supervisor
from tests.support.running import is_alive
from tests.support.waiting import wait_until


class Stage:
    """A supervisor, what it told, and shell programs to run."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.lines: list[str] = []
        self.supervisor = Supervisor(self.lines.append, speaker("en"), first_wait_s=0.01)

    def part(self, name: str, script: str, *, start_timeout_s: float = 30.0, stop_timeout_s: float = 10.0) -> Part:
        mark = self.folder / f"{name}.ready"

        async def ready() -> bool:
            return mark.exists()

        program = f"mark={mark}\n{textwrap.dedent(script)}"
        return Part(
            name=name,
            command=("/bin/sh", "-c", program),
            ready=ready,
            start_timeout_s=start_timeout_s,
            stop_timeout_s=stop_timeout_s,
        )

    def count(self, words: str) -> int:
        return sum(words in line for line in self.lines)


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[Stage]:
    stage = Stage(tmp_path)
    yield stage
    await stage.supervisor.stop()


STEADY = 'touch "$mark"; while :; do read line </dev/null; sleep 0.05; done'


async def test_parts_stop_in_reverse_order(stage: Stage) -> None:
    await stage.supervisor.start(stage.part("first", STEADY))
    await stage.supervisor.start(stage.part("second", STEADY))
    await stage.supervisor.stop()
    assert [line for line in stage.lines if line.startswith("stopping")] == ["stopping second", "stopping first"]
    assert stage.count("unexpectedly") == 0


async def test_what_dies_is_started_again(stage: Stage) -> None:
    part = stage.part("web", 'echo "pid $$"; ' + STEADY)
    await stage.supervisor.start(part)
    await wait_until(lambda: stage.count("pid"), "the first process speaks")
    os.kill(stage.supervisor.pid("web"), signal.SIGKILL)
    await wait_until(lambda: stage.count("| pid") == 2, "a second process speaks")
    assert stage.count("web ended unexpectedly (code -9)") == 1


def _pid(lines: list[str]) -> int:
    return next(int(line.rsplit(maxsplit=1)[1]) for line in lines if "| pid" in line)


async def test_waits_between_restarts_grow(stage: Stage) -> None:
    await stage.supervisor.start(Part(name="worker", command=("/bin/sh", "-c", "exit 3")))
    await wait_until(lambda: stage.count("code 3") >= 3, "three restarts")
    waits = [line.rsplit("in ", 1)[1] for line in stage.lines if "code 3" in line]
    assert waits[:3] == ["0.01 s", "0.02 s", "0.04 s"]


async def test_a_part_that_dies_before_it_serves_fails_the_start(stage: Stage) -> None:
    with pytest.raises(StartFailed, match="web did not start"):
        await stage.supervisor.start(stage.part("web", "echo no database; exit 1"))
    await wait_until(lambda: stage.count("web     | no database"), "its last words are shown")
    assert stage.count("unexpectedly") == 0


async def test_a_quiet_part_speaks_only_when_it_fails(stage: Stage) -> None:
    calm = Part(name="calm", command=("/bin/sh", "-c", "echo all is well; exec sleep 60"), quiet=True)
    await stage.supervisor.start(calm)
    broken = Part(name="broken", command=("/bin/sh", "-c", "echo disk full; exit 1"), quiet=True)
    await stage.supervisor.start(broken)
    await wait_until(lambda: stage.count("broken  | disk full"), "the broken part's words are shown")
    assert stage.count("all is well") == 0


async def test_a_part_that_never_serves_fails_the_start(stage: Stage) -> None:
    with pytest.raises(StartFailed):
        await stage.supervisor.start(stage.part("web", "exec sleep 60", start_timeout_s=0.2))


async def test_a_part_deaf_to_sigterm_is_killed_with_its_helpers(stage: Stage) -> None:
    script = "trap '' TERM; sleep 61 & echo helper $!; " + STEADY
    await stage.supervisor.start(stage.part("web", script, stop_timeout_s=0.2))
    await wait_until(lambda: stage.count("helper"), "the helper runs")
    helper = next(int(line.rsplit(maxsplit=1)[1]) for line in stage.lines if "helper" in line)
    await stage.supervisor.stop()
    await wait_until(lambda: not is_alive(helper), "the helper is gone")


async def test_one_shot_process_gives_its_exit_code(stage: Stage) -> None:
    assert await stage.supervisor.run_once(("/bin/sh", "-c", "exit 7")) == 7


async def test_one_shot_process_ends_when_asked_to_stop(stage: Stage) -> None:
    stage.supervisor.request_stop()
    assert await stage.supervisor.run_once(("/bin/sh", "-c", "exec sleep 60")) == -signal.SIGTERM


async def test_children_die_with_a_killed_supervisor(stage: Stage) -> None:
    program = """
        import asyncio, sys
        from server.speech import speaker
        from server.supervisor import Part, Supervisor
        async def main():
            supervisor = Supervisor(lambda line: print(line, flush=True), speaker("en"))
            await supervisor.start(Part(name="child", command=("/bin/sh", "-c", "echo pid $$; exec sleep 60")))
            await supervisor.wait()
        asyncio.run(main())
    """
    await stage.supervisor.start(Part(name="inner", command=(sys.executable, "-c", textwrap.dedent(program))))
    await wait_until(lambda: stage.count("| pid"), "the child of the inner supervisor speaks")
    child = _pid(stage.lines)
    os.kill(stage.supervisor.pid("inner"), signal.SIGKILL)
    await wait_until(lambda: not is_alive(child), "the child is gone")
