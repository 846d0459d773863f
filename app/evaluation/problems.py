"""Problems of evaluations."""

from app.kit.problems import Problem


class PreviewTooLong(Problem):
    """A tolerance cannot be replayed over so much.

    The period holds too many events and days for one answer.
    """

    slug, title, status = "preview-too-long", "Too much to replay", 422
    advice = "Replay a shorter period: give from, or an earlier to."
