"""Problems of resources."""

from app.kit.problems import Problem


class ResourceNotFound(Problem):
    """There is no resource with this key (or version) in the workspace."""

    slug, title, status = "resource-not-found", "Resource not found", 404
    advice = "There is no such resource in your workspace; /v1/resources lists them."


class ResourceKeyTaken(Problem):
    """A resource has this key, or had it before it was deleted."""

    slug, title, status = "resource-key-taken", "Resource key taken", 409
    advice = "Use another key, or edit the resource that has this one."


class ResourceInUse(Problem):
    """A plan assigns the resource, so it cannot be deleted."""

    slug, title, status = "resource-in-use", "The resource is in use", 409
    advice = "Take it out of the assignments of the plans that name it first."
