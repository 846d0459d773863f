"""Problems of assumptions."""

from app.kit.problems import Problem


class AssumptionNotFound(Problem):
    """The plan has no assumption with this key (any more).

    The key is misspelt, or a revision of the plan deleted it.
    """

    slug, title, status = "assumption-not-found", "Assumption not found", 404
    advice = "Check the key; /assumptions of the plan lists those there are."


class AssumptionExists(Problem):
    """The plan has an assumption with this key already.

    Keys are unique within a plan, so that events and reports name one thing.
    """

    slug, title, status = "assumption-exists", "Assumption exists already", 409
    advice = "Edit the one that exists with PATCH, or choose another key."
