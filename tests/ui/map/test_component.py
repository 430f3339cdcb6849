import pytest

from embedlab.ui.map.component import PickEvent, PlaceEvent, command, parse_pick, parse_word
from embedlab.ui.widgets.bar_list import chosen_row


@pytest.mark.parametrize(
    "value", [None, 3, {}, {"index": -1}, {"index": 5}, {"index": 1.0}, {"index": "1"}, {"index": True}]
)
def test_invalid_picks_are_ignored(value):
    assert parse_pick(value, 5) is None


def test_pick_is_a_point_or_none():
    assert parse_pick({"index": 4}, 5) == PickEvent(4)
    assert parse_pick({"index": None}, 5) == PickEvent(None)


def test_first_command_shows_the_key_in_the_url():
    assert command({}, 7) == {"n": 1, "index": 7, "word": None, "fly": True}


def test_pick_on_the_map_is_not_a_new_command():
    state = {}
    first = command(state, None)
    state["known"] = 3
    assert command(state, 3)["n"] == first["n"]


def test_pick_from_the_page_is_a_single_new_command():
    state = {}
    command(state, 3)
    assert command(state, 9)["n"] == 2
    assert command(state, 9)["n"] == 2
    assert command(state, 3)["n"] == 3


@pytest.mark.parametrize(
    "value", [None, {"row": 2}, {"row": 2, "list_id": "b"}, {"row": 3, "list_id": "a"}, {"row": True, "list_id": "a"}]
)
def test_click_on_an_outdated_list_is_ignored(value):
    assert chosen_row(value, "a", 3) is None


def test_click_on_a_row_returns_its_index():
    assert chosen_row({"row": 2, "list_id": "a"}, "a", 3) == 2


@pytest.mark.parametrize(
    "value", [None, "word", {}, {"word": None}, {"word": 3}, {"word": " \n\u202e"}, {"word": "x" * 201}]
)
def test_invalid_words_are_ignored(value):
    assert parse_word(value) is None


def test_word_becomes_one_line_without_control_characters():
    assert parse_word({"word": " har\u202ebour\nly "}) == PlaceEvent("harbour ly")


def test_word_is_a_single_command_until_a_pick():
    state = {}
    assert command(state, None, "harbourly") == {"n": 1, "index": None, "word": "harbourly", "fly": True}
    assert command(state, None, "harbourly")["n"] == 1
    assert command(state, 3, "harbourly") == {"n": 2, "index": 3, "word": None, "fly": True}
    assert command(state, None, None)["n"] == 3


def test_word_placed_on_the_map_is_not_a_new_command():
    state = {}
    first = command(state, None)
    state["known"] = "harbourly"
    assert command(state, None, "harbourly")["n"] == first["n"]
