"""Problems of milestones and dependencies."""

from app.kit.problems import Problem


class MilestoneNotFound(Problem):
    """The plan has no milestone with this key (any more)."""

    slug, title, status = "milestone-not-found", "Milestone not found", 404
    advice = "The plan has no milestone with this key; /milestones lists them."


class MilestoneKeyTaken(Problem):
    """The plan has a milestone with this key already."""

    slug, title, status = "milestone-key-taken", "Milestone key taken", 409
    advice = "Use another key, or edit the milestone that has this one."


class MilestoneHasChildren(Problem):
    """A phase with children cannot be deleted before them."""

    slug, title, status = "milestone-has-children", "The phase has children", 409
    advice = "Delete its children first, or give them another parent."


class DependencyNotFound(Problem):
    """The plan has no such dependency (any more)."""

    slug, title, status = "dependency-not-found", "Dependency not found", 404
    advice = "The plan has no such dependency; /dependencies lists them."


class DependencyExists(Problem):
    """The plan has this dependency already."""

    slug, title, status = "dependency-exists", "Dependency exists already", 409
    advice = "Edit the one that exists with PATCH."


class InvalidPlan(Problem):
    """The plan as it would be after the edit breaks its own rules; `errors` names each place."""

    slug, title, status = "invalid-plan", "The plan would not be sound", 422
    advice = "Correct the places named in errors. Nothing was stored."
