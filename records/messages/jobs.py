"""Work that messages ask of the workers, by reference."""

from enum import StrEnum


class MessageJob(StrEnum):
    PREVIEW = "workers.previews:make_preview"
    RECOGNISE = "workers.recognition:recognise"
