"""Problems of deviations and corrective actions."""

from app.kit.problems import Problem


class DeviationNotFound(Problem):
    """There is no deviation with this id in the workspace."""

    slug, title, status = "deviation-not-found", "Deviation not found", 404
    advice = "There is no such deviation in your workspace; /v1/deviations lists them."


class DeviationResolved(Problem):
    """The deviation is over: it takes no acknowledgement and no corrective action any more."""

    slug, title, status = "deviation-resolved", "The deviation is resolved", 409
    advice = "Nothing needs to be done. Should it come back, that is a new deviation with its own id."


class ActionNotFound(Problem):
    """The deviation has no corrective action with this id."""

    slug, title, status = "action-not-found", "Corrective action not found", 404
    advice = "The deviation has no such action; /v1/deviations/{deviation}/actions lists them."
