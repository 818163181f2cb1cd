"""Every registered adapter, plug-ins too, says of each point how it is met: by a test that is there, or why not."""

import ast
import re
import tomllib
from functools import cache
from importlib.resources import files
from pathlib import Path

import pytest

from channels.adapter import Adapter
from server.settings import Settings
from server.wiring import build
from tests.support.adapters import ADAPTERS
from tests.support.tree import ROOT

WECHAT = {"app_id": "wx1", "app_secret": "s", "token": "token"}
ANSWER = re.compile(r"done: (?P<test>tests/\S+\.py(::\w+)?)|not applicable: \S.{10,}")


@pytest.fixture
async def adapters(tmp_path: Path) -> dict[str, Adapter]:
    """As a process has them."""
    services = build(Settings(data_dir=tmp_path, channels={"wechat": WECHAT}))
    found = services.adapters
    for adapter in found.values():
        if hasattr(adapter, "close"):
            await adapter.close()
    return found


def asked() -> list[str]:
    """The keys of the table in the document."""
    text = (ROOT / "docs/adding-a-channel.md").read_text("utf-8")
    return re.findall(r"^\| `([\w-]+)` \|", text, re.MULTILINE)


def checklist(adapter: Adapter) -> dict[str, str]:
    """It lies in the adapter's own package, so that it is shipped with it."""
    package = type(adapter).__module__.rpartition(".")[0]
    return tomllib.loads((files(package) / "checklist.toml").read_text("utf-8"))


@cache
def functions_of(path: str) -> set[str]:
    nodes = ast.walk(ast.parse((ROOT / path).read_text("utf-8")))
    return {node.name for node in nodes if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}


async def test_every_adapter_answers_each_point_and_no_other(adapters: dict[str, Adapter]) -> None:
    assert len(asked()) > 15
    for channel, adapter in adapters.items():
        assert list(checklist(adapter)) == asked(), channel


async def test_what_is_done_is_shown_by_a_test_and_what_is_not_has_a_reason(adapters: dict[str, Adapter]) -> None:
    for channel, adapter in adapters.items():
        for point, answer in checklist(adapter).items():
            found = ANSWER.fullmatch(answer)
            assert found, (channel, point, answer)
            path, _, name = (found["test"] or "").partition("::")
            assert not path or (ROOT / path).is_file(), (channel, point, path)
            assert not name or name in functions_of(path), (channel, point, name)


async def test_the_contract_suite_runs_over_every_adapter_that_says_so(adapters: dict[str, Adapter]) -> None:
    held = {channel for channel, adapter in adapters.items() if checklist(adapter)["contract"].startswith("done")}
    assert held == set(ADAPTERS)
    assert "wechat" in held
