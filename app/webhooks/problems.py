"""Problems of webhooks."""

from app.kit.problems import Problem


class WebhookNotFound(Problem):
    """There is no webhook with this key in the workspace."""

    slug, title, status = "webhook-not-found", "Webhook not found", 404
    advice = "There is no such webhook in your workspace; /v1/webhooks lists them."


class WebhookKeyTaken(Problem):
    """A webhook with this key exists already."""

    slug, title, status = "webhook-key-taken", "Webhook key taken", 409
    advice = "Use another key, or edit the webhook that has this one."


class TooManyWebhooks(Problem):
    """The workspace has as many webhooks as it may."""

    slug, title, status = "too-many-webhooks", "Too many webhooks", 409
    advice = "Delete one that is not needed any more; /v1/limits tells how many there may be."


class WebhookDisabled(Problem):
    """Nothing is sent to this webhook while it is disabled."""

    slug, title, status = "webhook-disabled", "The webhook is disabled", 409
    advice = 'Enable it first: PATCH {"enabled": true}.'


class DeliveryNotFound(Problem):
    """There is no such delivery to this webhook; finished ones are kept for 30 days."""

    slug, title, status = "delivery-not-found", "Delivery not found", 404
    advice = "There is no such delivery to this webhook; its /deliveries lists them."
