"""Problems of schedules."""

from app.kit.problems import Problem


class ScheduleBeyondCalendars(Problem):
    """Dates of the schedule run beyond the years that calendars know."""

    slug, title, status = "schedule-beyond-calendars", "The schedule runs beyond the calendars", 422
    advice = "Calendars reach from 1900 to 2300: look for durations, lags or dates that are far too long or too late."
