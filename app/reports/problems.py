"""Problems of status reports."""

from app.kit.problems import Problem


class ReportNotFound(Problem):
    """The plan has no status report of this number.

    The number is higher than the last report's.
    """

    slug, title, status = "status-report-not-found", "Status report not found", 404
    advice = "Check the number; /status-reports of the plan lists them."


class ReportSuperseded(Problem):
    """Another report took the place of this one already.

    A report is replaced once, so that there is one newest word.
    """

    slug, title, status = "status-report-superseded", "The report is superseded already", 409
    advice = "Supersede the report that took its place, which the report names."
