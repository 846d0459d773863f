"""Problems of webhooks."""

from app.kit.problems import Problem


class WebhookNotFound(Problem):
    """There is no webhook with this key in the workspace.

    The key is misspelt, it was deleted, or it belongs to another workspace, which answers the same.
    """

    slug, title, status = "webhook-not-found", "Webhook not found", 404
    advice = "Check the key; /v1/webhooks lists those there are."


class WebhookKeyTaken(Problem):
    """A webhook with this key exists already.

    Keys are unique in a workspace.
    """

    slug, title, status = "webhook-key-taken", "Webhook key taken", 409
    advice = "Use another key, or edit the webhook that has this one."


class TooManyWebhooks(Problem):
    """The workspace has as many webhooks as it may.

    Everything that is announced is held against each of them.
    """

    slug, title, status = "too-many-webhooks", "Too many webhooks", 409
    advice = "Delete one that is not needed any more; /v1/limits tells how many there may be."


class WebhookDisabled(Problem):
    """Nothing is sent to this webhook while it is disabled.

    An edit disabled it, its receiver answered 410 Gone, or took nothing for 120 hours.
    """

    slug, title, status = "webhook-disabled", "The webhook is disabled", 409
    advice = 'Enable it first: PATCH {"enabled": true}.'


class DeliveryNotFound(Problem):
    """There is no such delivery to this webhook; finished ones are kept for 30 days.

    The id is misspelt, belongs to another webhook, or its 30 days are over.
    """

    slug, title, status = "delivery-not-found", "Delivery not found", 404
    advice = "Check the id; /deliveries of the webhook lists those there are."
