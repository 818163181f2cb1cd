"""Reading a posted form with files: nothing larger than can be right is taken in, the rest is stored at once."""

from dataclasses import dataclass, field

from fastapi import Request
from starlette.datastructures import FormData, UploadFile
from starlette.formparsers import MultiPartException

from kit import blobs
from kit.access import Access
from kit.blobs import BlobStore
from kit.errors import TooLarge
from kit.unit_of_work import Database
from webchat.catalogue import Translator
from webchat.form_entry import KeptFile
from webchat.pages import Pages
from webchat.settings import UploadSettings
from webchat.uploads import EmptyFile, ProgramRefused, receive

MEGABYTE = 1024 * 1024
SPARE_FILES = 2
FIELDS_BYTES = 2 * MEGABYTE
MAX_FIELDS = 60
SMALL_BYTES = 64 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Posted:
    """`problems`: sentences about files that were not taken."""

    fields: dict[str, str]
    drop: frozenset[str] = frozenset()
    files: tuple[KeptFile, ...] = ()
    problems: tuple[str, ...] = field(default=())


async def small_form(request: Request) -> FormData:
    """The fields of a form without files. Raises `TooLarge`."""
    length = request.headers.get("content-length", "")
    if not length.isdigit() or int(length) > SMALL_BYTES:
        raise TooLarge
    return await request.form(max_files=0, max_fields=MAX_FIELDS)


def largest_form(limits: UploadSettings) -> int:
    """Bytes of a whole form: somewhat more than allowed is read, so that the page can say what to do."""
    return (limits.count + SPARE_FILES) * limits.max_bytes + FIELDS_BYTES


class FormReader:
    """`limits` bound the whole body, see `largest_form`."""

    def __init__(self, database: Database, access: Access, store: BlobStore, limits: UploadSettings) -> None:
        self._database = database
        self._access = access
        self._store = store
        self._limits = limits

    async def read(self, request: Request, pages: Pages) -> Posted:
        """Fields and stored files of our own form; nothing of a forged one is stored.

        Raises `Forgery`, `TooLarge`, or `Unavailable` when the disk is full.
        """
        self._require_length(request)
        try:
            form = await request.form(max_files=self._limits.count + SPARE_FILES, max_fields=MAX_FIELDS)
        except MultiPartException as error:
            raise TooLarge from error
        try:
            pages.require_own_form(request, form.get("csrf"))
            files, problems = await self._files(form, pages.translator(request))
        finally:
            await form.close()
        fields = {name: value for name, value in form.items() if isinstance(value, str)}
        drop = frozenset(value for value in form.getlist("drop") if isinstance(value, str))
        return Posted(fields=fields, drop=drop, files=tuple(files), problems=tuple(problems))

    def _require_length(self, request: Request) -> None:
        length = request.headers.get("content-length", "")
        if not length.isdigit() or int(length) > largest_form(self._limits):
            raise TooLarge

    async def _files(self, form: FormData, t: Translator) -> tuple[list[KeptFile], list[str]]:
        files: list[KeptFile] = []
        problems: list[str] = []
        for upload in form.getlist("files"):
            if not isinstance(upload, UploadFile) or not upload.filename:
                continue
            if (upload.size or 0) > self._limits.max_bytes:
                size_mb = -(-(upload.size or 0) // MEGABYTE)
                problems.append(t("error_field.file_big", name=upload.filename, size=size_mb))
                continue
            try:
                files.append(await self._keep(upload))
            except EmptyFile:
                problems.append(t("error_field.file_empty", name=upload.filename))
            except ProgramRefused:
                problems.append(t("error_field.file_type", name=upload.filename))
        return files, problems

    async def _keep(self, upload: UploadFile) -> KeptFile:
        received = await receive(self._store, upload, self._limits.max_bytes)
        async with self._database.unit_of_work(self._access) as uow:
            blobs.record(uow, received.blob, received.media_type, kept=False)
        return KeptFile(
            key=received.blob_key,
            filename=received.filename,
            media_type=received.media_type,
            size_bytes=received.size_bytes,
            sha256=received.sha256,
        )
