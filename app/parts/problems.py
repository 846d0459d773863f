"""Problems of contributions to objectives."""

from app.kit.problems import Problem


class ContributionNotFound(Problem):
    """The plan does not contribute to this objective (any more)."""

    slug, title, status = "contribution-not-found", "Contribution not found", 404
    advice = "The plan does not contribute to this objective; /objectives of the plan lists those it does."


class ContributionExists(Problem):
    """The plan contributes to this objective already."""

    slug, title, status = "contribution-exists", "Contribution exists already", 409
    advice = "Edit the one that exists with PATCH."
