"""Problems of status reports."""

from app.kit.problems import Problem


class ReportNotFound(Problem):
    """The plan has no status report of this number."""

    slug, title, status = "status-report-not-found", "Status report not found", 404
    advice = "The plan has no status report of this number; /status-reports lists them."


class ReportSuperseded(Problem):
    """Another report took the place of this one already."""

    slug, title, status = "status-report-superseded", "The report is superseded already", 409
    advice = "Supersede the report that took its place, which the report names."
