from __future__ import annotations

from embedlab.workspace.bookmarks.bookmark import Ranges
from embedlab.workspace.bookmarks.match import match
from embedlab.workspace.rows import ProjectionRow
from tests.workspace.bookmarks.marks import made

KEYS = {"sea": 0, "ship": 1, "sand": 2}
VIEW = {"x": [0, 1], "y": [0, 1]}


def projection(row_id, method="pca", n_components=2, seed=0, **parameters):
    return ProjectionRow(row_id, "local", "e", method, n_components, parameters, seed, {}, 0.0)


def test_on_its_own_map_everything_is_shown():
    mark = made(view=VIEW, selected=["ship", "sea"], color="genre", key="word of subwords")
    found = match(mark, KEYS, [projection("old"), projection("p"), projection("new")], ["genre"], "e")
    assert found.projection is not None
    assert (found.projection.id, found.rows, found.problems) == ("p", (0, 1), ())
    assert found.view == Ranges.model_validate(VIEW)


def test_the_same_layout_is_found_after_a_restore():
    look = {"id": "gone", "method": "tsne", "n_components": 2, "parameters": {"perplexity": 30}, "seed": 3}
    rows = [
        projection("a", "tsne", seed=3, perplexity=5),
        projection("b", "tsne", seed=3, perplexity=30),
        projection("c", "tsne"),
    ]
    found = match(made(projection=look, view=VIEW), KEYS, rows, [], "e")
    assert found.projection is not None
    assert found.projection.id == "b"
    assert found.view is not None
    assert found.problems == ()


def test_another_embedding_shows_the_keys_that_it_has_and_says_what_is_missing():
    look = {"id": "p", "method": "tsne", "n_components": 2}
    mark = made(
        embedding="other", projection=look, view=VIEW, selected=["ship", "sun", "moon"], color="genre", key="sky"
    )
    found = match(mark, KEYS, [projection("p3", n_components=3), projection("mine")], [], "e")
    assert found.projection is not None
    assert (found.projection.id, found.rows, found.view) == ("mine", (1,), None)
    assert found.problems == (
        "This embedding has no tsne map in 2-D.",
        "This embedding does not contain 2 of the 3 selected keys.",
        "This embedding has no column “genre”.",
        "This embedding does not contain “sky”.",
        "The layout is another one, so the whole map is shown.",
    )


def test_an_embedding_without_maps_shows_none():
    assert match(made(), KEYS, [], [], "e").projection is None
