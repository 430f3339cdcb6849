import pytest

from embedlab.ui.bar_list import chosen_row
from embedlab.ui.map_component import Picked, order, picked_event


@pytest.mark.parametrize(
    "value", [None, 3, {}, {"index": -1}, {"index": 5}, {"index": 1.0}, {"index": "1"}, {"index": True}]
)
def test_what_is_no_point_of_the_map_is_left_alone(value):
    assert picked_event(value, 5) is None


def test_a_point_or_none_is_a_pick():
    assert picked_event({"index": 4}, 5) == Picked(4)
    assert picked_event({"index": None}, 5) == Picked(None)


def test_the_first_order_shows_what_the_address_says():
    assert order({}, 7) == {"n": 1, "index": 7, "fly": True}


def test_a_pick_the_map_told_is_no_new_order():
    state = {}
    first = order(state, None)
    state["known"] = 3
    assert order(state, 3)["n"] == first["n"]


def test_a_pick_from_elsewhere_is_a_new_order_once():
    state = {}
    order(state, 3)
    assert order(state, 9)["n"] == 2
    assert order(state, 9)["n"] == 2
    assert order(state, 3)["n"] == 3


@pytest.mark.parametrize(
    "value", [None, {"row": 2}, {"row": 2, "of": "b"}, {"row": 3, "of": "a"}, {"row": True, "of": "a"}]
)
def test_a_click_on_rows_that_have_changed_is_left_alone(value):
    assert chosen_row(value, "a", 3) is None


def test_a_click_on_a_row_is_heard():
    assert chosen_row({"row": 2, "of": "a"}, "a", 3) == 2
