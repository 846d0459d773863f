"""Problems of deviations and corrective actions."""

from app.kit.problems import Problem


class DeviationNotFound(Problem):
    """There is no deviation with this id in the workspace.

    The id is misspelt, or belongs to another workspace, which answers the same.
    """

    slug, title, status = "deviation-not-found", "Deviation not found", 404
    advice = "Check the id; /v1/deviations lists those there are."


class DeviationResolved(Problem):
    """The deviation is over: it takes no acknowledgement and no corrective action any more.

    What was beyond its tolerance is within it again, was accepted, or does not count any more.
    """

    slug, title, status = "deviation-resolved", "The deviation is resolved", 409
    advice = "Nothing needs to be done. Should it come back, that is a new deviation with its own id."


class ActionNotFound(Problem):
    """The deviation has no corrective action with this id.

    The id is misspelt, or belongs to another deviation or workspace.
    """

    slug, title, status = "action-not-found", "Corrective action not found", 404
    advice = "Check the id; /v1/deviations/{deviation}/actions lists those there are."
