"""Problems of execution events."""

from app.kit.problems import Problem


class EventNotFound(Problem):
    """The plan, or the objective, has no event with this sequence number."""

    slug, title, status = "event-not-found", "Event not found", 404
    advice = "There is no event with this sequence number; /events of the plan or objective lists them."


class EventConflict(Problem):
    """An event with this source and id is recorded already, with other content; the first one stands."""

    slug, title, status = "event-conflict", "Event recorded with other content", 409
    advice = "Give a new event a new id. To change what was recorded, send event.corrected or event.retracted."


class EventRefused(Problem):
    """The event is wrong in itself: an unknown milestone, a phase, or a time that cannot be."""

    slug, title, status = "event-refused", "The event cannot be recorded", 422
    advice = "Correct the places named in errors. This event was not recorded."


class BatchRefused(Problem):
    """An atomic batch had items that cannot be recorded, so none was."""

    slug, title, status = "batch-refused", "The batch was refused", 422
    advice = "Correct the items named in errors, or send the batch without atomic=true."
