"""Problems of success metrics."""

from app.kit.problems import Problem


class MetricNotFound(Problem):
    """There is no such success metric (any more)."""

    slug, title, status = "metric-not-found", "Metric not found", 404
    advice = "Check the key; /metrics lists those there are."


class MetricExists(Problem):
    """There is a success metric of this key already."""

    slug, title, status = "metric-exists", "Metric exists already", 409
    advice = "Edit the one that exists with PATCH, or choose another key."
