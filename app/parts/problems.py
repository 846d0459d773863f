"""Problems of contributions to objectives."""

from app.kit.problems import Problem


class ContributionNotFound(Problem):
    """The plan does not contribute to this objective (any more).

    The objective's key is misspelt, or a revision of the plan took the contribution back.
    """

    slug, title, status = "contribution-not-found", "Contribution not found", 404
    advice = "Check the key; /objectives of the plan lists those there are."


class ContributionExists(Problem):
    """The plan contributes to this objective already.

    A plan contributes to an objective once, with one weight.
    """

    slug, title, status = "contribution-exists", "Contribution exists already", 409
    advice = "Edit the one that exists with PATCH."
