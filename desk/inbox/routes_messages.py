"""Messages, drafts and files of the inbox."""

from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Request
from fastapi.responses import FileResponse
from starlette.datastructures import UploadFile

from desk.access import Actor, Reading, Writing, actor, require
from desk.inbox import files, writing
from desk.ports import Services, services
from desk.schemas.inbox import AttachmentView, DraftInput, DraftView, MessageInput, ThreadItem
from kit.errors import Invalid, TooLarge
from records.staff.permissions import Permission

routes = APIRouter(prefix="/api/desk", tags=["inbox"])

FORM_OVERHEAD_BYTES = 64 * 1024
Anyone = Annotated[Actor, Depends(actor)]
Agent = Annotated[Actor, Depends(require(Permission.CONTACTS_HANDLE))]
Bag = Annotated[Services, Depends(services)]
Kind = Literal["reply", "note", "case", "wrap_up"]
UPLOAD_FORM = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {"type": "object", "required": ["file"], "properties": {"file": {"type": "string"}}}
            }
        },
    }
}


@routes.post("/contacts/{contact_id}/messages", status_code=201)
async def send_message(contact_id: str, body: MessageInput, who: Agent, uow: Writing, bag: Bag) -> ThreadItem:
    return await writing.send(uow, bag.waker, who, contact_id, body)


@routes.post("/messages/{message_id}/retry")
async def retry_message(message_id: str, who: Agent, uow: Writing, bag: Bag) -> ThreadItem:
    return await writing.retry(uow, bag.waker, who, message_id)


@routes.get("/contacts/{contact_id}/drafts/{kind}")
async def read_draft(contact_id: str, kind: Kind, who: Agent, uow: Reading) -> DraftView | None:
    return await writing.draft(uow, who, contact_id, kind)


@routes.put("/contacts/{contact_id}/drafts/{kind}")
async def save_draft(contact_id: str, kind: Kind, body: DraftInput, who: Agent, uow: Writing) -> DraftView:
    return await writing.save_draft(uow, who, contact_id, kind, body)


@routes.delete("/contacts/{contact_id}/drafts/{kind}", status_code=204)
async def discard_draft(contact_id: str, kind: Kind, who: Agent, uow: Writing) -> None:
    await writing.discard_draft(uow, who, contact_id, kind)


@routes.post("/uploads", status_code=201, openapi_extra=UPLOAD_FORM)
async def upload_file(request: Request, who: Agent, bag: Bag) -> AttachmentView:
    limit = bag.desk.max_upload_bytes
    # The form is spooled to disk as it is read, so its length is asked before.
    if int(request.headers.get("content-length") or limit * 2) > limit + FORM_OVERHEAD_BYTES:
        raise TooLarge(f"At most {limit} bytes are taken.", max_bytes=limit)
    async with request.form(max_files=1, max_fields=2) as form:
        file = form.get("file")
        if not isinstance(file, UploadFile):
            raise Invalid("The form needs a file.", code="no_file")
        return await writing.upload(bag.database, bag.blobs, who, file, max_bytes=limit)


@routes.get("/attachments/{attachment_id}", response_class=FileResponse, response_model=None)
async def download_attachment(attachment_id: str, who: Anyone, uow: Reading, bag: Bag) -> FileResponse:
    return files.download(bag.blobs, await files.require_attachment(uow, who, attachment_id))


@routes.get("/attachments/{attachment_id}/preview", response_class=FileResponse, response_model=None)
async def preview_attachment(attachment_id: str, who: Anyone, uow: Reading, bag: Bag) -> FileResponse:
    return await files.preview(uow, bag.blobs, await files.require_attachment(uow, who, attachment_id))
