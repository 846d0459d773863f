"""Problems of the service as a whole."""

from app.kit.problems import ServiceUnavailable


class NotReady(ServiceUnavailable):
    """The database is not at the schema version this release needs."""

    slug, title, status = "not-ready", "Not ready", 503
    advice = "Run `leeway migrate` on this database."
