from __future__ import annotations

import subprocess
import sys

import pytest

from embedlab.core.errors import NotFoundError
from embedlab.core.kind import Kind
from embedlab.models.registry import MODELS, model, models_for, recommended

COUNTS = {
    Kind.TEXT: {"documents": 300, "tokens": 60_000, "vocabulary": 7000},
    Kind.RATINGS: {"ratings": 100_000, "users": 600, "items": 9000},
}


def test_names_of_the_models():
    assert {"word2vec", "lsa"} <= {known.name for known in models_for(Kind.TEXT)}
    assert [known.name for known in models_for(Kind.RATINGS)] == ["matrix-factorization"]


@pytest.mark.parametrize(
    ("kind", "counts", "name"),
    [
        pytest.param(Kind.TEXT, {"tokens": 199_999}, "ppmi-svd", id="small text"),
        pytest.param(Kind.TEXT, {"tokens": 200_000}, "word2vec", id="large text"),
        pytest.param(Kind.RATINGS, {"ratings": 100}, "matrix-factorization", id="ratings"),
    ],
)
def test_the_recommended_model_says_so_itself(kind, counts, name):
    assert recommended(kind, counts).name == name


def test_no_model_is_recommended_where_there_is_none():
    with pytest.raises(NotFoundError, match="No model learns"):
        recommended(Kind.VECTORS, {})


def test_an_unknown_model_is_refused_with_the_known_ones():
    with pytest.raises(NotFoundError, match=r"word2vec.*matrix-factorization"):
        model("word3vec")


def test_the_server_can_look_at_models_without_heavy_libraries():
    script = """
import sys
from embedlab.models.registry import MODELS, model
for name, known in MODELS.items():
    known.parameters_class.model_json_schema()
counts = {"tokens": 60000, "vocabulary": 7000, "documents": 300, "ratings": 100000, "users": 600, "items": 9000}
for known in MODELS.values():
    parameters = known.defaults(counts)
    known.estimate(counts, parameters, 2)
    known.network(counts, parameters)
    known.script(parameters, "data.txt")
print(sorted({"tensorflow", "keras", "gensim", "sklearn", "scipy", "numba"} & set(sys.modules)))
"""
    done = subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, text=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("name", MODELS)
def test_parameters_have_help_and_bounds(name):
    for field, schema in MODELS[name].parameters_class.model_json_schema()["properties"].items():
        assert schema["description"].endswith("."), field
        # A value that may be left out has its bounds beside null.
        schema = schema | next((kind for kind in schema.get("anyOf", []) if kind["type"] != "null"), {})
        if schema["type"] in {"integer", "number"}:
            assert "maximum" in schema, field
            assert {"minimum", "exclusiveMinimum"} & set(schema), field


@pytest.mark.parametrize(("name", "extra_rows"), [("keras-skipgram", 0), ("text-classifier", 2)])
def test_a_network_is_drawn_with_the_words_that_are_kept(name, extra_rows):
    known = MODELS[name]
    parameters = known.defaults(COUNTS[known.kind])
    layers = known.network({**COUNTS[known.kind], "kept_words": 123}, parameters)
    table = next(layer for layer in layers if layer.kind == "Embedding")
    assert table.n_parameters == (123 + extra_rows) * parameters.vector_size


@pytest.mark.parametrize("name", MODELS)
def test_presets_and_scripts_are_valid(name):
    known = MODELS[name]
    parameters = known.defaults(COUNTS[known.kind])
    for values in known.presets().values():
        known.parameters_class.checked({**parameters.model_dump(), **values})
    compile(known.script(parameters, "it's data.txt"), "script.py", "exec")
