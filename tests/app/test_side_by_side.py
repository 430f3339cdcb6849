"""Side by side begins with an embedding of the same role, and with none if the user wants none."""

from __future__ import annotations

from collections.abc import Callable

from streamlit.testing.v1 import AppTest

from embedlab.core.embedding import Embedding
from embedlab.workspace.rows import EmbeddingRow

OpenPage = Callable[..., AppTest]
Keep = Callable[..., EmbeddingRow]


def test_embeddings_of_other_roles_are_offered_but_not_chosen(
    open_page: OpenPage, keep: Keep, royal: Embedding
) -> None:
    words, users = keep(royal, title="Words"), keep(royal, name="users", title="Users")
    app = open_page("ask", embedding=words.id, view="beside", q="king")
    box = app.multiselect(key="beside-embeddings")
    assert (box.value, box.options) == ([], ["Users"])
    assert any("Choose at least one embedding" in info.value for info in app.info)
    box.select(users.id).run()
    assert not app.exception
    assert len(app.dataframe) == 2


def test_the_choice_can_be_cleared(open_page: OpenPage, keep: Keep, royal: Embedding) -> None:
    other, words = keep(royal, title="Other"), keep(royal, title="Words")
    app = open_page("ask", embedding=words.id, view="beside", q="king")
    assert app.multiselect(key="beside-embeddings").value == [other.id]
    assert len(app.dataframe) == 2
    app.multiselect(key="beside-embeddings").unselect(other.id).run()
    for _ in range(2):
        assert app.multiselect(key="beside-embeddings").value == []
        assert not app.dataframe
        app.run()
    # The link of it shows the same to others.
    app = open_page("ask", embedding=words.id, view="beside", q="king", **{"with": app.query_params["with"][0]})
    assert app.multiselect(key="beside-embeddings").value == []


def test_rare_answers_are_muted_or_left_out_on_request(open_page: OpenPage, keep: Keep, royal: Embedding) -> None:
    other, words = keep(royal, title="Other"), keep(royal, title="Words")
    state = {"embedding": words.id, "view": "beside", "q": "king", "with": other.id, "min_count": "35"}
    app = open_page("ask", **state)
    assert not app.exception
    # The counts are 70, 60, ... 10 in the order of the keys; butter and kingdom are below 35, and so is bread.
    for table in app.dataframe:
        assert {"butter", "kingdom", "bread"} <= set(table.value["Answer"])
    assert sum("Muted: 3 with fewer than 35" in caption.value for caption in app.caption) == 2
    app = open_page("ask", **state, rare="left-out")
    for table in app.dataframe:
        assert list(table.value["Answer"]) == ["man", "queen", "woman"]
    assert sum("Left out" in caption.value for caption in app.caption) == 2
