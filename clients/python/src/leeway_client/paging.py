"""Lists to their end, page after page, over any operation that answers `items` and `next_cursor`."""

import inspect
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator, Sequence
from typing import Any, ParamSpec, Protocol, TypeVar, overload

P = ParamSpec("P")
T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)


class Page(Protocol[T_co]):
    """Part of a list."""

    @property
    def items(self) -> Sequence[T_co]:
        """What is on it."""

    @property
    def next_cursor(self) -> str | None:
        """Where to go on; None at the end."""


PageT = TypeVar("PageT", bound=Page[Any])


@overload
def pages(
    operation: Callable[P, Coroutine[Any, Any, PageT]], *args: P.args, **kwargs: P.kwargs
) -> AsyncIterator[PageT]: ...
@overload
def pages(operation: Callable[P, PageT], *args: P.args, **kwargs: P.kwargs) -> Iterator[PageT]: ...
def pages(operation: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    """Every page: `for page in pages(list_plans.sync, client=client)`, or `async for` with `list_plans.asyncio`.

    A cursor that is given is where it begins.
    """
    if inspect.iscoroutinefunction(operation):
        return _async_pages(operation, *args, **kwargs)
    return _pages(operation, *args, **kwargs)


@overload
def items(
    operation: Callable[P, Coroutine[Any, Any, Page[T]]], *args: P.args, **kwargs: P.kwargs
) -> AsyncIterator[T]: ...
@overload
def items(operation: Callable[P, Page[T]], *args: P.args, **kwargs: P.kwargs) -> Iterator[T]: ...
def items(operation: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    """Every item: `for plan in items(list_plans.sync, client=client)`, or `async for` with `list_plans.asyncio`."""
    if inspect.iscoroutinefunction(operation):
        return _async_items(_async_pages(operation, *args, **kwargs))
    return (item for page in _pages(operation, *args, **kwargs) for item in page.items)


def _pages(operation: Callable[..., PageT], *args: Any, **kwargs: Any) -> Iterator[PageT]:
    more: dict[str, str] | None = {}
    while more is not None:
        page = operation(*args, **{**kwargs, **more})
        more = _next(page)
        yield page


async def _async_pages(
    operation: Callable[..., Coroutine[Any, Any, PageT]], *args: Any, **kwargs: Any
) -> AsyncIterator[PageT]:
    more: dict[str, str] | None = {}
    while more is not None:
        page = await operation(*args, **{**kwargs, **more})
        more = _next(page)
        yield page


async def _async_items(found: AsyncIterator[Page[T]]) -> AsyncIterator[T]:
    async for page in found:
        for item in page.items:
            yield item


def _next(page: Page[Any]) -> dict[str, str] | None:
    """The cursor of the next page. The feed has one for ever, and says by itself when there is no more for now."""
    is_over = page.next_cursor is None or getattr(page, "has_more", True) is False
    return None if is_over else {"cursor": str(page.next_cursor)}
