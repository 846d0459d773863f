"""Problems of plans, revisions and baselines."""

from app.kit.problems import Problem


class PlanNotFound(Problem):
    """There is no plan with this key in the workspace."""

    slug, title, status = "plan-not-found", "Plan not found", 404
    advice = "There is no plan with this key in your workspace."


class PlanKeyTaken(Problem):
    """A plan with this key exists, or existed: the key of a deleted plan stays reserved."""

    slug, title, status = "plan-key-taken", "Plan key taken", 409
    advice = "Use another key, or edit the plan that has this one. Keys of deleted plans stay reserved."


class RevisionNotFound(Problem):
    """The plan has no revision of this number."""

    slug, title, status = "revision-not-found", "Revision not found", 404
    advice = "The plan has no revision of this number; /revisions lists them."


class BaselineNotFound(Problem):
    """The plan has no such baseline."""

    slug, title, status = "baseline-not-found", "Baseline not found", 404
    advice = "The plan has no such baseline (yet); /baselines lists them."


class WrongStatus(Problem):
    """The plan cannot go from its status to the one asked for."""

    slug, title, status = "wrong-status", "Status cannot change that way", 409
    advice = "A plan with a baseline cannot be a draft again."
