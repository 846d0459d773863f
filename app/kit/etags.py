"""ETag and If-Match: nobody overwrites what they have not seen."""

from typing import Annotated

from fastapi import Header, Request
from starlette.responses import Response

from app.kit.problems import FieldError, InvalidRequest, Problem

MAX_LENGTH = 16_384  # of either header, in characters
IfMatch = Annotated[
    str | None,
    Header(
        alias="If-Match",
        description="The ETag of the version you edit, or `*` for whatever it is. Missing: 428; stale: 412.",
        examples=['"r3"'],
    ),
]
IfNoneMatch = Annotated[
    str | None,
    Header(alias="If-None-Match", description="`*`: create only; 412 if it exists already.", examples=["*"]),
]


class PreconditionRequired(Problem):
    """An edit of something that exists needs If-Match, so that nobody overwrites what they have not seen.

    An ETag in If-Match says which version you have seen.
    """

    slug, title, status = "precondition-required", "If-Match is required", 428
    advice = "Read it, and send its ETag in If-Match (or * to overwrite whatever is there)."


class PreconditionFailed(Problem):
    """It has changed since the version that If-Match names (or exists, where If-None-Match forbids it).

    Somebody else edited it between your reading and your writing.
    """

    slug, title, status = "precondition-failed", "It has changed", 412
    advice = "Read it again, and repeat the edit on the new version."


def require_match(if_match: str | None, etag: str) -> None:
    """Let an edit pass only if the caller names the current version.

    Raises:
        PreconditionRequired: no If-Match.
        PreconditionFailed: another version.
        InvalidRequest: If-Match is neither `*` nor a list of quoted tags.
    """
    if if_match is None:
        raise PreconditionRequired
    if etag not in _tags(if_match) and if_match.strip() != "*":
        raise PreconditionFailed


def _check_length(name: str, header: str) -> None:
    if len(header) > MAX_LENGTH:
        raise InvalidRequest(
            errors=[FieldError(f"#header/{name}", "string_too_long", f"is longer than {MAX_LENGTH}")]
        )


def _tags(header: str) -> list[str]:
    _check_length("If-Match", header)
    tags = [tag.strip() for tag in header.split(",")]
    strong = [tag.removeprefix("W/") for tag in tags]  # a weak tag is well formed, and matches nothing
    if header.strip() != "*" and not all(len(t) >= 2 and t[0] == t[-1] == '"' for t in strong):
        place = FieldError("#header/If-Match", "invalid", 'must be * or quoted tags such as "r3"')
        raise InvalidRequest(errors=[place])
    return tags


def not_modified(request: Request, etag: str) -> Response | None:
    """304 when the caller has this version already, else None (If-None-Match, weak comparison).

    Raises:
        InvalidRequest: If-None-Match is too long.
    """
    header = request.headers.get("if-none-match")
    if header is None:
        return None
    _check_length("If-None-Match", header)
    tags = {tag.strip().removeprefix("W/") for tag in header.split(",")}
    return Response(status_code=304, headers={"ETag": etag}) if etag in tags or "*" in tags else None
