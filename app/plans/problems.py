"""Problems of plans, revisions and baselines."""

from app.kit.problems import Problem


class PlanNotFound(Problem):
    """There is no plan with this key in the workspace.

    The key is misspelt, it was deleted, or it belongs to another workspace, which answers the same.
    """

    slug, title, status = "plan-not-found", "Plan not found", 404
    advice = "Check the key; /v1/plans lists those there are."


class PlanKeyTaken(Problem):
    """A plan with this key exists, or existed: the key of a deleted plan stays reserved.

    A key stands for one plan for ever, so that old events and reports are not mistaken for those of another.
    """

    slug, title, status = "plan-key-taken", "Plan key taken", 409
    advice = "Use another key, or edit the plan that has this one. Keys of deleted plans stay reserved."


class RevisionNotFound(Problem):
    """The plan has no revision of this number.

    The number is higher than the plan's newest revision.
    """

    slug, title, status = "revision-not-found", "Revision not found", 404
    advice = "Check the number; /revisions of the plan lists them."


class BaselineNotFound(Problem):
    """The plan has no such baseline.

    The number is wrong, or nobody has frozen a baseline of this plan yet.
    """

    slug, title, status = "baseline-not-found", "Baseline not found", 404
    advice = "Check the number; /baselines of the plan lists them. POST there freezes one."


class WrongStatus(Problem):
    """The plan cannot go from its status to the one asked for.

    The plan has a baseline, which execution is held against; a draft has none.
    """

    slug, title, status = "wrong-status", "Status cannot change that way", 409
    advice = "A plan with a baseline cannot be a draft again: put it on_hold, or close it with POST …/close."
