"""Problems of tolerances."""

from app.kit.limits import MAX_TOLERANCES
from app.kit.problems import Problem


class ToleranceNotFound(Problem):
    """There is no tolerance with this key (or version) in the workspace."""

    slug, title, status = "tolerance-not-found", "Tolerance not found", 404
    advice = "There is no such tolerance in your workspace; /v1/tolerances lists them."


class ToleranceKeyTaken(Problem):
    """A tolerance has this key, or had it before it was deleted; a built-in one has its key always."""

    slug, title, status = "tolerance-key-taken", "Tolerance key taken", 409
    advice = "Use another key, or edit the tolerance that has this one; PUT brings a deleted built-in one back."


class TooManyTolerances(Problem):
    """The workspace has as many living tolerances as it may have."""

    slug, title, status = "too-many-tolerances", "Too many tolerances", 409
    advice = f"A workspace has at most {MAX_TOLERANCES} tolerances, the built-in ones included; delete some first."
