"""The directory of departments."""

from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, Field, StringConstraints, model_validator

Number = Annotated[str, StringConstraints(strip_whitespace=True, max_length=32, pattern=r"^(\+?[0-9][0-9 ()-]*)?$")]
Clock = Annotated[str, StringConstraints(pattern=r"^(([01][0-9]|2[0-3]):[0-5][0-9])?$")]
Name = Annotated[str, StringConstraints(strip_whitespace=True, max_length=80)]


class DepartmentInput(BaseModel):
    """`opens`, `closes`: HH:MM in the workspace's zone; both empty for the bureau's office hours, or for round the
    clock with `every_day`. `based_on`: the version that was changed, 0 for a new department.
    """

    name: Annotated[Name, StringConstraints(min_length=1)]
    name_en: Annotated[str, StringConstraints(strip_whitespace=True, max_length=120)] = ""
    duties: Annotated[str, StringConstraints(strip_whitespace=True, max_length=1000)] = ""
    number: Number = ""
    every_day: bool = False
    opens: Clock = ""
    closes: Clock = ""
    deputy: Name = ""
    deputy_number: Number = ""
    based_on: int = Field(ge=0)

    @model_validator(mode="after")
    def _both_or_none(self) -> "DepartmentInput":
        if bool(self.opens) != bool(self.closes) or (self.opens and self.opens == self.closes):
            raise ValueError("hours have a beginning and another end")
        return self


class DirectoryEntryView(BaseModel):
    """`open_now` until `changes_at`, None when that is far away."""

    id: str
    version: int
    name: str
    name_en: str
    duties: str
    number: str
    every_day: bool
    opens: str
    closes: str
    deputy: str
    deputy_number: str
    open_now: bool
    changes_at: datetime | None
