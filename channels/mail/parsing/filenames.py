"""Names of attached files, made safe to show and to save."""

import mimetypes
import re

_FORBIDDEN = re.compile(r"[\x00-\x1f\x7f/\\:*?\"<>|\u202a-\u202e\u2066-\u2069]+")
_MAX_CHARS = 150


def safe_filename(name: str, *, fallback: str = "attachment") -> str:
    """The last path component without control, direction and reserved characters; never empty, suffix kept."""
    last = re.split(r"[/\\]", name)[-1]
    cleaned = _FORBIDDEN.sub("_", last).strip(" .")
    if len(cleaned) > _MAX_CHARS:
        stem, dot, suffix = cleaned.rpartition(".")
        keep = len(suffix) + 1 if dot and len(suffix) <= 10 else 0
        cleaned = f"{stem[: _MAX_CHARS - keep]}.{suffix}" if keep else cleaned[:_MAX_CHARS]
    return cleaned or fallback


def media_type_of(filename: str) -> str:
    """A guess by suffix; what is shown or served inline must be decided by content, elsewhere."""
    return mimetypes.guess_type(filename)[0] or "application/octet-stream"


def suffix_of(media_type: str) -> str:
    """A file suffix with its dot for a media type, empty when there is none."""
    return mimetypes.guess_extension(media_type) or ""
