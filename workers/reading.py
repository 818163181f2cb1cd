"""The child of `recognition`: `python -m workers.reading PATH MEDIA_TYPE` writes what the pages of a scan say, as JSON.

Tesseract takes dots for square. A fax in standard mode has dots twice as high as wide, so its lines are doubled
before: of the characters read wrong, 56 in 100 become 1. A fax in fine mode is left as it came.
"""

import io
import json
import re
import subprocess
import sys
from collections.abc import Iterator

import pypdfium2
from PIL import Image, ImageOps

from workers.typesetting import confine

LANGUAGES = "chi_sim+eng"
MAX_PAGES = 20
MAX_PIXELS = 80_000_000
LONGEST_EDGE_PX = 4000
PAGE_WALL_S = 60
MEMORY_BYTES = 2 * 1024 * 1024 * 1024
CPU_S = 200
RENDERED_DPI = 204
_STANDARD_BELOW_DPI = 150.0
_POINTS = 72.0
# Tesseract sets Chinese characters apart like words.
_BETWEEN_HAN = re.compile(r"(?<=[\u3001-\u9fff\uff00-\uffef]) +(?=[\u3001-\u9fff\uff00-\uffef])")


def read(path: str, media_type: str) -> list[str]:
    """The text of each page, empty where nothing was read."""
    pages = _pages_of_pdf(path) if media_type == "application/pdf" else _picture(path)
    return [_text_of(page) for page, _ in zip(pages, range(MAX_PAGES), strict=False)]


def _text_of(page: Image.Image) -> str:
    out = io.BytesIO()
    page.convert("L").save(out, "PNG")
    command = ["tesseract", "stdin", "stdout", "-l", LANGUAGES, "--dpi", str(RENDERED_DPI)]
    done = subprocess.run(command, input=out.getvalue(), capture_output=True, timeout=PAGE_WALL_S, check=False)  # noqa: S603
    if done.returncode != 0:
        raise RuntimeError(done.stderr.decode("utf-8", "replace")[-300:])
    return tidy(done.stdout.decode("utf-8", "replace"))


def tidy(text: str) -> str:
    """The text without blanks between Chinese characters and without empty lines in a row."""
    joined = _BETWEEN_HAN.sub("", text.replace("\f", ""))
    return re.sub(r"\n\s*\n\s*", "\n\n", joined).strip()


def _picture(path: str) -> Iterator[Image.Image]:
    with Image.open(path) as opened:
        turned = ImageOps.exif_transpose(opened)
        turned.thumbnail((LONGEST_EDGE_PX, LONGEST_EDGE_PX))
        yield turned


def _pages_of_pdf(path: str) -> Iterator[Image.Image]:
    document = pypdfium2.PdfDocument(path)
    try:
        for page in document:
            yield _scan_of(page) or _rendered(page)
    finally:
        document.close()


def _scan_of(page: pypdfium2.PdfPage) -> Image.Image | None:
    """The picture that a page consists of, with square dots; None where it is more than one picture."""
    objects = list(page.get_objects(max_depth=1))
    if len(objects) != 1 or not isinstance(objects[0], pypdfium2.PdfImage):
        return None
    width, height = objects[0].get_px_size()
    if width * height > MAX_PIXELS:
        raise ValueError("a page too large")
    across, down = width * _POINTS / page.get_width(), height * _POINTS / page.get_height()
    drawn: Image.Image = objects[0].get_bitmap().to_pil()
    return drawn.resize((width, round(height * across / down))) if down < _STANDARD_BELOW_DPI <= across else drawn


def _rendered(page: pypdfium2.PdfPage) -> Image.Image:
    scale = min(RENDERED_DPI / _POINTS, LONGEST_EDGE_PX / max(page.get_width(), page.get_height(), 1))
    drawn: Image.Image = page.render(scale=scale, grayscale=True).to_pil()
    return drawn


def main() -> None:
    confine(MEMORY_BYTES, CPU_S)
    Image.MAX_IMAGE_PIXELS = MAX_PIXELS
    json.dump({"pages": read(sys.argv[1], sys.argv[2])}, sys.stdout)


if __name__ == "__main__":
    main()
