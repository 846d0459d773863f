"""Events that supersede events: which ones stand, for every order in which they may have arrived."""

from collections import Counter
from collections.abc import Iterable, Mapping

from app.domain.execution import EventType, ExecutionEvent, Identity, canonical_order

_SUPERSEDING = frozenset({EventType.corrected.value, EventType.retracted.value})

# What stands in place of an event, and the correction that says so.
_Rewritten = dict[Identity, tuple[ExecutionEvent, ExecutionEvent]]


def effective(events: Iterable[ExecutionEvent]) -> list[ExecutionEvent]:
    """The ordinary events that stand once every correction and retraction is applied, in canonical order.

    A superseder acts by being known, whatever its own `occurred_at`, unless a superseder that acts voids
    it. A retraction voids its target: the original of a retracted correction is back, the target of a
    retracted retraction too; it wins over corrections of the same target. A correction puts its
    replacement in the target's place, under the target's identity: of an ordinary event, its content; of
    a correction, what that correction says; of a retraction, an ordinary event instead. Of several
    corrections of one target the last in canonical order wins. A superseder has no effect while its
    target is unknown, if it targets itself through any chain, or if its replacement supersedes in turn.

    The same (`source`, `id`) twice counts once. Superseders themselves are not in the answer. Cost: O(n
    log n). An append-only log is corrected by further entries, as in bookkeeping; see Snodgrass,
    Developing Time-Oriented Database Applications in SQL (2000), on transaction time.

    Raises:
        KeyError: a type outside `EventType`.
    """
    known: dict[Identity, ExecutionEvent] = {}
    for event in sorted(events, key=canonical_order):
        known.setdefault(event.identity, event)
    retracted, rewritten = _settle(known)
    standing = []
    for identity, event in known.items():
        if identity in retracted or event.type == EventType.corrected:
            continue
        if identity in rewritten:
            standing.append(rewritten[identity][0]._replace(source=event.source, id=event.id))
        elif event.type != EventType.retracted:
            standing.append(event)
    return sorted(standing, key=canonical_order) if rewritten else standing


def _settle(known: Mapping[Identity, ExecutionEvent]) -> tuple[set[Identity], _Rewritten]:
    """Which identities are void, and what stands in place of others.

    A superseder is settled once everything that supersedes it is: members of a cycle never are.
    """
    superseders = [
        (event, event.target)
        for event in known.values()
        if event.type in _SUPERSEDING and event.target is not None and event.target in known
    ]
    targets = {event.identity: target for event, target in superseders}
    unsettled = Counter(targets.values())
    retracted: set[Identity] = set()
    rewritten: _Rewritten = {}
    ready = [event for event, _ in superseders if event.identity not in unsettled]
    while ready:
        event = ready.pop()
        target = targets.get(event.identity)
        if target is None:
            continue
        if event.identity not in retracted:
            _act(event, target, retracted, rewritten)
        unsettled[target] -= 1
        if not unsettled[target]:
            ready.append(known[target])
    return retracted, rewritten


def _act(event: ExecutionEvent, target: Identity, retracted: set[Identity], rewritten: _Rewritten) -> None:
    """Applies a superseder that stands, and that has itself been rewritten already where it is."""
    own = rewritten.get(event.identity)
    if event.type == EventType.retracted:
        if own is None:
            retracted.add(target)
        return
    content = event.replacement if own is None else own[0]
    if content is None or content.type in _SUPERSEDING:
        return
    former = rewritten.get(target)
    if former is None or canonical_order(event) > canonical_order(former[1]):
        rewritten[target] = (content, event)
