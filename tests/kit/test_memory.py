"""The bounded memory of what revisions say."""

from uuid import UUID

from app.kit.memory import Memory

PLAN = UUID(int=1)
Contents = Memory[tuple[UUID, int], dict[str, str]]


def kept(memory: Contents, revisions: int) -> list[int]:
    """The revisions that are remembered, of so many."""
    return [number for number in range(revisions) if memory.get((PLAN, number)) is not None]


def test_what_was_longest_out_of_use_is_forgotten_first() -> None:
    memory: Contents = Memory(most=6)
    memory.put((PLAN, 0), {"a": "x"})
    memory.put((PLAN, 1), {"a": "x"})
    memory.get((PLAN, 0))
    memory.put((PLAN, 2), {"a": "x", "b": "y"})
    assert kept(memory, 3) == [0, 2]


def test_revisions_without_milestones_are_forgotten_too() -> None:
    memory: Contents = Memory(most=3)
    for number in range(5):
        memory.put((PLAN, number), {})
    assert kept(memory, 5) == [2, 3, 4]


def test_what_grows_costs_more() -> None:
    memory: Contents = Memory(most=4)
    growing: dict[str, str] = {}
    memory.put((PLAN, 0), {"a": "x"})
    memory.put((PLAN, 1), growing)
    assert kept(memory, 2) == [0, 1]
    growing |= {"a": "x", "b": "y"}
    memory.put((PLAN, 1), growing)
    assert kept(memory, 2) == [1]


def test_the_newest_stays_whatever_it_costs() -> None:
    memory: Contents = Memory(most=1)
    memory.put((PLAN, 0), {"a": "x", "b": "y"})
    assert kept(memory, 1) == [0]


def test_what_is_forgotten_costs_nothing() -> None:
    memory: Contents = Memory(most=4)
    memory.put((PLAN, 0), {"a": "x"})
    memory.put((PLAN, 1), {"a": "x"})
    memory.forget((PLAN, 1))
    memory.forget((PLAN, 1))
    memory.put((PLAN, 2), {"a": "x"})
    assert kept(memory, 3) == [0, 2]
