"""Problems of variance."""

from app.kit.problems import Problem


class InstantRefused(Problem):
    """`known_at` lies in the future or before the plan's first fact, or a period is empty or too long."""

    slug, title, status = "instant-refused", "The instant cannot be answered", 422
    advice = "Correct the parameters named in errors."
