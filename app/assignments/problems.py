"""Problems of assignments."""

from app.kit.problems import Problem


class AssignmentNotFound(Problem):
    """The plan has no assignment with this key (any more).

    The key is misspelt, or a revision of the plan deleted it.
    """

    slug, title, status = "assignment-not-found", "Assignment not found", 404
    advice = "Check the key; /assignments of the plan lists those there are."


class AssignmentExists(Problem):
    """The plan has an assignment with this key already.

    Keys are unique within a plan, so that events and reports name one thing.
    """

    slug, title, status = "assignment-exists", "Assignment exists already", 409
    advice = "Use another key, or edit the one that exists with PATCH."
