"""The child of `fax_rendering`: draws pages as ITU-T T.4 wants them, in fine mode, since Chinese needs it."""

import io
import json
import sys
from collections.abc import Iterator

import pypdfium2
from PIL import Image, ImageOps

from workers.typesetting import FONTS, confine, pdf_of

WIDTH_PX = 1728
DPI = (204, 196)
HEIGHT_PX = round(297 / 25.4 * DPI[1])
MAX_PAGES = 100
MAX_PIXELS = 80_000_000
OVERSAMPLING = 2
# A little darker than the middle: thin strokes of Chinese characters survive.
_THRESHOLD = 176
_INK = [0 if value < _THRESHOLD else 255 for value in range(256)]
# Ordinary weight only: bold small characters run together on a fax.
STYLE = f"""
@page {{ size: A4; margin: 18mm 16mm }}
* {{ color: #000 !important; background: #fff !important }}
body {{ font: 12pt/1.7 {FONTS}; margin: 0 }}
h1 {{ font-size: 20pt; font-weight: normal; margin: 0 0 6mm }}
p {{ margin: 0 0 2mm; overflow-wrap: anywhere }}
hr {{ border: 0; border-top: 1pt solid #000; margin: 4mm 0 6mm }}
"""


def draw(html: str, files: list[tuple[str, bytes]]) -> bytes:
    """The TIFF of all pages."""
    pages = [page for pdf in ([pdf_of(html, STYLE)] if html else []) for page in _pages_of_pdf(pdf)]
    for media_type, data in files:
        pages += _pages_of_pdf(data) if media_type == "application/pdf" else _pages_of_picture(data)
    if not 0 < len(pages) <= MAX_PAGES:
        raise ValueError(f"{len(pages)} pages")
    out = io.BytesIO()
    pages[0].save(out, "TIFF", save_all=True, append_images=pages[1:], compression="group4", dpi=DPI)
    return out.getvalue()


def _pages_of_pdf(data: bytes) -> Iterator[Image.Image]:
    document = pypdfium2.PdfDocument(data)
    try:
        if len(document) > MAX_PAGES:
            raise ValueError(f"{len(document)} pages")
        for page in document:
            scale = min(
                OVERSAMPLING * WIDTH_PX / max(page.get_width(), 1), OVERSAMPLING * HEIGHT_PX / max(page.get_height(), 1)
            )
            drawn: Image.Image = page.render(scale=scale, grayscale=True).to_pil()
            yield _on_page(drawn).point(_INK, "1")
    finally:
        document.close()


def _pages_of_picture(data: bytes) -> Iterator[Image.Image]:
    with Image.open(io.BytesIO(data)) as opened:
        for number in range(min(getattr(opened, "n_frames", 1), MAX_PAGES)):
            opened.seek(number)
            if opened.width * opened.height > MAX_PIXELS:
                raise ValueError("a picture too large")
            # Half tones become a pattern of dots: a fax knows no grey.
            yield _on_page(ImageOps.exif_transpose(opened).convert("L")).convert("1")


def _on_page(drawn: Image.Image) -> Image.Image:
    """The picture as large as fits on a page of white, its sides in proportion; the dots of a fax are not square."""
    wide = drawn.width / drawn.height
    width = min(WIDTH_PX, round(HEIGHT_PX / DPI[1] * wide * DPI[0]))
    height = min(HEIGHT_PX, round(width / DPI[0] / wide * DPI[1]))
    page = Image.new("L", (WIDTH_PX, HEIGHT_PX), 255)
    page.paste(drawn.resize((max(width, 1), max(height, 1)), Image.Resampling.LANCZOS), ((WIDTH_PX - width) // 2, 0))
    return page


def main() -> None:
    confine()
    Image.MAX_IMAGE_PIXELS = MAX_PIXELS
    order = json.loads(sys.stdin.buffer.readline())
    files = [(item["media_type"], sys.stdin.buffer.read(item["size"])) for item in order["files"]]
    sys.stdout.buffer.write(draw(order["html"], files))


if __name__ == "__main__":
    main()
