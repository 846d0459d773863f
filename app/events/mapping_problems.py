"""Problems of event mappings."""

from app.kit.limits import MAX_EVENT_MAPPINGS
from app.kit.problems import Problem


class NoMapping(Problem):
    """No event mapping of the workspace says what this CDEvent means, or of which plan and milestone it is.

    A CDEvent names pipelines and artifacts, and no plan; only a mapping says which milestone it is about.
    """

    slug, title, status = "no-mapping", "No mapping for this CDEvent", 422
    advice = (
        "No mapping matches its type, source, subject and content: add one with POST /v1/event-mappings "
        "and send it again, or send only what shall count. Its neighbours are not concerned."
    )


class EventMappingNotFound(Problem):
    """There is no event mapping with this key in the workspace.

    The key is misspelt, it was deleted, or it belongs to another workspace, which answers the same.
    """

    slug, title, status = "event-mapping-not-found", "Event mapping not found", 404
    advice = "Check the key; /v1/event-mappings lists those there are."


class EventMappingKeyTaken(Problem):
    """An event mapping with this key exists already.

    Keys are unique in a workspace.
    """

    slug, title, status = "event-mapping-key-taken", "Event mapping key taken", 409
    advice = "Use another key, or edit the event mapping that has this one."


class TooManyEventMappings(Problem):
    """The workspace has as many event mappings as it may have.

    Every CDEvent is held against all of them.
    """

    slug, title, status = "too-many-event-mappings", "Too many event mappings", 409
    advice = f"A workspace has at most {MAX_EVENT_MAPPINGS} event mappings; patterns make one do for many pipelines."
