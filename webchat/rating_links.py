"""The signed part of the address where a citizen rates a closed contact; it opens that one rating and nothing else."""

from kit.secret_box import SecretBox

_PURPOSE = "satisfaction"


def link_token(box: SecretBox, row_id: str) -> str:
    """For `/rate/<token>`: short enough for a text message, safe in an address."""
    return f"{row_id}.{box.sign(_PURPOSE, row_id)}"


def row_of(box: SecretBox, token: str) -> str | None:
    """The id that a token was made for; None for one that is not ours."""
    row_id, _, signature = token.partition(".")
    return row_id if box.verify(_PURPOSE, row_id, signature) else None
