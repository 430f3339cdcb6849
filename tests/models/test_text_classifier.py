from __future__ import annotations

import os
import subprocess
import sys

import numpy as np
import pytest
from scipy.sparse import csr_matrix

from embedlab.datasets.labelled import LabelledDocuments, split_labelled
from embedlab.embedding import Embedding
from embedlab.errors import CancelledError, ParameterError
from embedlab.exploration.classify import classify_text
from embedlab.jobs.reproduction import write_labelled
from embedlab.models import keras_classifier
from embedlab.models.bag_of_words import BagOfWords
from embedlab.models.base import QuietContext, State
from embedlab.models.classifier_predictor import ClassifierPredictor
from embedlab.models.classifier_training import start_table
from embedlab.models.text_classifier import TextClassifier, TextClassifierParameters, network_layers
from embedlab.models.text_encoding import TextEncoder
from tests.models.document_data import N_TOPICS, labelled_dataset, topic_words

MODEL = TextClassifier()
QUICK = TextClassifierParameters(
    vector_size=4, sequence_length=30, min_count=1, epochs=3, patience=0, refit=False, batch_size=16, learning_rate=0.02
)


@pytest.fixture(scope="module")
def split(tmp_path_factory):
    return split_labelled(labelled_dataset(tmp_path_factory.mktemp("planted")), seed=0)


def train(split, parameters, folder, **context):
    quiet = QuietContext(folder, **context)
    return MODEL.train(split.without_test(), parameters, quiet), quiet


def accuracy(predictor, split):
    predicted = predictor.predict(split.test.words(split.dataset)).argmax(axis=1)
    return (predicted == split.test.codes).mean()


def test_planted_topics_are_told_apart_and_their_words_lie_with_them(split, tmp_path):
    parameters = QUICK.model_copy(update={"epochs": 25, "patience": 3})
    result, context = train(split, parameters, tmp_path)
    assert accuracy(result.predictor, split) == 1.0
    words, classes = result.embeddings["words"], result.embeddings["classes"]
    assert sorted(classes.keys) == [f"topic {topic}" for topic in range(N_TOPICS)]
    for topic in range(N_TOPICS):
        rows = [words.index(word) for word in topic_words(topic)]
        assert set(words.metadata["class"].iloc[rows]) == {f"topic {topic}"}
        answers = words.unit_vectors[rows] @ classes.unit_vectors.T
        assert set(answers.argmax(axis=1)) == {classes.index(f"topic {topic}")}
    assert context.history[-1]["validation_accuracy"] == 1.0
    assert "TextVectorization" in result.texts["summary.txt"]
    for topic in range(N_TOPICS):
        text = f"{topic_words(topic)[3]} filler1 {topic_words(topic)[4]} unheard filler2"
        found = classify_text(result.predictor, text, split.dataset.tokenize)
        assert found.label == f"topic {topic}"
        assert {effect.word for effect in found.strongest(2)[:2]} == set(topic_words(topic)[3:5])
        assert found.unknown == ["unheard"]


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"pooling": "average"}, id="average"),
        pytest.param({"pooling": "average", "bag_of_words": False}, id="average-alone"),
        pytest.param({"pooling": "average", "max_pairs": 0}, id="single-words"),
        pytest.param({"pooling": "flatten", "hidden_units": 3}, id="flatten"),
        pytest.param({"pooling": "convolution", "dropout": 0.5, "bag_of_words": False}, id="convolution"),
    ],
)
def test_predictor_diagram_and_encoding_equal_the_keras_network(split, tmp_path, changes):
    parameters = TextClassifierParameters(**{**QUICK.model_dump(), **changes, "epochs": 1, "filters": 6})
    result, _ = train(split, parameters, tmp_path)
    predictor = result.predictor
    network = keras_classifier.build_network(
        len(predictor.words) + 2,
        N_TOPICS,
        sequence_length=30,
        output_dim=4,
        pooling=parameters.pooling,
        filters=6,
        kernel_size=5,
        hidden_units=parameters.hidden_units,
        dropout=parameters.dropout,
        start=None,
        frozen=False,
        n_terms=len(predictor.weights.get("evidence_kernel", ())),
        seed=0,
    )
    arrays = dict(predictor.weights)
    layer_of = {layer.name: layer for layer in network.layers}
    layer_of["embedding"].set_weights([arrays["embedding"]])
    for name in ("convolution", "hidden", "classes", "evidence"):
        if f"{name}_kernel" in arrays:
            layer_of[name].set_weights([arrays[f"{name}_kernel"], arrays[f"{name}_bias"]])
    bag = BagOfWords(len(predictor.words) + 2, predictor.pairs) if parameters.bag_of_words else None
    assert (len(predictor.pairs) > 0) == (parameters.bag_of_words and parameters.max_pairs > 0)
    whole = keras_classifier.with_text_input(network, predictor.words, 30, bag)
    import tensorflow as tf

    documents = [*split.test.words(split.dataset), ["unheard"], ["xword1", "unheard", "xword1"] * 20]
    expected = whole.predict(tf.constant([" ".join(words) for words in documents]), verbose=0)
    assert np.abs(predictor.predict(documents) - expected).max() < 1e-5
    import keras

    (tmp_path / "classifier.keras").write_bytes(result.files["classifier.keras"])
    saved = keras.saving.load_model(tmp_path / "classifier.keras")
    assert np.abs(saved.predict(tf.constant([" ".join(each) for each in documents]), verbose=0) - expected).max() < 1e-5
    layers = network_layers(parameters, len(predictor.words) + 2, N_TOPICS, len(predictor.pairs))
    assert sum(layer.n_parameters for layer in layers) == network.count_params() == whole.count_params()
    assert {layer.name: (layer.kind, layer.output_shape) for layer in layers[1:]} == {
        each.name: (type(each).__name__, tuple(each.output.shape)) for each in whole.layers[1:]
    }
    names = [layer.name for layer in layers]
    assert all(names.index(before) < place for place, layer in enumerate(layers) for before in layer.inputs)
    predictor.state().save(tmp_path / "predictor")
    again = ClassifierPredictor.from_state(State.load(tmp_path / "predictor"))
    assert np.array_equal(again.predict(documents), predictor.predict(documents))


def test_a_resumed_training_ends_where_an_unbroken_one_does(split, tmp_path):
    whole, _ = train(split, QUICK, tmp_path)
    broken = QuietContext(tmp_path, cancel_after_epoch=1)
    with pytest.raises(CancelledError):
        MODEL.train(split.without_test(), QUICK, broken)
    resumed, context = train(split, QUICK, tmp_path, resume_state=broken.last_checkpoint)
    assert [each["epoch"] for each in context.history] == [2, 3]
    assert np.allclose(resumed.embeddings["words"].vectors, whole.embeddings["words"].vectors, atol=1e-5)


def planted_start(size=4):
    """An embedding that knows the topics already: one direction for each."""
    keys = [word for topic in range(N_TOPICS) for word in topic_words(topic)]
    return Embedding(np.repeat(np.eye(N_TOPICS, size, dtype=np.float32), 30, axis=0), keys)


def test_a_start_helps_and_stays_when_frozen(split, tmp_path):
    few = LabelledDocuments(split.train.rows[:9], split.train.codes[:9])
    start = planted_start()
    parameters = QUICK.model_copy(
        update={"start_from": "abc", "fine_tune": False, "epochs": 20, "batch_size": 3, "learning_rate": 0.1}
    )
    small = type(split)(split.dataset, split.classes, few, split.validation, split.test)
    result, _ = train(small, parameters, tmp_path, start_embedding=start)
    assert accuracy(result.predictor, split) > 0.95
    words = result.embeddings["words"]
    kept = words.vectors[[words.index(key) for key in start.keys]]
    assert np.array_equal(kept, start.vectors)
    assert not words.vectors[words.index("filler1")].any()


def test_words_without_a_start_begin_small_or_at_zero():
    known = (np.array([1]), np.array([[1, 0, 0, 0]], np.float32))
    table = start_table(known, 2, QUICK.model_copy(update={"start_from": "abc"}))
    assert table[0].tolist() == [0, 0, 0, 0]
    assert table[3].tolist() == [1, 0, 0, 0]
    assert table[2].any()
    frozen = start_table(known, 2, QUICK.model_copy(update={"start_from": "abc", "fine_tune": False}))
    assert not frozen[2].any()


def test_a_kernel_wider_than_the_documents_is_refused():
    with pytest.raises(ParameterError, match="kernel_size 5"):
        TextClassifierParameters.checked({"pooling": "convolution", "sequence_length": 4})


def test_encoding_cuts_fills_and_marks_the_unknown():
    encoder = TextEncoder(["b", "a"], 3)
    assert encoder.input_dim == 4
    assert (encoder.knows("a"), encoder.knows("zzz")) == (True, False)
    assert encoder.encode([["a", "b", "zzz", "a"], ["b"], []]).tolist() == [[3, 2, 1], [2, 0, 0], [0, 0, 0]]


@pytest.mark.slow
def test_the_script_runs_and_tells_the_topics_apart(split, tmp_path):
    parameters = QUICK.model_copy(update={"epochs": 20, "patience": 3})
    write_labelled(split, tmp_path / "labelled.csv")
    (tmp_path / "train.py").write_text(MODEL.script(parameters, "labelled.csv"), encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "train.py"],
        cwd=tmp_path,
        check=True,
        capture_output=True,
        text=True,
        env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"},
    )
    assert float(done.stdout.split("test accuracy ")[1].split()[0]) > 0.95


def test_estimates_grow_with_the_work():
    counts = {"documents": 100_000, "tokens": 5_000_000, "vocabulary": 80_000}
    base = MODEL.estimate(counts, QUICK, 2)
    assert MODEL.estimate({**counts, "documents": 1_000_000}, QUICK, 2).seconds > 5 * base.seconds
    assert MODEL.estimate(counts, QUICK.model_copy(update={"sequence_length": 300}), 2).memory_mb > base.memory_mb


def test_figures_of_an_epoch_and_of_the_validation_cover_all_batches():
    network = keras_classifier.build_network(
        12,
        2,
        sequence_length=5,
        output_dim=3,
        pooling="average",
        filters=1,
        kernel_size=1,
        hidden_units=0,
        dropout=0.0,
        start=None,
        frozen=False,
        n_terms=3,
        seed=1,
    )
    network.evidence.set_weights([np.array([[2, 0], [0, 1], [1, 0]], np.float32), np.zeros(2, np.float32)])
    trainer = keras_classifier.Trainer(network, learning_rate=1e-12, batch_size=128, seed=0)
    indices = np.random.default_rng(0).integers(1, 12, (300, 5)).astype(np.int32)
    # The last batch is unlike the others: its labels are all right, theirs all wrong.
    bag = csr_matrix(np.random.default_rng(1).integers(0, 2, (300, 3)).astype(np.float32))
    odds = network.deep.predict(indices, verbose=0) + bag @ network.evidence.kernel.numpy()
    likely = np.exp(odds) / np.exp(odds).sum(axis=1, keepdims=True)
    codes = likely.argmin(axis=1)
    codes[256:] = likely[256:].argmax(axis=1)
    loss = -np.log(likely[np.arange(300), codes]).mean()
    for found in (
        trainer.evaluate(indices, bag, codes),
        trainer.train_epoch(indices, bag, codes, 0, lambda done: None),
    ):
        assert found["accuracy"] == pytest.approx(44 / 300, abs=1e-6)
        assert found["loss"] == pytest.approx(loss, abs=1e-5)
