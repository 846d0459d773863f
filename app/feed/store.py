"""The SQL of the feed.

**The order** is that of `sequence`, which is given out inside of the transactions that append. On SQLite they come
one after another. On PostgreSQL the one that took a lower number may commit later, and who had read beyond it would
never see it. So only what is *settled* is read: numbers up to which no transaction can add any more.

- Who appends first takes a shared advisory lock that names the last number given out so far, and only then numbers of
  its own, which are higher. The lock goes with the transaction, once its rows can be seen. It makes nobody wait.
- Who reads first looks at the last number given out, then at the locks, and then at the items. An append that is
  under way but has no lock yet will take numbers above the first; one that has a lock, above what that names. Up to
  the lowest of these numbers, whatever will ever be there is there.

Items of one plan are appended under its lock, so that they follow each other as they happened. Against ordering by
transaction numbers and the oldest one under way (`pg_snapshot_xmin`): those are of the whole cluster, so that any
long transaction in any of its databases would hold up the feed; they are older than a plan's lock that was waited
for; and they begin anew where a dump is restored into a new cluster. `sequence` comes along with a dump.
"""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Select, and_, case, delete, func, select, text, tuple_
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.ext.asyncio import AsyncConnection

from app.feed.tables import feed_counters, feed_drops, feed_items, feed_sequence
from app.kit.bulk import delete_some, insert_all

BEGINNING = 0
_WINDOW = 1_000  # items that are looked at for a page of those that fit a filter
_MOST_CHARACTERS = 2 * 1024 * 1024  # of the bodies in a page; the first item is in it whatever its size
_item = feed_items.c

# A key of a lock has 64 bits, shown as two numbers of 32: here a name of 23 bits, and then a sequence of 40.
_LOCK_NAME = 0x4C_46
_LAST = text("SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM feed_sequence")
_LOCK = text(
    "SELECT pg_advisory_xact_lock_shared(:name + CASE WHEN is_called THEN last_value ELSE 0 END) FROM feed_sequence"
).bindparams(name=_LOCK_NAME << 40)
_LOCKED = text(
    """SELECT min((classid::bigint << 32 | objid::bigint) & ((1::bigint << 40) - 1)) FROM pg_locks
    WHERE locktype = 'advisory' AND objsubid = 1 AND classid::bigint >> 8 = :name
    AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"""
).bindparams(name=_LOCK_NAME)


class Horizon(NamedTuple):
    """How far the feed can be read.

    Attributes:
        settled: up to this sequence nothing can be added any more.
        reached: the last sequence that was given out.
    """

    settled: int
    reached: int


class Entry(NamedTuple):
    """An item as it is told."""

    sequence: int
    type: str
    body: str


class Page(NamedTuple):
    """Some items.

    Attributes:
        end: the sequence to go on after; it may be that of an item that does not fit the filter.
        has_more: whether there is more to look at right now.
    """

    entries: Sequence[Entry]
    end: int
    has_more: bool


async def horizon(db: AsyncConnection, workspace_id: int) -> Horizon:
    """How far the feed of the workspace can be read, by statements that begin after this one has ended."""
    if db.dialect.name == "sqlite":
        last = select(feed_counters.c.last_sequence).where(feed_counters.c.workspace_id == workspace_id)
        reached = await db.scalar(last) or 0
        return Horizon(reached, reached)
    reached = await db.scalar(_LAST) or 0
    locked = await db.scalar(_LOCKED)
    return Horizon(reached if locked is None else min(reached, locked), reached)


async def newest(db: AsyncConnection, workspace_id: int, until: Horizon) -> int:
    """The sequence of the newest settled item; 0 if there is none."""
    here = (_item.workspace_id == workspace_id) & (_item.sequence <= until.settled)
    return await db.scalar(select(func.max(_item.sequence)).where(here)) or BEGINNING


async def has_unsettled(db: AsyncConnection, workspace_id: int, until: Horizon) -> bool:
    """Whether an item waits for other appends to end before it can be read."""
    here = (_item.workspace_id == workspace_id) & (_item.sequence > until.settled)
    return (await db.scalar(select(_item.sequence).where(here).limit(1))) is not None


async def page(
    db: AsyncConnection, workspace_id: int, wanted: Mapping[str, str], after: int, until: Horizon, limit: int
) -> Page:
    """Up to `limit` items, and about 2 MiB, after a sequence whose columns have the values wanted.

    With a filter at most 1,000 items are looked at: a page costs the same however few of the feed's items fit.
    """
    body = (
        case((and_(*(_item[name] == value for name, value in wanted.items())), _item.body)) if wanted else _item.body
    )
    window = max(_WINDOW, limit + 1) if wanted else limit + 1
    statement = select(_item.sequence, _item.type, body.label("body")).where(*_between(workspace_id, after, until))
    rows = (await db.execute(_of_bounded_size(statement.order_by(_item.sequence).limit(window)))).all()
    found = [Entry(*row[:3]) for row in rows if row.body is not None]
    if len(found) > limit:
        return Page(found[:limit], found[limit - 1].sequence, has_more=True)
    has_more = bool(rows) and (len(rows) < rows[0].looked_at or len(rows) == window)
    return Page(found, rows[-1].sequence if rows else after, has_more)


def _of_bounded_size(items: Select[Any]) -> Select[Any]:
    """The first of some items, until their bodies are long enough; with each, how many there were."""
    c = items.subquery().c
    before = func.sum(func.length(c.body)).over(order_by=c.sequence, rows=(None, -1))
    sized = select(c.sequence, c.type, c.body, func.count().over().label("looked_at"), before.label("before"))
    s = sized.subquery().c
    kept: Select[Any] = select(s.sequence, s.type, s.body, s.looked_at)
    return kept.where(func.coalesce(s.before, 0) < _MOST_CHARACTERS).order_by(s.sequence)


async def count_after(db: AsyncConnection, workspace_id: int, after: int, until: Horizon, limit: int) -> int:
    """How many items come after a sequence, `limit` at most."""
    some = select(_item.sequence).where(*_between(workspace_id, after, until)).limit(limit)
    return await db.scalar(select(func.count()).select_from(some.subquery())) or 0


def _between(workspace_id: int, after: int, until: Horizon) -> list[Any]:
    return [_item.workspace_id == workspace_id, _item.sequence > after, _item.sequence <= until.settled]


async def add(tx: AsyncConnection, workspace_id: int, rows: Sequence[Mapping[str, Any]]) -> list[int]:
    """Add items behind all that were added so far; answers their sequences, in order."""
    sequences = await _numbers(tx, workspace_id, len(rows))
    numbered = [{"workspace_id": workspace_id, "sequence": n, **row} for n, row in zip(sequences, rows, strict=True)]
    await insert_all(tx, feed_items, numbered)
    return sequences


async def _numbers(tx: AsyncConnection, workspace_id: int, count: int) -> list[int]:
    if tx.dialect.name == "postgresql":
        await tx.execute(_LOCK)  # and only then the numbers
        each = func.generate_series(1, count).table_valued("n")
        return sorted((await tx.scalars(select(feed_sequence.next_value()).select_from(each))).all())
    given = sqlite_insert(feed_counters).values(workspace_id=workspace_id, last_sequence=count)
    raised = given.on_conflict_do_update(
        index_elements=["workspace_id"], set_={"last_sequence": feed_counters.c.last_sequence + count}
    )
    last: int = (await tx.execute(raised.returning(feed_counters.c.last_sequence))).scalar_one()
    return list(range(last - count + 1, last + 1))


async def drop_some(tx: AsyncConnection, before: UUID, limit: int) -> int:
    """Delete up to `limit` items of any workspace with a lower id; answers how many went."""
    old = select(_item.workspace_id, _item.sequence).where(_item.item_id < before)
    some = old.order_by(_item.item_id, _item.workspace_id).limit(limit)
    dropped = delete(feed_items).where(tuple_(_item.workspace_id, _item.sequence).in_(some))
    gone = (await tx.execute(dropped.returning(_item.workspace_id, _item.sequence))).all()
    if gone:
        await _note_dropped(tx, dict(sorted((row.workspace_id, row.sequence) for row in gone)))
    return len(gone)


async def _note_dropped(tx: AsyncConnection, highest: Mapping[int, int]) -> None:
    insert = (postgresql_insert if tx.dialect.name == "postgresql" else sqlite_insert)(feed_drops)
    noted, new = feed_drops.c.sequence, insert.excluded.sequence
    later = {"sequence": case((new > noted, new), else_=noted)}
    values = [{"workspace_id": workspace_id, "sequence": sequence} for workspace_id, sequence in highest.items()]
    await tx.execute(insert.on_conflict_do_update(index_elements=["workspace_id"], set_=later), values)


async def dropped(db: AsyncConnection, workspace_id: int) -> int:
    """The highest sequence of the items that were dropped for their age; 0 if none was."""
    here = feed_drops.c.workspace_id == workspace_id
    return await db.scalar(select(feed_drops.c.sequence).where(here)) or BEGINNING


async def purge_some(tx: AsyncConnection, workspace_id: int, plan_id: UUID, limit: int) -> int:
    """Delete up to `limit` items of a plan whose purge began; answers how many went."""
    return await delete_some(tx, feed_items, limit, workspace_id=workspace_id, plan_id=plan_id)
