"""Problems of calendars."""

from app.kit.problems import Problem


class CalendarNotFound(Problem):
    """There is no calendar with this key (or version) in the workspace."""

    slug, title, status = "calendar-not-found", "Calendar not found", 404
    advice = "There is no such calendar in your workspace; /v1/calendars lists them."


class CalendarKeyTaken(Problem):
    """A calendar with this key exists already."""

    slug, title, status = "calendar-key-taken", "Calendar key taken", 409
    advice = "Use another key, or edit the calendar that has this one."


class CalendarBuiltIn(Problem):
    """`always` and `standard` are part of Leeway and never change."""

    slug, title, status = "calendar-built-in", "The calendar is built in", 409
    advice = "Create a calendar of your own with another key."


class CalendarInUse(Problem):
    """A plan or a resource uses this calendar, so it cannot be deleted."""

    slug, title, status = "calendar-in-use", "The calendar is in use", 409
    advice = "Give the plans, milestones and resources that use it another calendar first."
