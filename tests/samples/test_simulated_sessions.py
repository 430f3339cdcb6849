"""The simulated visits have the structure that they promise."""

from __future__ import annotations

from collections import defaultdict

from embedlab.samples.simulated_sessions import CHECKOUT, PAIRS, PAUSE_MINUTES, make_events


def test_pairs_are_always_together_and_the_checkout_has_one_order():
    visits = defaultdict(list)
    last: dict[str, int] = {}
    number: dict[str, int] = defaultdict(int)
    for visitor, page, time in make_events():
        if time - last.get(visitor, time) > 60 * PAUSE_MINUTES:
            number[visitor] += 1
        last[visitor] = time
        visits[visitor, number[visitor]].append(page)
    for pages in visits.values():
        for first, second in PAIRS:
            assert (first in pages) == (second in pages)
            if first in pages:
                assert abs(pages.index(first) - pages.index(second)) == 1
        if "cart" in pages:
            assert tuple(pages[-4:]) == CHECKOUT
    assert make_events() == make_events()
    assert make_events() != make_events(1)
