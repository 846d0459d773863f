"""What every part of a plan has on the wire, made from the fields of one."""

from collections.abc import Mapping
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import Field, create_model
from pydantic.fields import FieldInfo

from app.domain.plan import PartBody
from app.kit.schemas import In, Key, Out


def body_of(part: In) -> PartBody:
    """What a part says, in the normal form in which it is stored and compared."""
    return part.model_dump(mode="json", exclude={"key"})


def with_key(fields: type[In], name: str, named_after: str | None) -> type[In]:
    """The model of a new part: with a key that may be left out, or that is the key of something else."""
    made: Any = (Key | None, Field(default=None, description="Made by Leeway when left out."))
    key: Any = made if named_after is None else (Key, Field(description=f"Key of the {named_after}."))
    return create_model(f"{name}In", __base__=fields, __doc__=fields.__doc__, key=key)


def patch(fields: type[In], name: str) -> type[In]:
    """The model of a JSON merge patch; what it makes of the part is held against `fields` itself."""
    names: dict[str, Any] = {each: (_patched(found), None) for each, found in fields.model_fields.items()}
    doc = "A JSON merge patch: what is left out stays, null sets the default."
    return create_model(f"{name}Patch", __base__=In, __doc__=doc, **names)


def _patched(field: FieldInfo) -> Any:
    """The type of a field in a patch: null as well, and of an object any of its members."""
    one = get_origin(field.annotation) not in {Union, UnionType}
    kinds = (field.annotation,) if one else get_args(field.annotation)
    if any(isinstance(kind, type) and issubclass(kind, In) for kind in kinds):
        return dict[str, Any] | None
    told: Any = Annotated[(field.annotation, *field.metadata)] if field.metadata else field.annotation
    return told | None


def answered(fields: type[In], name: str, besides: Mapping[str, Any]) -> type[Out]:
    """The model of an answer: every field of the part, its key, what is told `besides`, its revision."""
    told: dict[str, Any] = {
        each: (found.annotation, Field(description=found.description)) for each, found in fields.model_fields.items()
    }
    revision = (int, Field(description="The revision in which it last changed."))
    told |= {**besides, "revision": revision}
    return create_model(f"{name}Out", __base__=Out, __doc__=fields.__doc__, key=(str, ...), **told)


def page(item: type[Out], name: str) -> type[Out]:
    """The model of a page of them."""
    fields: dict[str, Any] = {"items": (list[item], ...), "next_cursor": (str | None, ...)}  # type: ignore[valid-type]
    return create_model(f"{name}Page", __base__=Out, __doc__="A page, by key.", **fields)
