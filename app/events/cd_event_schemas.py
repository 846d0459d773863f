"""CDEvents on the wire: what happened in a build or delivery system, as CloudEvents 1.0 in structured mode."""

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Discriminator, Field, StringConstraints, Tag
from typing_extensions import TypeAliasType

from app.events.data_schemas import Identifier, Person
from app.events.schemas import CloudEvent
from app.kit.schemas import In, Instant, Key

TYPE_PATTERN = r"^dev\.cdeventsx?\.[a-z0-9-]{1,80}\.[a-z0-9-]{1,80}"
_VERSION = r"(\.\d{1,5}\.\d{1,5}\.\d{1,5}[0-9A-Za-z.+-]{0,40})?$"
JSON_PATTERN = r"^application/json( *;[ -~]*)?$"
SubjectId = Annotated[str, StringConstraints(min_length=1, max_length=1_000)]


class CdEventTarget(In):
    """What the sender itself says the event is about, for mappings that leave it open."""

    plan: Key | None = Field(default=None, description="Key of the plan.", examples=["python-3.13"])
    milestone: Key | None = Field(default=None, description="Key of the milestone.", examples=["beta-1"])


class CdEventCustomData(In):
    """What the sender adds; only the member `leeway` is read."""

    model_config = {"extra": "ignore"}

    leeway: CdEventTarget | None = None


class CdEventSubject(In):
    """What it happened to."""

    model_config = {"extra": "ignore"}

    id: SubjectId = Field(examples=["release-8123"])
    content: dict[str, Any] = Field(
        default={},
        description="What is said of it, by the type of event: `outcome`, `pipelineName`, `environment` …",
        examples=[{"pipelineName": "release", "outcome": "success"}],
    )


class CdEventData(In):
    """The CDEvent itself; its `context` repeats the attributes of the CloudEvent and is not read."""

    model_config = {"extra": "ignore"}

    subject: CdEventSubject
    customData: Annotated[CdEventCustomData, BeforeValidator(lambda v: v if isinstance(v, dict) else {})] = (  # noqa: N815
        CdEventCustomData()
    )


class CdEvent(In):
    """A CDEvent, which one of `/v1/event-mappings` turns into an execution event; other attributes are ignored.

    It keeps its `source` and `id`: a repeat has no second effect.
    """

    model_config = {"extra": "ignore"}

    specversion: Literal["1.0"]
    id: Identifier
    source: Identifier
    type: Annotated[str, StringConstraints(pattern=TYPE_PATTERN + _VERSION, max_length=200)] = Field(
        description="The CDEvents type with its version; mappings name it without.",
        examples=["dev.cdevents.pipelinerun.finished.0.2.0"],
    )
    time: Instant = Field(description="When it happened: the `timestamp` of the CDEvent's context.")
    datacontenttype: Annotated[str, StringConstraints(pattern=JSON_PATTERN, max_length=100)] = "application/json"
    actor: Person | None = None
    data: CdEventData


def is_cd_event(raw: Any) -> bool:
    """Whether a CloudEvent is a CDEvent, by its type."""
    type_ = raw.get("type") if isinstance(raw, dict) else None
    return isinstance(type_, str) and type_.startswith(("dev.cdevents.", "dev.cdeventsx."))


AnyCloudEvent = TypeAliasType(
    "AnyCloudEvent",
    Annotated[
        Annotated[CloudEvent, Tag("leeway")] | Annotated[CdEvent, Tag("cdevents")],
        Discriminator(lambda raw: "cdevents" if is_cd_event(raw) else "leeway"),
        Field(description="An execution event as a CloudEvent 1.0, or a CDEvent; the `type` tells which."),
    ],
)
