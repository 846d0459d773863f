"""Problems of execution events."""

from app.kit.problems import FieldError, Problem


class EventNotFound(Problem):
    """The plan, or the objective, has no event with this sequence number.

    The number is higher than the last one, or belongs to another plan.
    """

    slug, title, status = "event-not-found", "Event not found", 404
    advice = "Check the number; /events of the plan or objective lists them."


class EventConflict(Problem):
    """An event with this source and id is recorded already, with other content; the first one stands.

    The name (`source`, `id`) makes a repeat harmless; two different events must not have the same.
    """

    slug, title, status = "event-conflict", "Event recorded with other content", 409
    advice = "Give a new event a new id. To change what was recorded, send event.corrected or event.retracted."


class EventRefused(Problem):
    """The event is wrong in itself: an unknown milestone, a phase, or a time that cannot be.

    The milestone does not exist or is a phase, `occurred_at` lies too far ahead, or `data` does not go with the type.
    """

    slug, title, status = "event-refused", "The event cannot be recorded", 422
    advice = "Correct the places named in errors. This event was not recorded."
    example_errors = (FieldError("/milestone", "unknown_milestone", "is no milestone of this plan"),)


class BatchRefused(Problem):
    """An atomic batch had items that cannot be recorded, so none was.

    The request asked for all or nothing (`atomic=true`), and at least one item is wrong.
    """

    slug, title, status = "batch-refused", "The batch was refused", 422
    advice = "Correct the items named in errors, or send the batch without atomic=true."
    example_errors = (FieldError("/2/milestone", "unknown_milestone", "is no milestone of this plan"),)
