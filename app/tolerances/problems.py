"""Problems of tolerances."""

from app.kit.limits import MAX_TOLERANCES
from app.kit.problems import Problem


class ToleranceNotFound(Problem):
    """There is no tolerance with this key (or version) in the workspace.

    The key is misspelt, it was deleted, or it belongs to another workspace, which answers the same.
    """

    slug, title, status = "tolerance-not-found", "Tolerance not found", 404
    advice = "Check the key; /v1/tolerances lists those there are."


class ToleranceKeyTaken(Problem):
    """A tolerance has this key, or had it before it was deleted; a built-in one has its key always.

    A key stands for one tolerance for ever, so that old deviations name the right one.
    """

    slug, title, status = "tolerance-key-taken", "Tolerance key taken", 409
    advice = "Use another key, or edit the tolerance that has this one; PUT brings a deleted built-in one back."


class TooManyTolerances(Problem):
    """The workspace has as many living tolerances as it may have.

    Every evaluation judges each of them.
    """

    slug, title, status = "too-many-tolerances", "Too many tolerances", 409
    advice = f"A workspace has at most {MAX_TOLERANCES} tolerances, the built-in ones included; delete some first."
