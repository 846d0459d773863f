"""Problems of event mappings."""

from app.kit.limits import MAX_EVENT_MAPPINGS
from app.kit.problems import Problem


class NoMapping(Problem):
    """No event mapping of the workspace says what this CDEvent means, or of which plan and milestone it is."""

    slug, title, status = "no-mapping", "No mapping for this CDEvent", 422
    advice = (
        "No mapping matches its type, source, subject and content: add one with POST /v1/event-mappings "
        "and send it again, or send only what shall count. Its neighbours are not concerned."
    )


class EventMappingNotFound(Problem):
    """There is no event mapping with this key in the workspace."""

    slug, title, status = "event-mapping-not-found", "Event mapping not found", 404
    advice = "There is no such event mapping in your workspace; /v1/event-mappings lists them."


class EventMappingKeyTaken(Problem):
    """An event mapping with this key exists already."""

    slug, title, status = "event-mapping-key-taken", "Event mapping key taken", 409
    advice = "Use another key, or edit the event mapping that has this one."


class TooManyEventMappings(Problem):
    """The workspace has as many event mappings as it may have."""

    slug, title, status = "too-many-event-mappings", "Too many event mappings", 409
    advice = f"A workspace has at most {MAX_EVENT_MAPPINGS} event mappings; patterns make one do for many pipelines."
