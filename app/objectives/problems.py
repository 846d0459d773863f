"""Problems of objectives."""

from app.kit.limits import MAX_OBJECTIVES, MAX_ROLLUP_MILESTONES, MAX_ROLLUP_PLANS
from app.kit.problems import Problem


class ObjectiveNotFound(Problem):
    """There is no objective with this key (or version) in the workspace.

    The key is misspelt, it was deleted, or it belongs to another workspace, which answers the same.
    """

    slug, title, status = "objective-not-found", "Objective not found", 404
    advice = "Check the key; /v1/objectives lists those there are."


class ObjectiveKeyTaken(Problem):
    """An objective has this key, or had it before it was deleted.

    Keys are unique in a workspace, and those of deleted objectives stay reserved.
    """

    slug, title, status = "objective-key-taken", "Objective key taken", 409
    advice = "Use another key, or edit the objective that has this one."


class TooManyObjectives(Problem):
    """The workspace has as many living objectives as it may have.

    The tree is read as a whole.
    """

    slug, title, status = "too-many-objectives", "Too many objectives", 409
    advice = f"A workspace has at most {MAX_OBJECTIVES} objectives; delete some first."


class ObjectiveInUse(Problem):
    """The objective has children, or plans contribute to it, so it cannot be deleted.

    What lies below it, or contributes to it, would have no goal.
    """

    slug, title, status = "objective-in-use", "The objective is in use", 409
    advice = "Give its children another parent, and take it out of the plans that contribute to it, first."


class RollupTooLarge(Problem):
    """More plans contribute to the objective and those below it than one answer reads.

    The answer would take too long to compute for one request.
    """

    slug, title, status = "rollup-too-large", "Too much contributes to the objective", 422
    advice = (
        f"A roll-up reads at most {MAX_ROLLUP_PLANS} plans with {MAX_ROLLUP_MILESTONES} milestones together; ask the "
        "objectives below one by one."
    )
