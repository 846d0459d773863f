"""Problems of schedules."""

from app.kit.problems import Problem


class ScheduleBeyondCalendars(Problem):
    """Dates of the schedule run beyond the years that calendars know.

    A duration, a lag or a date is far too long or too late, often by a wrong unit.
    """

    slug, title, status = "schedule-beyond-calendars", "The schedule runs beyond the calendars", 422
    advice = "Look for a duration, lag or date that is far too long or too late. Calendars reach from 1900 to 2300."
