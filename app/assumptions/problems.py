"""Problems of assumptions."""

from app.kit.problems import Problem


class AssumptionNotFound(Problem):
    """The plan has no assumption with this key (any more)."""

    slug, title, status = "assumption-not-found", "Assumption not found", 404
    advice = "The plan has no assumption with this key; /assumptions lists them."


class AssumptionExists(Problem):
    """The plan has an assumption with this key already."""

    slug, title, status = "assumption-exists", "Assumption exists already", 409
    advice = "Edit the one that exists with PATCH, or choose another key."
