"""winmail.dat: what Outlook wraps into one file instead of sending attachments."""

from tnefparse import TNEF

from channels.mail.parsing.charsets import decode
from channels.mail.parsing.filenames import media_type_of, safe_filename
from channels.mail.parsing.model import MailAttachment

MEDIA_TYPES = frozenset({"application/ms-tnef", "application/vnd.ms-tnef"})
_MAX_FILES = 200


def unwrap(attachment: MailAttachment) -> tuple[MailAttachment, ...]:
    """The files inside a winmail.dat; the container itself where it cannot be read."""
    try:
        files = TNEF(attachment.data, do_checksum=False).attachments[:_MAX_FILES]
        inside = tuple(_file(str(file.long_filename()), file.data) for file in files if file.data)
    except Exception:  # the library raises whatever its byte arithmetic runs into
        return (attachment,)
    return inside or (attachment,)


def is_tnef(attachment: MailAttachment) -> bool:
    return attachment.media_type in MEDIA_TYPES or attachment.filename.lower() == "winmail.dat"


def _file(name: str, data: bytes | str) -> MailAttachment:
    content = data if isinstance(data, bytes) else data.encode()
    filename = safe_filename(decode(name.encode("latin-1", "ignore")) if not name.isascii() else name)
    return MailAttachment(filename=filename, media_type=media_type_of(filename), data=content)
