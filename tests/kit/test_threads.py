"""Large results are read in parts, and lose nothing by it."""

import pytest
from sqlalchemy import literal, select

from app.kit.db import Database
from app.kit.threads import read_all


@pytest.mark.parametrize("count", [1, 499, 500, 501, 1600])
async def test_every_row_is_read_once_and_in_order(database_url: str, count: int) -> None:
    numbers = select(literal(1).label("n")).cte(recursive=True)
    numbers = numbers.union_all(select(numbers.c.n + 1).where(numbers.c.n < count))
    database = Database(database_url)
    try:
        async with database.read() as db:
            result = await db.execute(select(numbers.c.n).order_by(numbers.c.n))
            assert await read_all(result, lambda row: row[0]) == list(range(1, count + 1))
    finally:
        await database.close()
