from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from embedlab.core.embedding import Embedding
from embedlab.core.errors import InputError, NotFoundError
from embedlab.exploration.new_things.across_kinds import fitted_picture, near_image, near_thing, near_value
from embedlab.models.contract.things import KindOfThing
from embedlab.models.two_tower.encoder import PairsEncoder
from embedlab.reading.pictures import as_png

KINDS = [KindOfThing("text", "text"), KindOfThing("tag", "tags"), KindOfThing("user", "id")]
TABLE = np.array([[0.1, 0.1], [1, 0], [0, 1]], np.float32)
PLACER = PairsEncoder(KINDS, [["boat", "tram"], ["sea", "town"], ["u1", "u2"]], [{"table": TABLE}] * 3, "|")
THINGS = Embedding(
    np.array([[1, 0], [0, 1], [1, 0], [0, 1], [0.8, 0.6]], np.float32),
    ["a boat", "a tram", "sea", "town", "u1"],
    metadata=pd.DataFrame({"kind": ["text", "text", "tag", "tag", "user"], "count": [1] * 5}),
)


def test_a_text_finds_its_tags_and_counts_unknown_words():
    found = near_value(PLACER, THINGS, "text", "Boat boat UNHEARD", 2)
    assert list(found.answers) == ["tag", "user"]
    assert [each.key for each in found.answers["tag"]] == ["sea", "town"]
    assert (found.n_known, found.n_tokens) == (2, 3)


def test_tags_are_averaged_and_answers_can_be_of_one_kind():
    found = near_value(PLACER, THINGS, "tag", "sea|town", 1, to=["user"])
    assert [(each.key, round(each.score, 4)) for each in found.answers["user"]] == [("u1", round(1.4 / 2**0.5, 4))]


def test_a_thing_is_not_its_own_neighbor():
    assert [each.key for each in near_thing(KINDS, THINGS, "sea", 5, ["tag"]).answers["tag"]] == ["town"]
    assert list(near_thing(KINDS, THINGS, "sea", 5).answers) == ["text", "user"]


@pytest.mark.parametrize(
    ("kind", "value", "error", "message"),
    [
        pytest.param("user", "u9", NotFoundError, "no place for it", id="unknown-id"),
        pytest.param("text", "xyzzy", NotFoundError, "None of the words", id="unknown-words"),
        pytest.param("text", "  ", InputError, "nothing to look up", id="empty"),
        pytest.param("color", "red", NotFoundError, "no such kind", id="unknown-kind"),
    ],
)
def test_what_has_no_place_is_refused(kind, value, error, message):
    with pytest.raises(error, match=message):
        near_value(PLACER, THINGS, kind, value, 3)


def test_an_image_needs_a_kind_of_images():
    with pytest.raises(InputError, match="No kind of things"):
        near_image(PLACER, THINGS, b"", 3)


def test_a_picture_gets_the_shape_of_the_images_that_a_run_knows():
    color = np.zeros((10, 10, 3), np.uint8)
    color[..., 0] = 100
    gray = fitted_picture(as_png(color), (5, 5, 1))
    assert gray.shape == (5, 5, 1)
    assert set(gray.ravel().tolist()) == {30}
    assert fitted_picture(as_png(color), (10, 10, 3)).tolist() == color.tolist()
