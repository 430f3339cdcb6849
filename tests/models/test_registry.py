from __future__ import annotations

import subprocess
import sys

import pytest

from embedlab.core.errors import NotFoundError
from embedlab.core.kind import Kind
from embedlab.kinds.registry import kind as kind_of
from embedlab.models.contract.base import FILE_NAME
from embedlab.models.registry import MODELS, model, models_for, recommended, register
from embedlab.tasks.registry import TASKS
from tests.subjects import SUBJECTS

COUNTS = {kind: dict(subject.counts) for kind, subject in SUBJECTS.items()}


def test_names_of_the_models():
    # The tasks say on which kind of data their models are trained.
    assert {each.task for each in MODELS.values()} <= set(TASKS)
    assert {"word2vec", "lsa"} <= {known.name for known in models_for(Kind.TEXT)}
    assert {"matrix-factorization", "ials", "hybrid", "content"} <= {known.name for known in models_for(Kind.RATINGS)}


def test_a_model_is_only_a_baseline_of_its_own_task():
    own = {name: known.own_baselines for name, known in MODELS.items() if known.own_baselines}
    assert {"markov", "pca-whitening", "popularity"} <= own.keys()
    assert all(set(names) < set(TASKS[MODELS[name].task].baselines) for name, names in own.items())


@pytest.mark.parametrize(
    ("name", "counts", "measured_mb"),
    [
        pytest.param("poincare", {"nodes": 400, "edges": 399}, (385, 466), id="poincare"),
        pytest.param("node2vec", {"nodes": 300, "edges": 1200}, (385, 399), id="node2vec"),
        pytest.param("spectral", {"nodes": 300, "edges": 1200}, (279, 279), id="spectral"),
        pytest.param(
            "item2vec", {"events": 4000, "items": 80, "users": 200, "sequences": 200}, (397, 397), id="item2vec"
        ),
        pytest.param("markov", {"events": 4000, "items": 80, "users": 200, "sequences": 200}, (278, 278), id="markov"),
    ],
)
def test_the_memory_of_small_trainings_is_that_which_workers_were_measured_to_need(name, counts, measured_mb):
    known = MODELS[name]
    estimated = known.estimate(counts, known.defaults(counts), 1).memory_mb
    assert 0.9 * measured_mb[0] <= estimated <= 1.2 * measured_mb[1]


def test_an_unknown_model_is_refused_with_the_known_ones():
    with pytest.raises(NotFoundError, match=r"word2vec.*matrix-factorization"):
        model("word3vec")


def test_the_server_can_look_at_models_without_heavy_libraries():
    counts = {name: COUNTS[known.kind] for name, known in MODELS.items()}
    script = f"""
import sys
from embedlab.models.registry import MODELS, model
for name, known in MODELS.items():
    known.parameters_class.model_json_schema()
for name, counts in {counts}.items():
    known = MODELS[name]
    parameters = known.defaults(counts)
    known.estimate(counts, parameters, 2)
    known.network(counts, parameters)
    known.script(parameters, "data.txt")
print(sorted({{"tensorflow", "keras", "gensim", "sklearn", "scipy", "numba"}} & set(sys.modules)))
"""
    done = subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, text=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("name", MODELS)
def test_the_counts_that_every_dataset_of_a_kind_has_are_enough(name):
    # A restored dataset has these; an earlier version may not have written others.
    known = MODELS[name]
    counts = {each: COUNTS[known.kind][each] for each in kind_of(known.kind).certain_counts}
    assert counts
    parameters = known.defaults(counts)
    estimated = known.estimate(counts, parameters, 2)
    assert estimated.seconds > 0
    assert estimated.memory_mb > 0
    known.network(counts, parameters)
    known.refusal(counts, parameters, {})
    known.recommendation_for(counts, {})


@pytest.mark.parametrize("name", MODELS)
def test_parameters_have_help_and_bounds(name):
    for field, schema in MODELS[name].parameters_class.model_json_schema()["properties"].items():
        assert schema["description"].endswith("."), field
        # A value that may be left out has its bounds beside null.
        schema = schema | next((kind for kind in schema.get("anyOf", []) if kind["type"] != "null"), {})
        if schema["type"] in {"integer", "number"}:
            assert {"maximum", "exclusiveMaximum"} & set(schema), field
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


@pytest.mark.parametrize(
    ("kind", "counts", "task", "expected"),
    [
        pytest.param(Kind.TEXT, {"tokens": 199_999}, "", "ppmi-svd", id="small-text"),
        pytest.param(Kind.TEXT, {"tokens": 200_000}, "", "word2vec", id="large-text"),
        pytest.param(Kind.TEXT, {}, "", "ppmi-svd", id="text-of-unknown-size"),
        pytest.param(Kind.TEXT, {"tokens": 10**9}, "documents", "lsa", id="documents"),
        pytest.param(Kind.TEXT, {"tokens": 10}, "labels", "text-classifier", id="labels"),
        pytest.param(Kind.RATINGS, {"ratings": 10}, "", "bayesian-factorization", id="ratings"),
        pytest.param(Kind.RATINGS, {"ratings": 2_000_001}, "", "fast-factorization", id="many-ratings"),
        pytest.param(Kind.RATINGS, {"ratings": 10}, "ranking", "ials", id="recommendations"),
    ],
)
def test_the_first_model_is_recommended_by_size_and_task_with_a_reason(kind, counts, task, expected):
    found = recommended(kind, counts, task)
    assert found.model.name == expected
    assert found.reason == found.model.recommendation(counts)
    assert found.reason.endswith(".")
    assert "\n" not in found.reason


@pytest.mark.parametrize(
    ("kind", "task"), [pytest.param(Kind.VECTORS, "", id="kind"), pytest.param(Kind.TEXT, "rating", id="task")]
)
def test_nothing_is_recommended_where_no_model_learns(kind, task):
    with pytest.raises(NotFoundError, match="No model learns"):
        recommended(kind, {}, task)


def test_the_files_of_models_have_names_that_nothing_runs():
    names = {name for known in MODELS.values() for name in known.files}
    assert "summary.txt" in names
    assert all(FILE_NAME.fullmatch(name) for name in names)


@pytest.mark.parametrize(
    "name",
    [
        pytest.param("sitecustomize.py", id="python"),
        pytest.param("../escape.txt", id="path"),
        pytest.param("run.json", id="name-of-the-run"),
        pytest.param("state.json/x.txt", id="folder"),
        pytest.param(".txt", id="hidden"),
    ],
)
def test_a_model_with_a_file_of_another_name_is_refused(name):
    class WithFile(type(MODELS["lsa"])):
        files = (name,)

    WithFile.name = "with-file"
    with pytest.raises(ValueError, match="cannot have a file"):
        register(WithFile())
    assert "with-file" not in MODELS


def test_the_size_of_vectors_to_start_from_is_a_field_or_free():
    starting = {name: model.parameters_class for name, model in MODELS.items() if has_start(model.parameters_class)}
    assert {"word2vec", "text-classifier", "entity-embeddings"} <= set(starting)
    assert all(not each.start_size or each.start_size in each.model_fields for each in starting.values())
    # Its vector size is that of categories.
    assert starting["entity-embeddings"].start_size == ""


def has_start(parameters_class: type) -> bool:
    return "start_from" in parameters_class.model_fields
