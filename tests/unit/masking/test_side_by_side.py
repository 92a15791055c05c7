"""Several items of a stream at a time: in order, few at once, errors in their place, nothing left running."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

import pytest

from stagecopy.masking.side_by_side import in_order


def test_results_come_in_order_whoever_is_quicker() -> None:
    def slower_first(item: int) -> int:
        time.sleep(0.02 if item % 2 == 0 else 0)
        return item * item

    assert list(in_order(slower_first, range(7), at_once=2)) == [item * item for item in range(7)]
    assert list(in_order(slower_first, [], at_once=2)) == []


def test_two_are_worked_on_at_a_time_and_few_are_fetched_ahead() -> None:
    met = threading.Barrier(2, timeout=10)
    fetched: list[int] = []

    def items() -> Iterator[int]:
        for item in range(6):
            fetched.append(item)
            yield item

    made = in_order(lambda _: met.wait(), items(), at_once=2)
    next(made)
    assert len(fetched) == 3
    assert len(list(made)) == 5


def test_an_error_comes_where_its_result_would_have() -> None:
    made = in_order(lambda item: 1 // item, [1, 1, 0, 1], at_once=2)
    assert [next(made), next(made)] == [1, 1]
    with pytest.raises(ZeroDivisionError):
        next(made)


def test_whoever_stops_early_leaves_nothing_running() -> None:
    before = threading.active_count()
    made = in_order(lambda item: item, range(1000), at_once=2)
    next(made)
    made.close()
    assert threading.active_count() == before
