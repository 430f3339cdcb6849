from __future__ import annotations

from functools import partial

import numpy as np
import pytest

from embedlab.core.errors import InputError, TooLargeError
from embedlab.exploration.new_things.classify import classify_text
from embedlab.exploration.new_things.inference import LONGEST_TEXT
from embedlab.kinds.text.tokens.tokenizing import TokenizerOptions, tokenize
from tests.planted_classifier import HOSTILE_LABEL, planted_predictor, sigmoid

WORDS_OF = partial(tokenize, options=TokenizerOptions())


class Recorder:
    """Sure of nothing; remembers what it was asked."""

    classes = ("b", "a")
    sequence_length = 4

    def __init__(self):
        self.asked = []

    def knows(self, word):
        return word != "zzz"

    def predict(self, documents):
        self.asked.append([list(words) for words in documents])
        return np.full((len(documents), 2), 0.5, np.float32)


def test_labels_have_the_probabilities_that_the_weights_say():
    # The mean of 4, 0 and -2 is 2/3.
    found = classify_text(planted_predictor(), "Ship the MARKET!", WORDS_OF)
    assert found.label == "sea"
    assert found.probability == pytest.approx(sigmoid(2 / 3), abs=1e-6)
    assert [label for label, _ in found.probabilities] == ["sea", "town"]
    assert sum(probability for _, probability in found.probabilities) == pytest.approx(1, abs=1e-6)
    assert (found.n_words, found.n_known, found.n_read, found.unknown) == (3, 3, 3, [])
    assert classify_text(planted_predictor(), "tram", WORDS_OF).label == "town"


def test_the_less_frequent_label_can_come_first_and_many_labels_are_all_told():
    classes = [HOSTILE_LABEL, *(f"other {number}" for number in range(11))]
    found = classify_text(planted_predictor(classes), "ship", WORDS_OF)
    powers = np.exp([4.0] + [0.0] * 11)
    assert [label for label, _ in found.probabilities] == classes
    assert [each for _, each in found.probabilities] == pytest.approx(powers / powers.sum(), abs=1e-6)
    against = classify_text(planted_predictor(classes), "tram", WORDS_OF)
    # Those that are equally probable stay in their order.
    assert [label for label, _ in against.probabilities] == [*classes[1:], HOSTILE_LABEL]


def test_each_word_is_left_out_wherever_it_stands():
    # 4, 0, -4, 4: mean 1; without ship -2, without tram 8/3, without the 4/3.
    found = classify_text(planted_predictor(), "ship the tram ship", WORDS_OF)
    assert [effect.word for effect in found.effects] == ["ship", "the", "tram"]
    for effect, mean in zip(found.effects, (-2, 4 / 3, 8 / 3), strict=True):
        assert effect.without == pytest.approx(sigmoid(mean), abs=1e-6)
        assert effect.change == pytest.approx(sigmoid(1) - sigmoid(mean), abs=1e-6)
        assert effect.weight == pytest.approx(1 - mean, abs=1e-5)
    assert [effect.word for effect in found.strongest(1)] == ["ship", "tram"]
    assert [effect.word for effect in found.strongest(9)] == ["ship", "the", "tram"]


def test_the_signs_turn_with_the_label():
    found = classify_text(planted_predictor(), "tram tram ship", WORDS_OF)
    assert found.label == "town"
    assert [(effect.word, effect.change > 0) for effect in found.effects] == [("tram", True), ("ship", False)]


def test_weights_tell_words_apart_where_probabilities_no_longer_do():
    # Log-odds of 30, and of 30 - 10 without the harbour: both are 1 in float32.
    found = classify_text(planted_predictor(scale=10), "ship harbour", WORDS_OF)
    by_word = {effect.word: effect for effect in found.effects}
    assert by_word["ship"].change == pytest.approx(0, abs=1e-6)
    assert by_word["ship"].weight == pytest.approx(10, abs=1e-3)
    assert by_word["harbour"].weight == pytest.approx(-10, abs=1e-3)


def test_the_only_word_is_compared_with_no_words_at_all():
    (effect,) = classify_text(planted_predictor(), "harbour", WORDS_OF).effects
    assert effect.without == pytest.approx(0.5)
    assert effect.weight == pytest.approx(2, abs=1e-5)


def test_an_unknown_word_is_named_and_has_its_say():
    found = classify_text(planted_predictor(), "ship Zeppelin zeppelin", WORDS_OF)
    assert (found.n_words, found.n_known, found.unknown) == (3, 1, ["zeppelin"])
    effect = found.effects[-1]
    assert (effect.word, effect.is_known) == ("zeppelin", False)
    assert effect.without == pytest.approx(sigmoid(4), abs=1e-6)
    assert found.probability == pytest.approx(sigmoid((4 - 1 - 1) / 3), abs=1e-6)


def test_what_comes_after_the_length_that_is_read_has_no_say():
    found = classify_text(planted_predictor(sequence_length=2), "ship the tram zzz", WORDS_OF)
    assert (found.n_words, found.n_known, found.n_read) == (4, 3, 2)
    assert found.probability == pytest.approx(sigmoid(2), abs=1e-6)
    assert {effect.word for effect in found.effects} == {"ship", "the"}
    assert found.unknown == []


def test_all_texts_are_classified_in_one_call_and_later_words_do_not_move_up():
    predictor = Recorder()
    found = classify_text(predictor, "one two one three four", WORDS_OF)
    (asked,) = predictor.asked
    assert asked == [["one", "two", "one", "three"], ["two", "three"], ["one", "one", "three"], ["one", "two", "one"]]
    assert found.label == "b"
    assert found.strongest(5) == []


def test_only_so_many_words_are_weighed():
    predictor = Recorder()
    found = classify_text(predictor, "one two three four", WORDS_OF, most_weighed=2)
    assert len(predictor.asked[0]) == 3
    assert {effect.word for effect in found.effects} == {"one", "two"}
    assert found.n_unweighed == 2


@pytest.mark.parametrize(
    ("text", "received"),
    [
        ("", "no words"),
        pytest.param("  \n", "no words", id="blank"),
        pytest.param("?! 😀", "1 word, none", id="emoji"),
        ("zzz", "1 word, none"),
        ("ab <b>", "2 words, none"),
    ],
)
def test_a_text_without_known_words_is_refused(text, received):
    with pytest.raises(InputError, match="no word in the vocabulary of this run") as refused:
        classify_text(planted_predictor(), text, WORDS_OF)
    assert refused.value.received.startswith(received)
    assert "topics of the dataset" in refused.value.remedy


def test_a_text_whose_known_words_are_not_read_is_refused():
    with pytest.raises(InputError, match="that this run reads has no known word") as refused:
        classify_text(planted_predictor(sequence_length=2), "zzz yyy ship", WORDS_OF)
    assert "sequence_length" in refused.value.remedy


def test_the_longest_text_is_read_and_a_longer_one_refused():
    text = "ship " * (LONGEST_TEXT // 5)
    found = classify_text(planted_predictor(), text, WORDS_OF)
    assert (found.n_words, found.n_read, found.label) == (LONGEST_TEXT // 5, 8, "sea")
    with pytest.raises(TooLargeError, match="1,000,000 characters"):
        classify_text(planted_predictor(), text + "x", WORDS_OF)


def test_emoji_are_words_and_markup_is_not():
    found = classify_text(planted_predictor(), "😀<b>ship</b>😀 **harbour**", WORDS_OF)
    assert found.unknown == ["😀", "b"]
    assert found.n_known == 2
