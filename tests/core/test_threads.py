import threading

import numpy as np
import pytest

from embedlab.core.threads import InParts


@pytest.mark.parametrize("n_threads", [0, 1, 2, 3, 8])
@pytest.mark.parametrize("n", [0, 1, 2, 7, 100])
def test_each_index_is_in_one_part(n_threads: int, n: int):
    seen = np.zeros(n, dtype=int)

    def count(start: int, end: int) -> None:
        seen[start:end] += 1

    with InParts(n_threads) as in_parts:
        in_parts(n, count)
    assert (seen == 1).all()


def test_an_error_in_a_part_is_raised():
    def fail(start: int, end: int) -> None:
        if start:
            raise ValueError(f"{start} to {end}")

    with InParts(2) as in_parts, pytest.raises(ValueError, match="5 to 10"):
        in_parts(10, fail)


def test_its_threads_end_with_it():
    # Threads of other tests may end meanwhile.
    before = set(threading.enumerate())
    with InParts(3) as in_parts:
        in_parts(9, lambda start, end: None)
    assert set(threading.enumerate()) <= before
