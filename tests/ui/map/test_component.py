import pytest

from embedlab.ui.map.component import Picked, Placed, order, picked_event, placed_event
from embedlab.ui.widgets.bar_list import chosen_row


@pytest.mark.parametrize(
    "value", [None, 3, {}, {"index": -1}, {"index": 5}, {"index": 1.0}, {"index": "1"}, {"index": True}]
)
def test_what_is_no_point_of_the_map_is_left_alone(value):
    assert picked_event(value, 5) is None


def test_a_point_or_none_is_a_pick():
    assert picked_event({"index": 4}, 5) == Picked(4)
    assert picked_event({"index": None}, 5) == Picked(None)


def test_the_first_order_shows_what_the_address_says():
    assert order({}, 7) == {"n": 1, "index": 7, "word": None, "fly": True}


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


@pytest.mark.parametrize(
    "value", [None, "word", {}, {"word": None}, {"word": 3}, {"word": " \n\u202e"}, {"word": "x" * 201}]
)
def test_what_is_no_word_is_left_alone(value):
    assert placed_event(value) is None


def test_a_word_is_taken_as_one_harmless_line():
    assert placed_event({"word": " har\u202ebour\nly "}) == Placed("harbour ly")


def test_a_word_is_ordered_once_and_gives_way_to_a_pick():
    state = {}
    assert order(state, None, "harbourly") == {"n": 1, "index": None, "word": "harbourly", "fly": True}
    assert order(state, None, "harbourly")["n"] == 1
    assert order(state, 3, "harbourly") == {"n": 2, "index": 3, "word": None, "fly": True}
    assert order(state, None, None)["n"] == 3


def test_a_word_the_map_placed_itself_is_no_new_order():
    state = {}
    first = order(state, None)
    state["known"] = "harbourly"
    assert order(state, None, "harbourly")["n"] == first["n"]
