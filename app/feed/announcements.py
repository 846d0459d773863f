"""What is announced: every type that the feed shows and webhooks send, in one place."""

from enum import StrEnum


class AnnouncementType(StrEnum):
    """What an announcement is about. Types may be added: ignore those that you do not know."""

    deviation_opened = "deviation.opened"
    deviation_worsened = "deviation.worsened"
    deviation_improved = "deviation.improved"
    deviation_acknowledged = "deviation.acknowledged"
    deviation_reopened = "deviation.reopened"
    deviation_resolved = "deviation.resolved"
    action_checked = "action.checked"
    webhook_test = "webhook.test"
    """To one webhook alone, when its /test is asked for; it is not in the feed."""
    webhook_disabled = "webhook.disabled"
