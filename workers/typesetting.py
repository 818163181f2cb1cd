"""The child of `printing`: HTML from its input to a PDF on its output. `pdf_of` also serves the fax's child."""

import resource
import sys

import weasyprint
from weasyprint.text.fonts import FontConfiguration
from weasyprint.urls import URLFetcher

MEMORY_BYTES = 2 * 1024 * 1024 * 1024
CPU_S = 60
NONE: frozenset[str] = frozenset()
FONTS = '"Noto Sans CJK SC", "Source Han Sans SC", sans-serif'
STYLE = f"""
@page {{ size: A4; margin: 20mm 18mm }}
@page {{ @bottom-center {{ content: counter(page) " / " counter(pages); font-size: 9pt }} }}
body {{ font: 12pt/1.7 {FONTS}; color: #000; margin: 0 }}
h1 {{ font-size: 18pt; margin: 0 0 6mm }}
p {{ margin: 0 0 2mm; overflow-wrap: anywhere }}
hr {{ border: 0; border-top: 0.5pt solid #000; margin: 4mm 0 6mm }}
table {{ border-collapse: collapse }}
td, th {{ border: 0.5pt solid #000; padding: 1.5mm 3mm; text-align: left; font-weight: normal; vertical-align: top }}
"""


def pdf_of(html: str, style: str = STYLE) -> bytes:
    """Neither the network nor the disk is asked for anything: a page is what we hand over, and no more."""
    fonts = FontConfiguration()
    sheet = weasyprint.CSS(string=style, font_config=fonts)
    page = weasyprint.HTML(string=html, url_fetcher=URLFetcher(allowed_protocols=NONE))
    pdf = page.write_pdf(stylesheets=[sheet], font_config=fonts)
    if not isinstance(pdf, bytes):
        raise ValueError("no pages")
    return pdf


def confine(memory_bytes: int = MEMORY_BYTES, cpu_s: int = CPU_S) -> None:
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))
    resource.setrlimit(resource.RLIMIT_CPU, (cpu_s, cpu_s))


if __name__ == "__main__":
    confine()
    sys.stdout.buffer.write(pdf_of(sys.stdin.buffer.read().decode()))
