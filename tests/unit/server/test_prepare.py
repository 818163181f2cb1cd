"""What `axd migrate` says where it cannot do its work."""

from pathlib import Path

import pytest

from server import prepare


def test_a_database_that_cannot_be_opened_is_told_in_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "axd.db").mkdir()
    monkeypatch.setenv("AXD_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("AXD_LANGUAGE", "en")
    with pytest.raises(SystemExit, match=r"^error: the database cannot be used \(unable to open database file\)$"):
        prepare.main()
