"""Examples of events, as they are sent: our own, CloudEvents and a CDEvent."""

from typing import Any

STARTED = {
    "id": "crew-1",
    "source": "site/diary",
    "type": "milestone.started",
    "milestone": "foundation",
    "occurred_at": "2024-03-04T07:10:00+01:00",
    "actor": "crew-4",
    "data": {},
}
PROGRESSED = {
    "id": "crew-2",
    "source": "site/diary",
    "type": "milestone.progressed",
    "milestone": "foundation",
    "occurred_at": "2024-03-06",
    "data": {"percent_complete": 40, "remaining_minutes": 1440},
}
NOTE = {
    "id": "note-1",
    "source": "example",
    "type": "note.added",
    "milestone": "final",
    "occurred_at": "2024-10-07",
    "data": {"text": "Shipped."},
}

CD_EVENT = {
    "specversion": "1.0",
    "id": "271069a8-fc18-44f1-b38f-9d70a1695819",
    "source": "https://ci.example.com/tekton",
    "type": "dev.cdevents.pipelinerun.finished.0.2.0",
    "subject": "release-8123",
    "time": "2024-03-22T14:27:05Z",
    "datacontenttype": "application/json",
    "data": {
        "context": {
            "version": "0.4.1",
            "id": "271069a8-fc18-44f1-b38f-9d70a1695819",
            "source": "https://ci.example.com/tekton",
            "type": "dev.cdevents.pipelinerun.finished.0.2.0",
            "timestamp": "2024-03-22T14:27:05Z",
        },
        "subject": {
            "id": "release-8123",
            "type": "pipelineRun",
            "content": {
                "pipelineName": "release",
                "url": "https://ci.example.com/runs/8123",
                "outcome": "success",
                "errors": "",
            },
        },
    },
}


def cloud_event(number: int, milestone: str) -> dict[str, Any]:
    """A note, as a CloudEvent."""
    return {
        "specversion": "1.0",
        "id": f"cloud-{number}",
        "source": "example",
        "type": "leeway.note.added",
        "subject": f"plans/python-3.13/milestones/{milestone}",
        "time": "2024-10-07T12:00:00Z",
        "data": {"text": "Seen from a cloud."},
    }
