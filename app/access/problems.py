"""Problems of access."""

from app.kit.problems import Problem


class Unauthorized(Problem):
    """No API key, or one that is unknown, expired or revoked.

    Everything under /v1 belongs to a workspace, and the key says to which.
    """

    slug, title, status = "unauthorized", "An API key is required", 401
    advice = "Send the header Authorization: Bearer lw_… with a key that is valid."

    def __init__(self, detail: str | None = None) -> None:
        super().__init__(detail, headers={"WWW-Authenticate": 'Bearer realm="leeway"'})


class Forbidden(Problem):
    """The API key lacks a scope that this operation needs.

    Whoever made the key gave it less than that; `detail` names the scope.
    """

    slug, title, status = "forbidden", "The API key lacks a scope", 403
    advice = "Use a key that has the scope named in detail, or make one: `leeway keys create NAME --scope SCOPE`."


class TooManyRequests(Problem):
    """The API key has made as many requests as this server lets it make for the moment; nothing was done.

    LEEWAY_REQUESTS_PER_MINUTE bounds each key, so that one caller does not slow down the others.
    """

    slug, title, status = "too-many-requests", "Too many requests", 429
    advice = "Wait as many seconds as Retry-After says, and send the request again; /v1/limits tells the rate."

    def __init__(self, retry_after_seconds: int) -> None:
        super().__init__(headers={"Retry-After": str(retry_after_seconds)})


class WorkspaceNotFound(Problem):
    """There is no workspace of this name.

    The name is misspelt, or no key was made in it yet.
    """

    slug, title, status = "workspace-not-found", "Workspace not found", 404
    advice = (
        "Check the name, or make the workspace with its first key: `leeway keys create NAME --workspace WORKSPACE`."
    )


class KeyNotFound(Problem):
    """There is no API key with this id.

    The id is misspelt, or the key is kept in another database than the settings name.
    """

    slug, title, status = "api-key-not-found", "API key not found", 404
    advice = "Check the id; `leeway keys list` lists those there are."
