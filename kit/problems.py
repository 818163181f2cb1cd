"""Errors on the wire: every failure leaves as problem+json (RFC 9457), none with a trace."""

import logging

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from redis.exceptions import RedisError
from starlette.exceptions import HTTPException

from kit.errors import AppError, Invalid, Unavailable

log = logging.getLogger(__name__)

MEDIA_TYPE = "application/problem+json"
RETRY_AFTER_S = "5"
COME_AGAIN = frozenset({429, 503})


def problem_response(error: AppError) -> Response:
    headers = {"Retry-After": RETRY_AFTER_S} if error.status in COME_AGAIN else None
    return JSONResponse(error.problem(), status_code=error.status, media_type=MEDIA_TYPE, headers=headers)


def install_error_handlers(app: FastAPI) -> None:
    """Render each error of `app`, its own and the framework's, in the one form."""

    @app.exception_handler(AppError)
    async def _app_error(_request: Request, error: AppError) -> Response:
        return problem_response(error)

    @app.exception_handler(RequestValidationError)
    async def _invalid(_request: Request, error: RequestValidationError) -> Response:
        fields = [
            {"field": ".".join(str(part) for part in item["loc"][1:]), "reason": item["msg"]} for item in error.errors()
        ]
        return problem_response(Invalid("Some fields are not valid.", fields=fields))

    @app.exception_handler(HTTPException)
    async def _http(_request: Request, error: HTTPException) -> Response:
        body = {
            "type": "about:blank",
            "title": error.detail,
            "status": error.status_code,
            "code": "http",
            "detail": error.detail,
        }
        return JSONResponse(body, status_code=error.status_code, media_type=MEDIA_TYPE, headers=error.headers)

    @app.exception_handler(RedisError)
    async def _redis(_request: Request, _error: RedisError) -> Response:
        log.exception("redis unavailable")
        return problem_response(Unavailable("The queue's memory cannot be reached; try again."))

    @app.exception_handler(Exception)
    async def _unexpected(request: Request, _error: Exception) -> Response:
        log.exception("unexpected failure of %s %s", request.method, request.url.path)
        return problem_response(AppError("This has been logged; try again or tell the operator."))
