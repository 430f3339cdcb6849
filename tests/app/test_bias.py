"""Association tests on the Ask page."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from streamlit.testing.v1 import AppTest

from embedlab.core.embedding import Embedding
from embedlab.workspace.rows import EmbeddingRow
from tests.app.test_ask import texts
from tests.exploration.asking.test_bias import planted

Open = Callable[..., AppTest]
Keep = Callable[..., EmbeddingRow]


def test_published_test_shows_its_result_and_what_it_does_not_mean(open_page: Open, keep: Keep) -> None:
    row = keep(planted(1.0, ("john",)))
    app = open_page("ask", embedding=row.id, view="bias")
    assert not app.exception
    assert "Male names are closer to career, and female names to family" in texts(app)
    assert "does not show what is true" in texts(app)
    assert "John" in texts(app)
    assert float(app.metric[0].value) > 1
    app.selectbox("bias-test").set_value("flowers-insects").run()
    assert "Flowers are closer to pleasant, and insects to unpleasant" in texts(app)
    assert app.query_params["association"] == "flowers-insects"


def test_missing_words_are_named_and_own_lists_answer(open_page: Open, keep: Keep) -> None:
    films = [f"Film {n}, The" for n in range(16)]
    embedding = Embedding(np.random.default_rng(0).normal(size=(16, 4)).astype(np.float32), films)
    row = keep(embedding)
    app = open_page("ask", embedding=row.id, view="bias")
    assert "0 of 8 are in the vocabulary" in app.error[0].value
    app.selectbox("bias-test").set_value("own").run()
    for number, title in enumerate(("Targets 1", "Targets 2", "Attributes 1", "Attributes 2")):
        app.text_area(f"bias-{title}").set_value("\n".join(films[4 * number : 4 * number + 4]))
    app.run()
    assert not app.exception
    assert not app.error
    assert len(app.dataframe[0].value) == 8
    app.text_area("bias-Targets 1").set_value("nobody, __import__('os'), Film 1, The").run()
    assert "1 of 3 are in the vocabulary" in app.error[0].value
