"""The signed part of the address where a citizen rates a closed contact; it opens that one rating and nothing else."""

from kit.secret_box import SecretBox

_PURPOSE = "satisfaction"


def link_token(box: SecretBox, contact_id: str) -> str:
    """For `/rate/<token>`: safe in an address, the same each time."""
    return f"{contact_id}.{box.sign(_PURPOSE, contact_id)}"


def contact_of(box: SecretBox, token: str) -> str | None:
    """The contact that a token was made for; None for a token that is not ours."""
    contact_id, _, signature = token.partition(".")
    return contact_id if box.verify(_PURPOSE, contact_id, signature) else None
