"""The days on which an exception of a Microsoft Project calendar recurs."""

from calendar import monthrange
from collections.abc import Callable, Iterator, Mapping
from datetime import date, timedelta
from itertools import islice

from app.formats.mspdi_calendar_values import Differing

_ONE_DAY = timedelta(days=1)
_LAST = 4  # a position: first, second, third, fourth, last
_SUNDAY_ITEM = 3  # month items: 0 any day, 1 weekday, 2 weekend day, 3 Sunday … 9 Saturday


def known(type_: int) -> bool:
    """Whether it is known on which days exceptions of this type are."""
    return type_ in _EACH


def recurs(type_: int) -> bool:
    """Whether exceptions of this type are more than a range of days."""
    return _EACH.get(type_, _daily) is not _daily


def days_of(exception: Differing, week_starts: int) -> Iterator[date]:
    """The days of an exception, ascending; `week_starts` 0: weeks start on Sunday.

    Source: the elements Type, Period, DaysOfWeek, Month, MonthDay, MonthItem and MonthPosition of Exception in
    Microsoft's schema of the Project XML data interchange.
    """
    found = _EACH[exception.type](exception, week_starts)
    return found if exception.occurrences is None else islice(found, exception.occurrences)


def _range(exception: Differing) -> Iterator[date]:
    for ordinal in range(exception.first.toordinal(), exception.last.toordinal() + 1):
        yield date.fromordinal(ordinal)


def _daily(exception: Differing, _: int) -> Iterator[date]:
    return islice(_range(exception), 0, None, exception.period)


def _weekly(exception: Differing, week_starts: int) -> Iterator[date]:
    def week(day: date) -> int:
        return (day.toordinal() - week_starts) // 7  # 0001-01-07 was a Sunday

    begins = week(exception.first)
    for day in _range(exception):
        if exception.days_of_week >> (day.isoweekday() % 7) & 1 and (week(day) - begins) % exception.period == 0:
            yield day


def _monthly(exception: Differing, _: int) -> Iterator[date]:
    return _in_months(exception, exception.first.month - 1, exception.period, _on_day)


def _monthly_by_position(exception: Differing, _: int) -> Iterator[date]:
    return _in_months(exception, exception.first.month - 1, exception.period, _at_position)


def _yearly(exception: Differing, _: int) -> Iterator[date]:
    return _in_months(exception, exception.month, 12, _on_day)


def _yearly_by_position(exception: Differing, _: int) -> Iterator[date]:
    return _in_months(exception, exception.month, 12, _at_position)


def _in_months(
    exception: Differing, month: int, step: int, choose: Callable[[Differing, int, int], date]
) -> Iterator[date]:
    """A day in every `step`-th month from `month` (0: January) of the first year on, within the range."""
    for index in range(exception.first.year * 12 + month, exception.last.year * 12 + 12, step):
        day = choose(exception, index // 12, index % 12 + 1)
        if exception.first <= day <= exception.last:
            yield day


def _on_day(exception: Differing, year: int, month: int) -> date:
    """A day of the month by its number; in a month without it the last one."""
    return date(year, month, min(max(exception.month_day, 1), monthrange(year, month)[1]))


def _at_position(exception: Differing, year: int, month: int) -> date:
    """The first, second, third, fourth or last day of a kind in the month."""
    days = (date(year, month, day) for day in range(1, monthrange(year, month)[1] + 1))
    fitting = [day for day in days if _fits(exception.month_item, day)]
    return fitting[-1 if exception.month_position == _LAST else exception.month_position]


def _fits(item: int, day: date) -> bool:
    weekend = day.isoweekday() > 5
    if item < _SUNDAY_ITEM:
        return item == 0 or weekend == (item == 2)
    return day.isoweekday() % 7 == item - _SUNDAY_ITEM


# By the number of the type; what is 7 was told as a number of days, 0 and 9 are not told at all.
_EACH: Mapping[int, Callable[[Differing, int], Iterator[date]]] = {
    0: _daily,
    1: _daily,
    2: _yearly,
    3: _yearly_by_position,
    4: _monthly,
    5: _monthly_by_position,
    6: _weekly,
    7: _daily,
    9: _daily,
}
