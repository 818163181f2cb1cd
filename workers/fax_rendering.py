"""What is to be faxed, as the pages that a fax machine takes: a TIFF, G4, 1728 dots wide, 204 by 196 to the inch."""

import json
from collections.abc import Sequence

from workers.printing import PrintingFailed, run_child

DRAWABLE = ("application/pdf", "image/tiff", "image/png", "image/jpeg", "image/webp", "image/bmp")
WALL_S = 75.0


async def render_fax(html: str, files: Sequence[tuple[str, bytes]] = ()) -> bytes:
    """The pages of `html`, then those of `files` (media type and bytes), drawn in a killable child.

    `html` is ours, with all that people wrote escaped; empty for a fax of files only. Raises `PrintingFailed`, with
    words for the agent where a file is of a kind that cannot be faxed.
    """
    for media_type, _ in files:
        if media_type not in DRAWABLE:
            raise PrintingFailed(f"a file of the type {media_type} cannot be faxed")
    order = {"html": html, "files": [{"media_type": media_type, "size": len(data)} for media_type, data in files]}
    data = b"".join((json.dumps(order).encode(), b"\n", *(item for _, item in files)))
    return await run_child("workers.fax_drawing", [], data, wall_s=WALL_S)
