"""Faxes for tests: pages drawn with Chinese text as a machine sends them, files that break readers, gateways' mails."""

import io
import struct
import zlib
from email.message import EmailMessage

from PIL import Image, ImageDraw, ImageFont

FONT = "/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc"
FINE, STANDARD = (204, 196), (204, 98)
WIDTH_PX = 1728
TEXT = (
    "深圳市科学技术局服务热线:",
    "我公司申请高新技术企业复审,证书将于下月到期,",
    "请问复审期间是否可以继续享受所得税优惠?",
    "另请告知研发费用专项审计报告的格式要求。",
    "联系人张先生,联系电话 0755-88121234。",
)


def page(lines: tuple[str, ...] = TEXT, *, dpi: tuple[int, int] = FINE) -> Image.Image:
    """A4 with `lines` in 12 pt, drawn with square dots and then squeezed as a fax's are."""
    square = Image.new("L", (WIDTH_PX, 2385), 255)
    pen, font = ImageDraw.Draw(square), ImageFont.truetype(FONT, 34)
    for number, line in enumerate(lines):
        pen.text((150, 150 + number * 70), line, font=font, fill=0)
    height = round(297 / 25.4 * dpi[1])
    return square.resize((WIDTH_PX, height), Image.Resampling.LANCZOS).point([0] * 150 + [255] * 106, "1")


def tiff(pages: int = 1, *, dpi: tuple[int, int] = FINE, lines: tuple[str, ...] = TEXT) -> bytes:
    out = io.BytesIO()
    drawn = [page(lines, dpi=dpi) for _ in range(pages)]
    drawn[0].save(out, "TIFF", save_all=True, append_images=drawn[1:], compression="group4", dpi=dpi)
    return out.getvalue()


def pdf(pages: int = 1) -> bytes:
    out = io.BytesIO()
    drawn = [page() for _ in range(pages)]
    drawn[0].save(out, "PDF", save_all=True, append_images=drawn[1:], resolution=200)
    return out.getvalue()


def bare_tiff(width: int, height: int, *, strip: bytes = b"\0", next_ifd: int = 0) -> bytes:
    """A TIFF of one page that claims this size, whatever `strip` holds; `next_ifd` 8 makes it go in a circle."""
    entries = [(256, 4, 1, width), (257, 4, 1, height), (258, 3, 1, 1), (259, 3, 1, 4), (262, 3, 1, 0)]
    entries += [(273, 4, 1, 8 + 2 + 12 * 8 + 4), (278, 4, 1, height), (279, 4, 1, len(strip))]
    body = struct.pack("<H", len(entries)) + b"".join(struct.pack("<HHII", *entry) for entry in entries)
    return b"II*\0" + struct.pack("<I", 8) + body + struct.pack("<I", next_ifd) + strip


def zip_bomb_pdf(megabytes: int = 600) -> bytes:
    """A small PDF whose page unpacks to as many megabytes."""
    packed = zlib.compress(b"\0" * (megabytes * 1024 * 1024), 9)
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R>>",
        b"<</Length %d/Filter/FlateDecode>>stream\n" % len(packed) + packed + b"\nendstream",
    ]
    out, places = b"%PDF-1.4\n", []
    for number, item in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj" % number + item + b"endobj\n"
    table = b"xref\n0 5\n0000000000 65535 f \n" + b"".join(b"%010d 00000 n \n" % place for place in places)
    return out + table + b"trailer<</Size 5/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF" % len(out)


def gateway_mail(
    subject: str,
    text: str = "",
    *,
    file: bytes | None = None,
    filename: str = "fax00001.tif",
    media_type: str = "image/tiff",
    sender: str = "fax@gateway.test",
    recipient: str = "fax@axd.test",
    message_id: str = "<one@gateway.test>",
    **headers: str,
) -> bytes:
    """`headers`: with underscores for hyphens."""
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"], mail["Message-ID"] = sender, recipient, subject, message_id
    for name, value in headers.items():
        mail[name.replace("_", "-")] = value
    mail.set_content(text)
    if file is not None:
        maintype, _, subtype = media_type.partition("/")
        mail.add_attachment(file, maintype=maintype, subtype=subtype, filename=filename)
    return mail.as_bytes()


HYLAFAX_BODY = """recvq/fax00042.tif (ftp://faxhost:4559/recvq/fax00042.tif):
             Sender: {station}
              Pages: {pages}
            Quality: {quality}
               Size: ISO A4
           Received: 2026:11:24 09:41:07
    Time To Receive: 1:09
        Signal Rate: 14400 bit/s
        Data Format: 2-D MMR
      Error Correct: Yes
            CallID1: {caller}
            CallID2: <NONE>
        Received On: ttyIAX0
             CommID: {comm_id} (ftp://faxhost:4559/log/c{comm_id})
"""


def hylafax_mail(
    file: bytes | None,
    *,
    caller: str = "075588121234",
    station: str = "ZHIGU TECH",
    pages: int = 1,
    comm_id: str = "000000042",
    **said: str,
) -> bytes:
    body = HYLAFAX_BODY.format(
        station=station, pages=pages, caller=caller, comm_id=comm_id, quality=said.pop("quality", "Fine")
    )
    return gateway_mail(f'Fax received from "{station}"', body, file=file, **said)
