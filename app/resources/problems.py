"""Problems of resources."""

from app.kit.limits import MAX_LOAD_MILESTONES, MAX_LOAD_PLANS
from app.kit.problems import Problem


class ResourceNotFound(Problem):
    """There is no resource with this key (or version) in the workspace.

    The key is misspelt, it was deleted, or it belongs to another workspace, which answers the same.
    """

    slug, title, status = "resource-not-found", "Resource not found", 404
    advice = "Check the key; /v1/resources lists those there are."


class ResourceKeyTaken(Problem):
    """A resource has this key, or had it before it was deleted.

    Keys are unique in a workspace, and those of deleted resources stay reserved.
    """

    slug, title, status = "resource-key-taken", "Resource key taken", 409
    advice = "Use another key, or edit the resource that has this one."


class ResourceInUse(Problem):
    """A plan assigns the resource, so it cannot be deleted.

    Work would be assigned to nobody.
    """

    slug, title, status = "resource-in-use", "The resource is in use", 409
    advice = "Take it out of the assignments of the plans that name it first."


class LoadTooLarge(Problem):
    """More plans assign the resource than one answer reads.

    The answer would take too long to compute for one request.
    """

    slug, title, status = "load-too-large", "Too many plans assign the resource", 422
    advice = (
        f"Load is told of at most {MAX_LOAD_PLANS} plans with {MAX_LOAD_MILESTONES} milestones together; "
        "ask the plans one by one."
    )
