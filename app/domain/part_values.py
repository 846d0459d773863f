"""The word for what is wrong with a part of a plan."""

from typing import NamedTuple


class Wrong(NamedTuple):
    """What is wrong with one part.

    Attributes:
        field: where, as a JSON pointer within the part without its first slash; None: the part as a whole.
    """

    field: str | None
    code: str
    detail: str
