"""Pictures beside the nearest keys, and how the map draws strokes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pytest

from embedlab.core.embedding import Embedding
from embedlab.core.pictures import Pictures
from embedlab.core.similarity import Answer
from embedlab.ui.ask.near_pictures import seen_pictures
from embedlab.ui.map.pictures import _as_alpha, ground_of
from embedlab.ui.widgets.answer_wording import with_article


class Squares(Pictures):
    """Pictures of 4 x 4 pixels with a stroke in their middle; keys that begin with n have none."""

    size = (4, 4)
    digest = "0"

    def __init__(self, ground: int, stroke: int) -> None:
        self._pixels = np.full((4, 4), ground, np.uint8)
        self._pixels[1:3, 1:3] = stroke

    def of(self, keys: Sequence[str]) -> npt.NDArray[np.uint8]:
        found = np.zeros((len(keys), 4, 4, 4), np.uint8)
        for place, key in enumerate(keys):
            if not key.startswith("n"):
                found[place, ..., :3] = self._pixels[..., np.newaxis]
                found[place, ..., 3] = 255
        return found


def test_only_keys_with_a_picture_have_one() -> None:
    answers = [Answer("n1", "name", 0.9), Answer("i1", "image", 0.8)]
    found, names = seen_pictures(Squares(255, 0), answers)
    assert (len(found), names) == (1, ["image"])
    assert seen_pictures(Squares(255, 0), []) == ([], [])


@pytest.mark.parametrize(
    ("ground", "stroke", "expected"),
    [
        pytest.param(0, 255, "dark", id="white on black"),
        pytest.param(255, 0, "light", id="black on white"),
        pytest.param(128, 0, None, id="on gray"),
    ],
)
def test_strokes_are_drawn_as_ink_on_any_even_ground(ground: int, stroke: int, expected: str | None) -> None:
    pictures = Squares(ground, stroke)
    keys = ("i1", "n1", "i2")
    assert ground_of(pictures, Embedding(np.eye(3, dtype=np.float32), keys)) == expected
    if expected is not None:
        opacity = _as_alpha(pictures.of(keys), expected)[..., 3]
        assert opacity[:, 1, 1].tolist() == [255, 0, 255]
        assert opacity[:, 0, 0].tolist() == [0, 0, 0]


def test_nouns_have_their_article() -> None:
    assert [with_article(noun) for noun in ("image", "node", "user")] == ["an image", "a node", "a user"]
