"""CDEvents as Tekton and Jenkins send them: CloudEvents in structured mode, written after the specification."""

from typing import Any

from tests.http.events_build import Json

SOURCE = "https://ci.example.com/tekton"
HEADERS = {"Content-Type": "application/cloudevents+json"}
BATCH_HEADERS = {"Content-Type": "application/cloudevents-batch+json; charset=utf-8"}


def cd_event(type_: str, event_id: str, subject: str, at: str = "2026-03-01T08:00:00Z", **content: Any) -> Json:
    """A CDEvent of spec 0.4; `type_` is subject, predicate and version: `pipelinerun.finished.0.2.0`."""
    full = f"dev.cdevents.{type_}"
    context = {"version": "0.4.1", "id": event_id, "source": SOURCE, "type": full, "timestamp": at}
    return {
        "specversion": "1.0",
        "id": event_id,
        "source": SOURCE,
        "type": full,
        "subject": subject,
        "time": at,
        "datacontenttype": "application/json",
        "data": {
            "context": context,
            "subject": {"id": subject, "source": SOURCE, "type": type_.partition(".")[0], "content": content},
        },
    }


def queued(event_id: str = "e-queued", run: str = "release-8123", **content: Any) -> Json:
    """A run of a pipeline waits."""
    told = {"pipelineName": "release", "url": f"https://ci.example.com/runs/{run}", **content}
    return cd_event("pipelinerun.queued.0.2.0", event_id, run, **told)


def started(event_id: str = "e-started", run: str = "release-8123", **content: Any) -> Json:
    """A run of a pipeline begins."""
    told = {"pipelineName": "release", "url": f"https://ci.example.com/runs/{run}", **content}
    return cd_event("pipelinerun.started.0.2.0", event_id, run, "2026-03-01T08:10:00Z", **told)


def finished(
    outcome: str = "success", event_id: str = "e-finished", run: str = "release-8123", **content: Any
) -> Json:
    """A run of a pipeline ends."""
    told = {"pipelineName": "release", "url": f"https://ci.example.com/runs/{run}", "outcome": outcome, **content}
    return cd_event("pipelinerun.finished.0.2.0", event_id, run, "2026-03-01T09:00:00Z", **told)


def about(sent: Json, **target: str) -> Json:
    """The event with what its sender says it is about: `plan` and `milestone`."""
    return {**sent, "data": {**sent["data"], "customData": {"leeway": target}}}


def mapping(key: str, event_type: str, records: str, **fields: Any) -> Json:
    """A mapping to the milestone `m` of the plan `p`; `event_type` and `records` without their first word."""
    return {
        "key": key,
        "event_type": f"dev.cdevents.{event_type}",
        "records": records if "." in records else f"milestone.{records}",
        "plan": "p",
        "milestone": "m",
        **fields,
    }


PIPELINE = [
    mapping("began", "pipelinerun.started", "started"),
    mapping("done", "pipelinerun.finished", "completed", content={"outcome": ["success"]}),
    mapping(
        *("failed", "pipelinerun.finished", "blocked"),
        content={"outcome": ["failure", "error"]},
        reason_code="ci_failed",
    ),
]
"""What most pipelines need: began, done and failed."""
