"""What an operator may set about calls. Times in seconds."""

from collections.abc import Mapping
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class SwitchboardSettings(BaseModel):
    model_config = ConfigDict(frozen=True)

    announce_every_s: float = Field(default=30.0, gt=0, description="position and expected wait are told this often")
    device_s: float = Field(default=20.0, gt=0, description="an accepted call rings an agent's telephone this long")
    consult_s: float = Field(default=20.0, gt=0, description="a consult or transfer rings this long")
    redial_s: float = Field(default=120.0, ge=0, description="who was cut off and redials within it regains the place")
    records: Literal["all", "none"] = Field(default="all", description="conversations are recorded")
    recordings_kept_days: int = Field(default=365, ge=1)
    announces_staff_number: bool = True
    asks_satisfaction: bool = True
    duty_ring_s: float = Field(default=30.0, gt=0, description="each step of the duty roster rings this long")
    callback_tries: int = Field(default=3, ge=1)
    callback_hours: tuple[int, int] = Field(default=(8, 21), description="local hours in which citizens are called")
    supervision_number: str = Field(
        default="8000", description="dialled by supervisors to listen in by telephone; empty: nobody can"
    )
    result_lines: int = Field(default=2, ge=1, description="calls that tell an answer at the same time")
    result_tries: int = Field(default=3, ge=1)
    result_retry_s: float = Field(default=7200.0, gt=0)
    fax_lines: int = Field(default=2, ge=1, description="faxes that are sent at the same time")
    fax_tries: int = Field(default=3, ge=1, description="a machine that is busy or silent is called this often")
    fax_retry_s: float = Field(default=300.0, gt=0)
    fax_ring_s: float = Field(default=60.0, gt=0)
    fax_longest_s: float = Field(default=1800.0, gt=0, description="a fax that takes longer is cut")
    public_number: str = Field(default="", description="shown to citizens who are called; empty: the one they called")
    queue_numbers: Mapping[str, str] = Field(default={}, description="the same by the key of the contact's queue")

    def number_of(self, queue_key: str) -> str:
        """What is shown to whom this queue calls; "" where nothing is set."""
        return self.queue_numbers.get(queue_key, "") or self.public_number
