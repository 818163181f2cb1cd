"""One family of errors; each is rendered as problem+json (RFC 9457)."""

from typing import Any


class AppError(Exception):
    """What went wrong, for a person (`detail`) and for a program (`code`).

    `extras` are further members of the problem document; they must be JSON values and hold no citizen data.
    """

    status = 500
    code = "internal"
    title = "Something failed on our side"

    def __init__(self, detail: str = "", *, code: str | None = None, **extras: Any) -> None:
        super().__init__(detail or self.title)
        self.detail = detail
        self.code = code or self.code
        self.extras = extras

    def problem(self) -> dict[str, Any]:
        """The members of the problem document."""
        return {
            "type": "about:blank",
            "title": self.title,
            "status": self.status,
            "code": self.code,
            "detail": self.detail,
            **self.extras,
        }


class Invalid(AppError):
    status, code, title = 422, "invalid", "The input is not valid"


class Unauthenticated(AppError):
    status, code, title = 401, "unauthenticated", "Sign in first"


class Forbidden(AppError):
    status, code, title = 403, "forbidden", "This right is missing"


class NotFound(AppError):
    status, code, title = 404, "not_found", "There is no such thing here"


class Conflict(AppError):
    status, code, title = 409, "conflict", "Somebody else was first"


class TooLarge(AppError):
    status, code, title = 413, "too_large", "That is too large"


class TooMany(AppError):
    status, code, title = 429, "too_many", "Too many requests; wait a little"


class Unavailable(AppError):
    status, code, title = 503, "unavailable", "Not possible right now; try again"
