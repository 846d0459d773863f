"""Problems of the service as a whole."""

from app.kit.problems import ServiceUnavailable


class NotReady(ServiceUnavailable):
    """The database is not at the schema version this release needs.

    The release was installed and the database was not migrated yet, or the database is that of a newer release.
    """

    slug, title, status = "not-ready", "Not ready", 503
    advice = "Run `leeway migrate` on this database."
