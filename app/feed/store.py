"""The SQL of the feed.

**The order.** On SQLite there is one writer, and `sequence` is the order of commits. On PostgreSQL a transaction that
took a lower sequence may commit later, and who had read beyond it would never see it. Hence an item's place is
(epoch, xid, sequence), `xid` being the transaction's number, and only what is *settled* is read: every transaction
with a lower number than the oldest one under way (`pg_snapshot_xmin`) is over, so nothing can come up in between.

- *Order within a plan.* A transaction may have its number long before it waits for the plan's lock. So an item's xid
  is at least that of the plan's last item; being higher than the transaction's own does no harm.
- *Epoch.* A database that is restored from a dump into a new cluster keeps its items, but transactions are numbered
  from the start again. No setting and no privilege is needed to notice: an item that can be seen although its
  number has not been given out yet is of an earlier cluster. The next epoch begins, and the last one is settled.
- SQLite has epoch 0 and xid 0 throughout.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Text,
    and_,
    case,
    cast,
    delete,
    func,
    select,
    tuple_,
)
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.ext.asyncio import AsyncConnection

from app.feed.tables import feed_counters, feed_items, feed_sequence
from app.kit.bulk import delete_some, insert_all

_WINDOW = 1_000  # items that are looked at for a page of those that fit a filter
_item = feed_items.c
_PLACE = (_item.epoch, _item.xid, _item.sequence)


class Place(NamedTuple):
    """Where an item stands in the feed; places compare as the items follow each other."""

    epoch: int
    xid: int
    sequence: int


BEGINNING = Place(0, 0, 0)


@dataclass(frozen=True, slots=True)
class Horizon:
    """How far the feed can be read: what stands before (`epoch`, `xid`) is settled.

    Attributes:
        reached: no item ever stood at a later place in this database.
    """

    epoch: int
    xid: int
    reached: Place


class Entry(NamedTuple):
    """An item as it is told."""

    place: Place
    type: str
    body: str


class Page(NamedTuple):
    """Some items.

    Attributes:
        end: where to go on; it may lie behind items that do not fit the filter.
        has_more: whether there is more to look at right now.
    """

    entries: Sequence[Entry]
    end: Place
    has_more: bool


def _number(xid: ColumnElement[Any]) -> ColumnElement[int]:
    """An xid8 as a number: it has no cast of its own to one."""
    return cast(cast(xid, Text), BigInteger)


_SNAPSHOT = func.pg_current_snapshot()
_XMIN, _XMAX = _number(func.pg_snapshot_xmin(_SNAPSHOT)), _number(func.pg_snapshot_xmax(_SNAPSHOT))
_OWN = _number(func.pg_current_xact_id())


def _newest(workspace_id: int, column: ColumnElement[int]) -> Any:
    backwards = [part.desc() for part in _PLACE]
    return select(column).where(_item.workspace_id == workspace_id).order_by(*backwards).limit(1).scalar_subquery()


async def horizon(db: AsyncConnection, workspace_id: int) -> Horizon:
    """How far the feed of the workspace can be read."""
    if db.dialect.name == "sqlite":
        last = select(feed_counters.c.last_sequence).where(feed_counters.c.workspace_id == workspace_id)
        return Horizon(0, 1, Place(0, 0, await db.scalar(last) or 0))
    newest = _newest(workspace_id, _item.epoch), _newest(workspace_id, _item.xid)
    xmin, xmax, epoch, xid = (await db.execute(select(_XMIN, _XMAX, *newest))).one()
    epoch = (epoch or 0) + ((xid or 0) >= xmax)
    return Horizon(epoch, xmin, Place(epoch, xmax, 0))


async def newest(db: AsyncConnection, workspace_id: int, until: Horizon) -> Place:
    """The place of the newest settled item; the beginning if there is none."""
    found = select(*_PLACE).where(_item.workspace_id == workspace_id, tuple_(*_PLACE[:2]) < _before(until))
    row = (await db.execute(found.order_by(*(part.desc() for part in _PLACE)).limit(1))).one_or_none()
    return BEGINNING if row is None else Place(*row)


async def has_unsettled(db: AsyncConnection, workspace_id: int, until: Horizon) -> bool:
    """Whether an item waits for other transactions to end before it can be read."""
    found = select(_item.sequence).where(_item.workspace_id == workspace_id, tuple_(*_PLACE[:2]) >= _before(until))
    return (await db.scalar(found.limit(1))) is not None


async def page(
    db: AsyncConnection, workspace_id: int, wanted: Mapping[str, str], after: Place, until: Horizon, limit: int
) -> Page:
    """Up to `limit` items after a place whose columns have the values wanted.

    With a filter at most 1,000 items are looked at: a page costs the same however few of the feed's items fit.
    """
    fits = and_(*(_item[name] == value for name, value in wanted.items())) if wanted else None
    body = _item.body if fits is None else case((fits, _item.body))
    window = limit + 1 if fits is None else max(_WINDOW, limit + 1)
    statement = select(*_PLACE, _item.type, body).where(
        _item.workspace_id == workspace_id, tuple_(*_PLACE) > tuple_(*after), tuple_(*_PLACE[:2]) < _before(until)
    )
    rows = (await db.execute(statement.order_by(*_PLACE).limit(window))).all()
    found = [Entry(Place(*row[:3]), row[3], row[4]) for row in rows if row[4] is not None]
    if len(found) > limit:
        return Page(found[:limit], found[limit - 1].place, has_more=True)
    return Page(found, Place(*rows[-1][:3]) if rows else after, len(rows) == window)


async def count_after(db: AsyncConnection, workspace_id: int, after: Place, until: Horizon, limit: int) -> int:
    """How many items stand after a place, `limit` at most."""
    some = select(_item.sequence).where(
        _item.workspace_id == workspace_id, tuple_(*_PLACE) > tuple_(*after), tuple_(*_PLACE[:2]) < _before(until)
    )
    found: int | None = await db.scalar(select(func.count()).select_from(some.limit(limit).subquery()))
    return found or 0


def _before(until: Horizon) -> Any:
    return tuple_(until.epoch, until.xid)


async def add(tx: AsyncConnection, workspace_id: int, rows: Sequence[Mapping[str, Any]]) -> list[int]:
    """Add items behind all that were added so far; answers their sequences, in order."""
    sequences = await _numbers(tx, workspace_id, len(rows))
    places = await _places(tx, workspace_id, {row["plan_id"] for row in rows})
    placed = [
        {"workspace_id": workspace_id, "sequence": n, **places[row["plan_id"]], **row}
        for n, row in zip(sequences, rows, strict=True)
    ]
    await insert_all(tx, feed_items, placed)
    return sequences


async def _numbers(tx: AsyncConnection, workspace_id: int, count: int) -> list[int]:
    if tx.dialect.name == "postgresql":
        each = func.generate_series(1, count).table_valued("n")
        return list((await tx.scalars(select(feed_sequence.next_value()).select_from(each))).all())
    given = sqlite_insert(feed_counters).values(workspace_id=workspace_id, last_sequence=count)
    raised = given.on_conflict_do_update(
        index_elements=["workspace_id"], set_={"last_sequence": feed_counters.c.last_sequence + count}
    )
    last: int = (await tx.execute(raised.returning(feed_counters.c.last_sequence))).scalar_one()
    return list(range(last - count + 1, last + 1))


async def _places(
    tx: AsyncConnection, workspace_id: int, plans: set[UUID | None]
) -> dict[UUID | None, dict[str, int]]:
    """Epoch and xid of what is added now, for each plan (None: no plan)."""
    if tx.dialect.name == "sqlite":
        return {plan_id: {"epoch": 0, "xid": 0} for plan_id in plans}
    newest = _newest(workspace_id, _item.epoch), _newest(workspace_id, _item.xid)
    own, xmax, epoch, xid = (await tx.execute(select(_OWN, _XMAX, *newest))).one()
    epoch = (epoch or 0) + (xid is not None and xid >= xmax and xid != own)  # our own rows are ahead, too
    places = {}
    for plan_id in plans:
        last = await _last_of(tx, workspace_id, plan_id)
        if last is None or last[0] < epoch:
            last = (epoch, own)
        places[plan_id] = {"epoch": last[0], "xid": max(own, last[1])}
    return places


async def _last_of(tx: AsyncConnection, workspace_id: int, plan_id: UUID | None) -> tuple[int, int] | None:
    """Epoch and xid of the newest item of a plan; its lock, which the caller holds, makes that its highest place."""
    if plan_id is None:
        return None
    here = (_item.workspace_id == workspace_id) & (_item.plan_id == plan_id)
    found = select(_item.epoch, _item.xid).where(here).order_by(_item.sequence.desc()).limit(1)
    row = (await tx.execute(found)).one_or_none()
    return None if row is None else (row[0], row[1])


async def drop_some(tx: AsyncConnection, before: UUID, limit: int) -> int:
    """Delete up to `limit` items of any workspace with a lower id; answers how many went."""
    old = select(_item.workspace_id, _item.sequence).where(_item.item_id < before)
    some = old.order_by(_item.item_id, _item.workspace_id).limit(limit)
    return (await tx.execute(delete(feed_items).where(tuple_(_item.workspace_id, _item.sequence).in_(some)))).rowcount


async def purge_some(tx: AsyncConnection, workspace_id: int, plan_id: UUID, limit: int) -> int:
    """Delete up to `limit` items of a plan whose purge began; answers how many went."""
    return await delete_some(tx, feed_items, limit, workspace_id=workspace_id, plan_id=plan_id)
