"""Problems of success metrics."""

from app.kit.problems import Problem


class MetricNotFound(Problem):
    """There is no such success metric (any more).

    The key is misspelt, or the metric was deleted.
    """

    slug, title, status = "metric-not-found", "Metric not found", 404
    advice = "Check the key; /metrics of the plan or objective lists those there are."


class MetricExists(Problem):
    """There is a success metric of this key already.

    Keys are unique within a plan or objective, so that measurements name one thing.
    """

    slug, title, status = "metric-exists", "Metric exists already", 409
    advice = "Edit the one that exists with PATCH, or choose another key."
