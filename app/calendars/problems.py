"""Problems of calendars."""

from app.kit.problems import Problem


class CalendarNotFound(Problem):
    """There is no calendar with this key (or version) in the workspace.

    The key is misspelt, it was deleted, or it belongs to another workspace, which answers the same.
    """

    slug, title, status = "calendar-not-found", "Calendar not found", 404
    advice = "Check the key; /v1/calendars lists those there are."


class CalendarKeyTaken(Problem):
    """A calendar with this key exists already.

    Keys are unique in a workspace.
    """

    slug, title, status = "calendar-key-taken", "Calendar key taken", 409
    advice = "Use another key, or edit the calendar that has this one."


class CalendarBuiltIn(Problem):
    """`always` and `standard` are part of Leeway and never change.

    Plans of every workspace rely on what they mean.
    """

    slug, title, status = "calendar-built-in", "The calendar is built in", 409
    advice = "Create a calendar of your own with another key."


class CalendarInUse(Problem):
    """A plan or a resource uses this calendar, so it cannot be deleted.

    Without it, their dates could not be computed any more.
    """

    slug, title, status = "calendar-in-use", "The calendar is in use", 409
    advice = "Give the plans, milestones and resources that use it another calendar first."
