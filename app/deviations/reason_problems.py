"""Problems of reason codes."""

from app.kit.problems import Problem


class ReasonCodeNotFound(Problem):
    """There is no reason code with this key in the workspace."""

    slug, title, status = "reason-code-not-found", "Reason code not found", 404
    advice = "There is no such reason code in your workspace; /v1/reason-codes lists them."


class ReasonCodeTaken(Problem):
    """A reason code has this key already, be it built in or deprecated."""

    slug, title, status = "reason-code-taken", "Reason code taken", 409
    advice = "Use another key, or edit the reason code that has this one."
