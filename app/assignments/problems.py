"""Problems of assignments."""

from app.kit.problems import Problem


class AssignmentNotFound(Problem):
    """The plan has no assignment with this key (any more)."""

    slug, title, status = "assignment-not-found", "Assignment not found", 404
    advice = "There is no such assignment in this plan; /assignments of the plan lists them."


class AssignmentExists(Problem):
    """The plan has an assignment with this key already."""

    slug, title, status = "assignment-exists", "Assignment exists already", 409
    advice = "Use another key, or edit the one that exists with PATCH."
