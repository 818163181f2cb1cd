"""Prompts in the form that costs Asterisk least: G.711 beside the WAV file, named by content."""

import hashlib
import os
from pathlib import Path

from kit.ids import new_id
from telephony.calls import Media
from telephony.waveform import Samples, read_wav, to_alaw, to_ulaw, waiting_music, write_wav

SOUND, PASSING = "sound:", "passing-"
FORMS = (".wav", ".alaw", ".ulaw")


class Prompts:
    """Puts media where Asterisk finds them; the same content is converted once."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._known: dict[tuple[Path, int, int], str] = {}
        for left_over in folder.glob(f"{PASSING}*"):
            left_over.unlink(missing_ok=True)

    def uri(self, media: Media) -> str:
        """ARI's name for it. Raises `OSError` or `ValueError` for a file that is no prompt."""
        if media.passing:
            target = self._folder / f"{PASSING}{new_id()}"
            keep_forms(target, read_wav(media.path))
            return f"{SOUND}{target}"
        status = media.path.stat()
        key = (media.path, status.st_mtime_ns, status.st_size)
        if key not in self._known:
            self._known[key] = f"{SOUND}{self._keep(media.path)}"
        return self._known[key]

    def forget(self, uri: str) -> None:
        """What was made for passing media; others stay."""
        name = Path(uri.removeprefix(SOUND)).name
        if name.startswith(PASSING):
            for suffix in FORMS:
                (self._folder / name).with_suffix(suffix).unlink(missing_ok=True)

    def _keep(self, path: Path) -> Path:
        name = hashlib.sha256(path.read_bytes()).hexdigest()[:32]
        target = self._folder / name
        if not target.with_suffix(".ulaw").exists():
            keep_forms(target, read_wav(path))
        return target


def keep_forms(target: Path, samples: Samples) -> None:
    """`target` with the suffixes .wav, .alaw and .ulaw, each whole or not there."""
    target.parent.mkdir(parents=True, exist_ok=True)
    draft = target.with_name(f".{target.name}.{os.getpid()}")
    write_wav(draft, samples)
    draft.rename(target.with_suffix(".wav"))
    for suffix, coded in ((".alaw", to_alaw(samples)), (".ulaw", to_ulaw(samples))):
        draft.write_bytes(coded)
        draft.rename(target.with_suffix(suffix))


def keep_waiting_music(folder: Path) -> None:
    """Our own music, unless the operator has put some there."""
    if not any(folder.glob("*.*")):
        keep_forms(folder / "waiting", waiting_music())
