"""Child processes that open files of strangers."""

from pathlib import Path

import pytest
from PIL import Image

from workers import previews


async def test_who_draws_a_file_of_a_stranger_has_none_of_our_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No Python starts with this home: one that inherits our environment, and so our secrets, draws nothing."""
    Image.new("L", (60, 80)).save(tmp_path / "a.png")
    monkeypatch.setenv("PYTHONHOME", "/nonexistent")
    assert await previews._draw(str(tmp_path / "a.png"), "image/png")
