"""Problems of reason codes."""

from app.kit.problems import Problem


class ReasonCodeNotFound(Problem):
    """There is no reason code with this key in the workspace.

    The key is misspelt, it was deleted, or it belongs to another workspace, which answers the same.
    """

    slug, title, status = "reason-code-not-found", "Reason code not found", 404
    advice = "Check the key; /v1/reason-codes lists those there are."


class ReasonCodeTaken(Problem):
    """A reason code has this key already, be it built in or deprecated.

    A code means one thing for ever, so that old reasons stay readable.
    """

    slug, title, status = "reason-code-taken", "Reason code taken", 409
    advice = "Use another key, or edit the reason code that has this one."
