"""The softphone and calls."""

from typing import Literal

from pydantic import BaseModel


class PhoneView(BaseModel):
    """`engine`: what carries the calls, and so which driver the page uses."""

    engine: Literal["embedded", "asterisk"]
