"""The child that opens a stranger's file: `python -m workers.drawing PATH MEDIA_TYPE` writes a PNG to its output."""

import io
import resource
import sys

import pypdfium2
from PIL import Image, ImageOps

EDGE_PX = 480
MAX_PIXELS = 80_000_000
MEMORY_BYTES = 1024 * 1024 * 1024
CPU_S = 20


def draw(path: str, media_type: str) -> bytes:
    """A PNG at most `EDGE_PX` on each side: the picture itself, or the first page of a PDF."""
    picture = _first_page(path) if media_type == "application/pdf" else _picture(path)
    picture.thumbnail((EDGE_PX, EDGE_PX))
    out = io.BytesIO()
    picture.convert("RGB").save(out, "PNG")
    return out.getvalue()


def _picture(path: str) -> Image.Image:
    Image.MAX_IMAGE_PIXELS = MAX_PIXELS
    with Image.open(path) as opened:
        opened.draft("RGB", (EDGE_PX, EDGE_PX))
        return ImageOps.exif_transpose(opened)


def _first_page(path: str) -> Image.Image:
    document = pypdfium2.PdfDocument(path)
    try:
        page = document[0]
        scale = EDGE_PX / max(page.get_width(), page.get_height(), 1)
        picture: Image.Image = page.render(scale=scale).to_pil()
        return picture
    finally:
        document.close()


def main() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_S, CPU_S))
    sys.stdout.buffer.write(draw(sys.argv[1], sys.argv[2]))


if __name__ == "__main__":
    main()
