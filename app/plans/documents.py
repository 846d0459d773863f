"""A plan document in bytes to content: strict JSON, then the schema; far from the event loop when large."""

from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from app.domain.plan import PARTS, PlanContent
from app.domain.rules import Violation
from app.kit import strict_json
from app.kit.problems import FieldError, InvalidRequest, from_validation
from app.milestones.schemas import to_dependency, to_milestone
from app.parts.schemas import body_of
from app.plans.field_schemas import to_fields
from app.plans.schemas import DOCUMENTED, DocumentIn


@dataclass(frozen=True, slots=True)
class ParsedDocument:
    """A document as content, and which of its parts were given at all."""

    content: PlanContent
    given: frozenset[str]
    locate: Callable[[Violation], str]

    def over(self, before: PlanContent) -> PlanContent:
        """The content after a PUT: given parts replace, parts left out stay."""
        fields = self.content.fields
        kept = {name: getattr(before.fields, name) for name in fields.__dataclass_fields__ if name not in self.given}
        taken = {name: getattr(fields, name) for name in fields.__dataclass_fields__ if name in self.given}
        return PlanContent(
            type(fields)(**kept, **taken),
            self.content.milestones if "milestones" in self.given else before.milestones,
            self.content.dependencies if "dependencies" in self.given else before.dependencies,
            {part: (self.content if part in self.given else before).part(part) for part in PARTS},
        )


def parse(body: bytes) -> ParsedDocument:
    """Read a document.

    Raises:
        MalformedJson, InvalidRequest: naming every place, up to 50.
    """
    return read(strict_json.parse(body))


def read(raw: Any) -> ParsedDocument:
    """A document of JSON values.

    Raises:
        InvalidRequest: naming every place, up to 50.
    """
    try:
        model = DocumentIn.model_validate(raw)
    except ValidationError as error:
        raise from_validation(error.errors(include_url=False, include_input=False), raw) from None
    milestones: list[Hashable] = [m.key for m in model.milestones]
    dependencies: list[Hashable] = [(d.predecessor, d.type.value, d.successor) for d in model.dependencies]
    others = {part: getattr(model, part) for part in DOCUMENTED}
    keys: dict[str, list[Hashable]] = {part: [each.key for each in told] for part, told in others.items()}
    keys |= {"milestones": milestones, "dependencies": dependencies}
    repeated = [error for part, names in keys.items() for error in _repeated(part, names)]
    if repeated:
        raise InvalidRequest(errors=repeated)
    content = PlanContent(
        to_fields(model),
        {m.key: to_milestone(m, m.key) for m in model.milestones},
        {link.identity: link for link in map(to_dependency, model.dependencies)},
        {part: {each.key: body_of(each) for each in told} for part, told in others.items()},
    )
    places = {(part, key): i for part, names in keys.items() for i, key in enumerate(names)}

    def locate(violation: Violation) -> str:
        place = "" if violation.part == "plan" else f"/{violation.part}"
        index = places.get((violation.part, violation.key))
        if index is None and violation.key is not None:
            return place  # it stands in a part that was left out
        place += "" if index is None else f"/{index}"
        return place + (f"/{violation.field}" if violation.field else "")

    return ParsedDocument(content, frozenset(model.model_fields_set), locate)


def _repeated(part: str, keys: list[Hashable]) -> list[FieldError]:
    last = {key: i for i, key in enumerate(keys)}
    return [
        FieldError(f"/{part}/{i}", "repeated", "stands more than once") for i, k in enumerate(keys) if last[k] != i
    ]
