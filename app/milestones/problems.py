"""Problems of milestones and dependencies."""

from app.kit.problems import FieldError, Problem


class MilestoneNotFound(Problem):
    """The plan has no milestone with this key (any more).

    The key is misspelt, or a revision of the plan deleted it.
    """

    slug, title, status = "milestone-not-found", "Milestone not found", 404
    advice = "Check the key; /milestones of the plan lists those there are."


class MilestoneKeyTaken(Problem):
    """The plan has a milestone with this key already.

    Keys are unique within a plan, so that events name one milestone.
    """

    slug, title, status = "milestone-key-taken", "Milestone key taken", 409
    advice = "Use another key, or edit the milestone that has this one."


class MilestoneHasChildren(Problem):
    """A phase with children cannot be deleted before them.

    They would lie in nothing.
    """

    slug, title, status = "milestone-has-children", "The phase has children", 409
    advice = "Delete its children first, or give them another parent."


class DependencyNotFound(Problem):
    """The plan has no such dependency (any more).

    A key or the type is misspelt, or a revision of the plan deleted it.
    """

    slug, title, status = "dependency-not-found", "Dependency not found", 404
    advice = "Check predecessor, type and successor; /dependencies of the plan lists those there are."


class DependencyExists(Problem):
    """The plan has this dependency already.

    Two milestones have at most one dependency of each type.
    """

    slug, title, status = "dependency-exists", "Dependency exists already", 409
    advice = "Edit the one that exists with PATCH."


class InvalidPlan(Problem):
    """The plan as it would be after the edit breaks its own rules; `errors` names each place.

    A date is after another that must follow it, links form a cycle, a parent is no phase, or a limit is passed.
    """

    slug, title, status = "invalid-plan", "The plan would not be sound", 422
    advice = "Correct the places named in errors. Nothing was stored."
    example_errors = (FieldError("/dependencies/2", "cycle", "closes a cycle: build → test → build"),)
