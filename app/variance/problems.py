"""Problems of variance."""

from app.kit.problems import FieldError, Problem


class InstantRefused(Problem):
    """`known_at` lies in the future or before the plan's first fact, or a period is empty or too long.

    What was known then cannot be told: it is not over yet, or nothing was known.
    """

    slug, title, status = "instant-refused", "The instant cannot be answered", 422
    advice = "Correct the parameters named in errors."
    example_errors = (FieldError("?known_at", "known_at_refused", "lies in the future"),)
