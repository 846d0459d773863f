"""Problems of the feed."""

from app.kit.problems import Problem, ServiceUnavailable


class FeedCursorAhead(Problem):
    """The cursor lies beyond the end of the feed: the database was put back to an earlier state since."""

    slug, title, status = "feed-cursor-ahead", "The cursor is ahead of the feed", 422
    advice = "Read the feed again without a cursor, and skip the items whose id you know."


class TooManyStreams(ServiceUnavailable):
    """This process has as many streams open as it takes."""

    slug, title = "too-many-streams", "Too many streams are open"
    advice = "Try again after the seconds in Retry-After, or read /v1/feed."
