"""What Asterisk plays: prompts are kept in its forms, what is of one citizen is not."""

from pathlib import Path

from telephony.asterisk.prompts import Prompts
from telephony.calls import Media
from tests.support.tones import tone, write_wav


def test_passing_sounds_leave_nothing_behind_and_prompts_stay(tmp_path: Path) -> None:
    path = write_wav(tmp_path / "said.wav", tone(400, 0.1))
    folder = tmp_path / "prompts"
    prompts = Prompts(folder)
    kept, passing = Media(path=path, duration_s=0.1), Media(path=path, duration_s=0.1, passing=True)
    uri, first, second = prompts.uri(kept), prompts.uri(passing), prompts.uri(passing)
    assert len({uri, first, second}) == 3, "two who hear the same do not share what is deleted"
    assert Path(first.removeprefix("sound:")).with_suffix(".ulaw").exists()
    for one in (uri, first):
        prompts.forget(one)
    assert prompts.uri(kept) == uri
    assert len(list(folder.iterdir())) == 6
    Prompts(folder)
    assert sorted(file.suffix for file in folder.iterdir()) == [".alaw", ".ulaw", ".wav"], "what a crash left is gone"
