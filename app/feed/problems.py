"""Problems of the feed."""

from app.kit.problems import Problem, ServiceUnavailable


class FeedCursorAhead(Problem):
    """The cursor lies beyond the end of the feed: the database was put back to an earlier state since.

    A backup was restored; positions that were read before do not exist any more.
    """

    slug, title, status = "feed-cursor-ahead", "The cursor is ahead of the feed", 422
    advice = "Read the feed again without a cursor, and skip the items whose id you know."


class FeedCursorExpired(Problem):
    """Items after the cursor were dropped from the feed since: they can no longer be read from it.

    The reader was away for longer than items are kept.
    """

    slug, title, status = "feed-cursor-expired", "The cursor has expired", 422
    advice = (
        "Begin again without a cursor (from=beginning), skip the items whose id you know, and read /v1/deviations "
        "for what you missed. LEEWAY_FEED_DAYS is for how long items are kept."
    )


class TooManyStreams(ServiceUnavailable):
    """This process has as many streams open as it takes, of your workspace or of all.

    Each open stream holds a connection of the process.
    """

    slug, title = "too-many-streams", "Too many streams are open"
    advice = "Try again after the seconds in Retry-After, or read /v1/feed."
