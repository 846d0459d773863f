"""The dependency network as a graph, and its cycles."""

from graphlib import CycleError, TopologicalSorter
from itertools import pairwise, product
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.network import dependency_graph, find_cycles, key_of
from app.domain.plan import Dependency, DependencyType, Milestone, MilestoneKind


def plan(**parents: str | None) -> dict[str, Milestone]:
    """Milestones with their parents; who is a parent is a phase, and so is every key in capitals."""
    phases = {parent for parent in parents.values() if parent} | {key for key in parents if key.isupper()}
    kind = {True: MilestoneKind.phase, False: MilestoneKind.milestone}
    return {key: Milestone(key, key, kind[key in phases], parent=parent) for key, parent in parents.items()}


def link(text: str, type: DependencyType = DependencyType.FS) -> Dependency:  # noqa: A002
    return Dependency(text[0], type, text[1])


def test_a_leaf_is_one_node_and_a_link_an_edge() -> None:
    assert dependency_graph(plan(a=None, b=None), [link("ab")]) == {"a": ["b"], "b": []}


@pytest.mark.parametrize("type", DependencyType)
def test_links_of_every_type_count_from_predecessor_to_successor(type: DependencyType) -> None:  # noqa: A002
    assert dependency_graph(plan(a=None, b=None), [link("ab", type)])["a"] == ["b"]


def test_a_phase_holds_its_children_between_its_start_and_its_finish() -> None:
    graph = dependency_graph(plan(P=None, a="P", b=None), [link("bP"), link("Pb")])
    assert graph == {"P start": ["P finish", "a"], "P finish": ["b"], "a": ["P finish"], "b": ["P start"]}


def test_a_child_may_be_named_before_its_phase() -> None:
    assert dependency_graph(plan(a="P", P="Q", Q=None), []) == {
        "a": ["P finish"],
        "P start": ["a", "P finish"],
        "P finish": ["Q finish"],
        "Q start": ["P start", "Q finish"],
        "Q finish": [],
    }


def test_a_node_tells_its_milestone() -> None:
    assert [key_of(node) for node in ("a", "P start", "P finish")] == ["a", "P", "P"]


@pytest.mark.parametrize(
    ("milestones", "links", "expected"),
    [
        (plan(a=None, b=None, c=None), "ab bc", []),
        (plan(a=None), "aa", [["a"]]),
        (plan(a=None, b=None), "ab ba", [["a", "b"]]),
        (plan(b=None, a=None, c=None), "cb ba ac", [["a", "c", "b"]]),
        (plan(a=None, b=None, c=None, d=None), "ab bc ca ac", [["a", "c"]]),
        (plan(a=None, b=None, c=None, d=None, e=None), "ba ab cd dc be ec", [["a", "b"], ["c", "d"]]),
        (plan(p=None, a="p", b=None), "pb bp", [["p finish", "b", "p start"]]),
        (plan(p=None, a="p", b=None), "ab bp", [["p start", "a", "b"]]),
        (plan(p=None, a="p"), "pa", [["p finish", "a"]]),
        (plan(p=None, a="p"), "ap", [["p start", "a"]]),
        (plan(P=None, b=None), "Pb bP", [["P finish", "b", "P start"]]),
    ],
    ids=[
        "none",
        "self",
        "two",
        "three",
        "shortest",
        "each part",
        "phase",
        "through a child",
        "down",
        "up",
        "empty phase",
    ],
)
def test_the_cycles_of_a_network(milestones: dict[str, Milestone], links: str, expected: list[list[str]]) -> None:
    graph = dependency_graph(milestones, map(link, links.split()))
    assert find_cycles(graph) == expected


def test_a_chain_as_long_as_a_plan_may_be_needs_no_recursion() -> None:
    chain = {f"{i:05}": [f"{i + 1:05}"] for i in range(19_999)} | {"19999": []}
    assert find_cycles(chain) == []
    (ring,) = find_cycles({**chain, "19999": ["00000"]})
    assert ring == sorted(chain)


NODES = "abcdef"
GRAPHS = st.sets(st.tuples(st.sampled_from(NODES), st.sampled_from(NODES)), max_size=14).map(
    lambda edges: {node: [b for a, b in sorted(edges) if a == node] for node in NODES}
)
FAR = 99


def distances(graph: dict[str, list[str]]) -> dict[tuple[str, str], int]:
    """The fewest edges from one node to another, at least one (Floyd and Warshall)."""
    found = {(a, b): 1 if b in graph[a] else FAR for a, b in product(NODES, NODES)}
    for middle, a, b in product(NODES, NODES, NODES):
        found[a, b] = min(found[a, b], found[a, middle] + found[middle, b])
    return found


@given(GRAPHS)
def test_there_is_a_cycle_exactly_where_there_is_no_order(graph: dict[str, list[str]]) -> None:
    try:
        TopologicalSorter(graph).prepare()
        ordered = True
    except CycleError:
        ordered = False
    assert (find_cycles(graph) == []) == ordered


@given(GRAPHS)
def test_every_part_in_a_circle_is_told_once_by_the_shortest_way_from_its_smallest_node(
    graph: dict[str, list[str]],
) -> None:
    far = distances(graph)
    parts = {frozenset(b for b in NODES if max(far[a, b], far[b, a]) < FAR) for a in NODES} - {frozenset()}
    found = find_cycles(graph)
    assert [cycle[0] for cycle in found] == sorted(min(part) for part in parts)
    for cycle in found:
        assert len(cycle) == len(set(cycle)) == far[cycle[0], cycle[0]]
        assert all(after in graph[before] for before, after in pairwise([*cycle, cycle[0]]))


@given(GRAPHS, st.randoms(use_true_random=False))
def test_the_order_of_nodes_and_edges_does_not_matter(graph: dict[str, list[str]], random: Random) -> None:
    nodes = list(graph)
    random.shuffle(nodes)
    assert find_cycles({node: random.sample(graph[node], len(graph[node])) for node in nodes}) == find_cycles(graph)
