"""Problems of access."""

from app.kit.problems import Problem


class Unauthorized(Problem):
    """No API key, or one that is unknown, expired or revoked."""

    slug, title, status = "unauthorized", "An API key is required", 401
    advice = "Send the header Authorization: Bearer lw_… with a key that is valid."

    def __init__(self, detail: str | None = None) -> None:
        super().__init__(detail, headers={"WWW-Authenticate": 'Bearer realm="leeway"'})


class Forbidden(Problem):
    """The API key lacks a scope that this operation needs."""

    slug, title, status = "forbidden", "The API key lacks a scope", 403


class TooManyRequests(Problem):
    """The API key has made as many requests as this server lets it make for the moment; nothing was done."""

    slug, title, status = "too-many-requests", "Too many requests", 429
    advice = "Wait as many seconds as Retry-After says, and send the request again; /v1/limits tells the rate."

    def __init__(self, retry_after_seconds: int) -> None:
        super().__init__(headers={"Retry-After": str(retry_after_seconds)})


class WorkspaceNotFound(Problem):
    """There is no workspace of this name."""

    slug, title, status = "workspace-not-found", "Workspace not found", 404


class KeyNotFound(Problem):
    """There is no API key with this id."""

    slug, title, status = "api-key-not-found", "API key not found", 404
