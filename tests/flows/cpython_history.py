"""Release plans of CPython as a service would have heard of them, fact by fact, and what was to be flagged when."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, NamedTuple

import httpx

from app.demo.history import key_of
from tests.http.build import Json, if_match, ok

VERSIONS = ("3.8", "3.9", "3.10", "3.11", "3.12", "3.13")

TOLERANCE = {
    "key": "release-day",
    "measure": "finish_variance",
    "unit": "working_days",
    "lower": {"warning": -10},
    "upper": {"warning": 2, "breach": 7},
}

# For TOLERANCE, in UTC: worked out from the dates of the samples alone, by counting days, and not by Leeway. A day D
# ends at 00:00 of the next, and so
#   - silence is 2 days, and 7 days, too late one minute after the end of D + 2, and of D + 7; before a re-planned
#     day has passed, that day is what is expected;
#   - by the margin of a fifth, a breach is none any more at 5.6 days, all is well at 1.6, and at -8 of the -10;
#   - what was not announced at first is in no baseline that is looked at, and what was cancelled in time is not late.
# "back": within the tolerance. "told late": it had been so already when silence was flagged; nobody had said it.
FLAGGED = """
plan  milestone    opened at            by         days then   breach since         what became of it
3.8   alpha-1      2019-01-24 18:24:15  re-plan    7d          2019-02-04 00:01:00  breach 7d
3.8   alpha-2      2019-02-27 00:01:00  silence    2d 00:01    2019-03-04 00:01:00  back 2019-06-04 18:27:13 told late
3.8   alpha-3      2019-03-27 00:01:00  silence    2d 00:01    2019-04-01 00:01:00  back 2019-06-04 18:27:13 told late
3.8   alpha-4      2019-05-01 00:01:00  silence    2d 00:01    2019-05-06 00:01:00  breach 8d
3.8   beta-1       2019-05-06 20:23:09  re-plan    5d          2019-06-03 00:01:00  breach 9d
3.8   beta-2       2019-06-04 18:27:13  re-plan    8d          2019-06-04 18:27:13  breach 11d
3.8   beta-3       2019-07-31 00:01:00  silence    2d 00:01    -                    back 2019-08-02 20:19:50 told late
3.8   beta-4       2019-08-28 00:01:00  silence    2d 00:01    2019-09-02 00:01:00  warning 5d
3.8   candidate-2  2019-10-09 00:01:00  silence    2d 00:01    2019-10-14 00:01:00  cancelled 2019-10-14 20:39:44
3.9   beta-2       2019-06-04 21:39:16  announced  106d 21:39  2019-06-04 21:39:16  cancelled 2020-06-10 17:34:18
3.9   beta-3       2019-06-04 21:39:16  announced  72d 21:39   2019-06-04 21:39:16  breach 444d
3.9   beta-4       2019-06-04 21:39:16  announced  44d 21:39   2019-06-04 21:39:16  breach 440d
3.9   candidate-2  2019-06-04 21:39:16  announced  9d 21:39    2019-06-04 21:39:16  breach 481d
3.9   alpha-1      2019-09-09 17:09:08  re-plan    31d         2019-09-09 17:09:08  breach 67d
3.9   alpha-2      2019-09-09 17:09:08  re-plan    35d         2019-09-09 17:09:08  breach 65d
3.9   alpha-3      2019-09-09 17:09:08  re-plan    28d         2019-09-09 17:09:08  breach 68d
3.9   alpha-4      2019-09-09 17:09:08  re-plan    28d         2019-09-09 17:09:08  breach 72d
3.9   candidate-1  2019-09-09 17:09:08  re-plan    119d        2019-09-09 17:09:08  breach 85d
3.9   final        2019-09-09 17:09:08  re-plan    119d        2019-09-09 17:09:08  breach 119d
3.10  final        2020-05-26 15:15:15  re-plan    365d        2020-05-26 15:15:15  breach 365d
3.10  alpha-1      2020-10-08 00:01:00  silence    2d 00:01    -                    back 2020-10-08 16:56:21 told late
3.10  alpha-2      2020-11-05 00:01:00  silence    2d 00:01    2020-11-10 00:01:00  back 2020-12-04 19:11:48 told late
3.10  alpha-4      2021-01-07 00:01:00  silence    2d 00:01    2021-01-12 00:01:00  back 2021-01-30 00:13:09 told late
3.10  beta-2       2021-05-28 00:01:00  silence    2d 00:01    2021-06-02 00:01:00  breach 6d
3.10  candidate-2  2021-09-09 00:01:00  silence    2d 00:01    -                    back 2021-09-13 10:51:14 told late
3.11  alpha-2      2021-11-05 00:01:00  silence    2d 00:01    2021-11-10 00:01:00  back 2021-12-08 23:59:34 told late
3.11  alpha-4      2022-01-06 00:01:00  silence    2d 00:01    2022-01-11 00:01:00  breach 11d
3.11  alpha-6      2022-03-03 00:01:00  silence    2d 00:01    2022-03-08 00:01:00  breach 7d
3.11  alpha-7      2022-04-08 00:01:00  silence    2d 00:01    -                    back 2022-04-09 09:46:22 told late
3.11  beta-3       2022-06-01 17:06:43  completed  -15d        -                    warning -15d
3.11  beta-4       2022-06-01 17:06:43  re-plan    -23d        -                    back 2022-07-02 00:00:00
3.11  candidate-1  2022-07-28 10:00:19  re-plan    4d          -                    warning 7d
3.11  candidate-2  2022-09-08 00:01:00  silence    2d 00:01    -                    warning 7d
3.11  final        2022-09-12 13:00:12  re-plan    21d         2022-09-12 13:00:12  breach 21d
3.12  alpha-1      2022-10-06 00:01:00  silence    2d 00:01    2022-10-07 21:38:09  breach 21d
3.12  alpha-2      2022-10-07 21:38:09  re-plan    7d          2022-11-15 00:01:00  breach 7d
3.12  alpha-5      2023-02-09 00:01:00  silence    2d 00:01    -                    back 2023-02-09 10:14:24 told late
3.12  alpha-7      2023-04-06 00:01:00  silence    2d 00:01    2023-04-11 00:01:00  back 2023-04-21 15:11:23 told late
3.12  beta-1       2023-05-08 12:55:27  re-plan    14d         2023-05-08 12:55:27  breach 14d
3.12  beta-2       2023-05-31 09:06:54  re-plan    8d          2023-05-31 09:06:54  breach 8d
3.12  beta-4       2023-07-13 00:01:00  silence    2d 00:01    -                    back 2023-07-17 08:27:25 told late
3.12  candidate-1  2023-08-03 00:01:00  silence    2d 00:01    2023-08-08 00:01:00  breach 6d
3.13  alpha-2      2023-11-24 00:01:00  silence    2d 00:01    2023-11-29 00:01:00  back 2023-12-11 23:30:50 told late
3.13  alpha-3      2023-12-22 00:01:00  silence    2d 00:01    2023-12-27 00:01:00  breach 29d
3.13  alpha-4      2024-01-17 16:09:36  re-plan    28d         2024-01-17 16:09:36  breach 30d
3.13  alpha-5      2024-01-17 16:09:36  re-plan    28d         2024-01-17 16:09:36  breach 28d
3.13  alpha-6      2024-01-17 16:09:36  re-plan    28d         2024-01-17 16:09:36  breach 28d
3.13  beta-1       2024-05-10 00:01:00  silence    2d 00:01    2024-05-15 00:01:00  back 2024-05-15 10:57:15 told late
3.13  beta-2       2024-05-23 16:16:15  re-plan    7d          2024-06-05 00:01:00  breach 8d
3.13  beta-3       2024-05-23 16:16:15  re-plan    7d          2024-06-26 00:01:00  breach 9d
3.13  candidate-2  2024-09-06 00:01:00  silence    2d 00:01    -                    warning 3d
3.13  final        2024-09-28 04:50:18  re-plan    6d          2024-10-09 00:01:00  breach 6d
"""


class Fact(NamedTuple):
    """What was recorded of one milestone; `day` is when it is planned now, or was done."""

    at: datetime
    kind: str
    milestone: str
    day: str | None


def announced_at(sample: Json) -> datetime:
    """When the plan was published."""
    return min(_instant(each["baseline_recorded_at"]) for each in sample["milestones"])


def announced(sample: Json) -> dict[str, str]:
    """The days that were published first, by milestone."""
    first = announced_at(sample)
    found = (each for each in sample["milestones"] if _instant(each["baseline_recorded_at"]) == first)
    return {key_of(sample, each["id"]): each["baseline"] for each in found}


def facts(sample: Json) -> list[Fact]:
    """Everything after the announcement, in the order it was recorded in: of one instant, plans first."""
    found = [
        Fact(_instant(each["recorded_at"]), each["type"], key_of(sample, each["milestone"]), each["effective"])
        for each in sample["events"]
    ]
    return sorted(found, key=lambda fact: (fact.at, fact.kind in {"completed", "cancelled"}))


async def announce(client: httpx.AsyncClient, plan: str, sample: Json) -> None:
    """Send the plan as it was published, and its baseline."""
    milestones = [{"key": key, "name": key, "planned_finish": day} for key, day in announced(sample).items()]
    content = {"name": sample["plan"], "milestones": milestones}
    ok(await client.put(f"/v1/plans/{plan}/document", json=content))
    ok(await client.post(f"/v1/plans/{plan}/baselines", json={"name": "Announced", "reason": sample["source"]}))


async def send(client: httpx.AsyncClient, plan: str, fact: Fact) -> None:
    """Send one fact; what is added gets a supplementary baseline of its own."""
    path, key = f"/v1/plans/{plan}", fact.milestone
    match fact.kind:
        case "replanned":
            content: dict[str, Any] = {"planned_finish": fact.day}
            ok(await client.patch(f"{path}/milestones/{key}", json=content, headers=if_match("*")))
        case "added":
            ok(await client.post(f"{path}/milestones", json={"key": key, "name": key, "planned_finish": fact.day}))
            content = {"name": f"With {key}", "reason": "added", "supplementary": True}
            ok(await client.post(f"{path}/baselines", json=content))
        case _:
            content = {"id": f"{key}-{fact.kind}", "source": "peps", "type": f"milestone.{fact.kind}"}
            content |= {"milestone": key, "occurred_at": fact.day or fact.at.isoformat()}
            ok(await client.post(f"{path}/events", json=content))


def flagged(version: str) -> Iterator[tuple[str, ...]]:
    """The rows of the table of one plan, without its name."""
    for line in FLAGGED.strip().splitlines()[1:]:
        plan, *row = (cell for cell in line.split("  ") if cell)
        if plan == version:
            yield tuple(cell.strip() for cell in row)


def _instant(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)
