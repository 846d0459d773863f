"""The dependency network as a graph: order and cycles."""

from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence

from app.domain.plan import Dependency, Milestone, MilestoneKind

Graph = Mapping[str, Sequence[str]]


def dependency_graph(milestones: Mapping[str, Milestone], dependencies: Iterable[Dependency]) -> dict[str, list[str]]:
    """The graph in which a path means "must come before", phases included.

    A leaf is one node; a phase is two, its start and its finish, with its children between them, so that
    a link to a phase binds all of its leaves; a phase without children still starts before it finishes.
    Links of every type count in the direction predecessor to successor, as Primavera P6 counts them.
    O(milestones + dependencies).
    """
    graph: dict[str, list[str]] = {}
    for key, milestone in milestones.items():
        graph.setdefault(_start(milestones, key), [])
        graph.setdefault(_finish(milestones, key), [])
        if milestone.kind is MilestoneKind.phase:
            graph[_start(milestones, key)].append(_finish(milestones, key))
        if milestone.parent is not None:
            graph.setdefault(_start(milestones, milestone.parent), []).append(_start(milestones, key))
            graph[_finish(milestones, key)].append(_finish(milestones, milestone.parent))
    for link in dependencies:
        graph[_finish(milestones, link.predecessor)].append(_start(milestones, link.successor))
    return graph


# Keys never hold a space, so these nodes cannot be mistaken for a milestone.
def _start(milestones: Mapping[str, Milestone], key: str) -> str:
    return f"{key} start" if milestones[key].kind is MilestoneKind.phase else key


def _finish(milestones: Mapping[str, Milestone], key: str) -> str:
    return f"{key} finish" if milestones[key].kind is MilestoneKind.phase else key


def _is_leaf(node: str) -> bool:
    return " " not in node


def key_of(node: str) -> str:
    """The milestone a node of `dependency_graph` stands for."""
    return node.partition(" ")[0]


def find_cycles(graph: Graph) -> list[list[str]]:
    """One cycle of every strongly connected part, as its nodes in order: the shortest from the part's first node.

    The first is the smallest, phases before leaves: a cycle between phases does not pass through their children.
    An empty list means that the graph has a topological order. Deterministic and iterative. O(V + E).
    Source: Tarjan, "Depth-first search and linear graph algorithms", SIAM J. Comput. 1 (1972).
    """
    cycles = []
    for part in _components(graph):
        start = min(part, key=lambda node: (_is_leaf(node), node))
        if len(part) > 1 or start in graph[start]:
            cycles.append(_shortest_cycle(graph, part, start))
    return sorted(cycles)


def _components(graph: Graph) -> Iterator[set[str]]:
    """Strongly connected parts, by Tarjan's algorithm with its own stack."""
    order: dict[str, int] = {}
    low: dict[str, int] = {}
    open_nodes: list[str] = []
    closed: set[str] = set()
    for root in graph:
        if root in order:
            continue
        work: list[tuple[str, Iterator[str]]] = [_enter(root, graph, order, low, open_nodes)]
        while work:
            node, successors = work[-1]
            for successor in successors:
                if successor not in order:
                    work.append(_enter(successor, graph, order, low, open_nodes))
                    break
                if successor not in closed:
                    low[node] = min(low[node], order[successor])
            else:
                work.pop()
                if work:
                    low[work[-1][0]] = min(low[work[-1][0]], low[node])
                if low[node] == order[node]:
                    cut = _cut(open_nodes, node)
                    closed |= cut
                    yield cut


def _enter(
    node: str, graph: Graph, order: dict[str, int], low: dict[str, int], open_nodes: list[str]
) -> tuple[str, Iterator[str]]:
    order[node] = low[node] = len(order)
    open_nodes.append(node)
    return node, iter(graph[node])


def _cut(open_nodes: list[str], node: str) -> set[str]:
    """Take everything down to `node` off the stack of open nodes."""
    part = {open_nodes.pop()}
    while node not in part:
        part.add(open_nodes.pop())
    return part


def _shortest_cycle(graph: Graph, within: set[str], start: str) -> list[str]:
    """The shortest way from `start` back to itself inside a strongly connected part, breadth first."""
    before: dict[str, str] = {}
    queue = deque([start])
    while True:
        node = queue.popleft()
        for successor in sorted(graph[node]):
            if successor == start:
                path = [node]
                while path[-1] != start:
                    path.append(before[path[-1]])
                return path[::-1]
            if successor in within and successor not in before:
                before[successor] = node
                queue.append(successor)
