"""The child that opens a fax of unknown origin: `python -m channels.fax.child`, the file in, what it is out.

It answers with one line of JSON and the bytes of the PDF. It may be killed any time: by its limits, or by its parent.
"""

import io
import json
import resource
import sys
from typing import Any

import img2pdf
import pypdfium2
from PIL import Image

from channels.fax.files import FINE, MAX_PAGES, STANDARD, kind_of

MEMORY_BYTES = 1024 * 1024 * 1024
CPU_S = 30
MAX_PAGE_PIXELS = 80_000_000
MAX_PIXELS = 1_500_000_000
# ITU-T T.4: dots and lines for an inch. A TIFF without a resolution is taken for a fine one.
FINE_DPI = (204.0, 196.0)
_UNSTATED_DPI = 96
_STANDARD_BELOW_DPI = 150.0


class Refused(Exception):
    """The file asks for too much; `str()` says of what."""


def examine(data: bytes) -> tuple[dict[str, Any], bytes]:
    """Pages, damage and mode of a TIFF or PDF, and the PDF to read it by."""
    if kind_of(data) == "pdf":
        return _examine_pdf(data), data
    described = _examine_tiff(data)
    pdf = img2pdf.convert(data, layout_fun=_layout, nodate=True)
    if not isinstance(pdf, bytes):
        raise Refused("no pages")
    return described, pdf


def _examine_pdf(data: bytes) -> dict[str, Any]:
    document = pypdfium2.PdfDocument(data)
    try:
        pages = len(document)
    finally:
        document.close()
    if not 0 < pages <= MAX_PAGES:
        raise Refused(f"{pages} pages")
    return {"pages": pages, "damaged": 0, "mode": ""}


def _examine_tiff(data: bytes) -> dict[str, Any]:
    pages, damaged, pixels, mode = 0, 0, 0, ""
    with Image.open(io.BytesIO(data), formats=["TIFF"]) as image:
        while True:
            pixels += _measured(image)
            if pages >= MAX_PAGES or pixels > MAX_PIXELS:
                raise Refused("too many pages")
            mode = mode or _mode(image)
            damaged += not _decodes(image)
            pages += 1
            try:
                image.seek(pages)
            except EOFError:
                return {"pages": pages, "damaged": damaged, "mode": mode}


def _measured(image: Image.Image) -> int:
    size: int = image.width * image.height
    if size > MAX_PAGE_PIXELS or size == 0:
        raise Refused(f"a page of {image.width} by {image.height} dots")
    return size


def _decodes(image: Image.Image) -> bool:
    try:
        image.load()
    except (OSError, ValueError, SyntaxError):
        return False
    return True


def _mode(image: Image.Image) -> str:
    lines = float(image.info.get("dpi", FINE_DPI)[1])
    return STANDARD if lines < _STANDARD_BELOW_DPI else FINE


def _layout(width_px: int, height_px: int, dpi: tuple[float, float]) -> tuple[float, float, float, float]:
    """Page and picture of the same size in points; the dots of a fax are not square."""
    across, down = FINE_DPI if dpi == (_UNSTATED_DPI, _UNSTATED_DPI) else dpi
    width, height = width_px * 72 / across, height_px * 72 / down
    return width, height, width, height


def main() -> None:
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_S, CPU_S))
    # Only sizes that `_measured` has seen are decoded.
    Image.MAX_IMAGE_PIXELS = None
    try:
        described, pdf = examine(sys.stdin.buffer.read())
    except MemoryError:
        raise
    except Exception as error:  # whatever it is, the parent has to learn that this file is the cause
        described, pdf = {"error": f"{type(error).__name__}: {error}"[:300]}, b""
    sys.stdout.buffer.write(json.dumps(described).encode() + b"\n" + pdf)


if __name__ == "__main__":
    main()
