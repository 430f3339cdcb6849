from __future__ import annotations

import os
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
from scipy.sparse import csr_matrix
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression

from embedlab.core.embedding import Embedding
from embedlab.core.errors import CancelledError, ParameterError
from embedlab.evaluation.classification import score_classification
from embedlab.exploration.new_things.classify import classify_text
from embedlab.kinds.text.labeled import LabeledDocuments, LabeledSplit, split_labeled
from embedlab.models.contract.abilities import Classifies
from embedlab.models.contract.base import QuietContext, State
from embedlab.models.shared.text_encoding import TextEncoder
from embedlab.models.text_classifier import network as keras_classifier
from embedlab.models.text_classifier.bag_of_words import BagOfWords
from embedlab.models.text_classifier.model import TextClassifier, TextClassifierParameters, network_layers
from embedlab.models.text_classifier.predictor import ClassifierPredictor
from embedlab.models.text_classifier.training import start_table
from embedlab.tasks.labels import write_labeled
from tests.models.shared.document_data import N_TOPICS, labeled_dataset, sentiment_documents, topic_words

MODEL = TextClassifier()
QUICK = TextClassifierParameters(
    vector_size=4, sequence_length=30, min_count=1, epochs=3, patience=0, refit=False, batch_size=16, learning_rate=0.02
)


@pytest.fixture(scope="module")
def split(tmp_path_factory):
    return split_labeled(labeled_dataset(tmp_path_factory.mktemp("planted")), seed=0)


def train(split, parameters, folder, **context):
    quiet = QuietContext(folder, **context)
    return MODEL.train(split.without_test(), parameters, quiet), quiet


def accuracy(predictor, split):
    predicted = predictor.predict(split.test.words(split.dataset)).argmax(axis=1)
    return (predicted == split.test.codes).mean()


def test_planted_topics_are_told_apart_and_their_words_lie_with_them(split, tmp_path):
    parameters = QUICK.model_copy(update={"epochs": 25, "patience": 3})
    result, context = train(split, parameters, tmp_path)
    assert accuracy(result.ability(Classifies), split) == 1.0
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
        found = classify_text(result.ability(Classifies), text, split.dataset.tokenize)
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
    predictor = result.ability(Classifies)
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
    bag = None
    if parameters.bag_of_words:
        bag = BagOfWords(len(predictor.words) + 2, predictor.pairs, predictor.weights["evidence_scale"])
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
    assert sum(layer.n_parameters for layer in layers) == whole.count_params()
    assert {layer.name: (layer.kind, layer.output_shape) for layer in layers[1:]} == {
        each.name: (type(each).__name__, tuple(each.output.shape)) for each in whole.layers[1:]
    }
    names = [layer.name for layer in layers]
    assert all(names.index(before) < place for place, layer in enumerate(layers) for before in layer.inputs)
    predictor.state().save(tmp_path / "predictor")
    again = ClassifierPredictor.from_state(State.load(tmp_path / "predictor"))
    assert np.array_equal(again.predict(documents), predictor.predict(documents))


@pytest.mark.parametrize(
    ("changes", "broken_after", "n_epochs"),
    [
        pytest.param({}, 1, 3, id="no-refit"),
        pytest.param({"refit": True}, 2, 6, id="first-phase"),
        pytest.param({"refit": True}, 3, 6, id="between"),
        pytest.param({"refit": True}, 4, 6, id="refit"),
        pytest.param({"refit": True, "start_from": "abc", "fine_tune": False}, 2, 6, id="frozen-start"),
        pytest.param({"refit": True, "start_from": "abc"}, 4, 6, id="start-and-refit"),
    ],
)
def test_a_resumed_training_ends_where_an_unbroken_one_does(split, tmp_path, changes, broken_after, n_epochs):
    parameters = QUICK.model_copy(update=changes)
    start = planted_start() if "start_from" in changes else None
    whole, whole_context = train(split, parameters, tmp_path, start_embedding=start)
    assert len(whole_context.history) == n_epochs
    broken = QuietContext(tmp_path, cancel_after_epoch=broken_after, start_embedding=start)
    with pytest.raises(CancelledError):
        MODEL.train(split.without_test(), parameters, broken)
    broken.last_checkpoint.save(tmp_path / "checkpoint")
    resumed, context = train(split, parameters, tmp_path, resume_state=State.load(tmp_path / "checkpoint"))
    assert [each["epoch"] for each in context.history] == list(range(broken_after + 1, n_epochs + 1))
    assert np.allclose(resumed.embeddings["words"].vectors, whole.embeddings["words"].vectors, atol=1e-5)
    assert resumed.scores == pytest.approx(whole.scores, abs=1e-5)
    assert context.shares == sorted(context.shares)
    assert context.shares[-1] == 1


def small_split(folder, texts, test_rows=(), validation_rows=()):
    """Two kinds of documents, in turn, in parts of our own."""
    folder.mkdir()
    dataset = labeled_dataset(folder, [text.split() for text in texts], [f"kind {n % 2}" for n in range(len(texts))])
    parts = []
    others = {*test_rows, *validation_rows}
    for rows in ([row for row in range(len(texts)) if row not in others], validation_rows, test_rows):
        places = np.array(rows, np.int64)
        parts.append(LabeledDocuments(places, places % 2))
    return LabeledSplit(dataset, ("kind 0", "kind 1"), *parts)


TEXTS = ["sea ship sea", "town tram town"] * 4 + ["sea harbor rare tail", "town market rare tail"]


def test_words_that_only_other_parts_hold_are_out_of_vocabulary(tmp_path):
    texts = [*TEXTS, "sea validation", "town validation", "sea testword testword", "town testword"]
    split = small_split(tmp_path / "data", texts, test_rows=(12, 13), validation_rows=(10, 11))
    parameters = QUICK.model_copy(update={"sequence_length": 3, "max_pairs": 5})
    first, _ = train(split, parameters, tmp_path)
    words = first.embeddings["words"]
    # "tail" is beyond sequence_length in all documents; counts are those of the training documents.
    counts = dict(zip(words.keys, words.metadata["count"], strict=True))
    assert counts == {"sea": 9, "town": 9, "ship": 4, "tram": 4, "rare": 2, "harbor": 1, "market": 1}
    assert not any(first.ability(Classifies).knows(word) for word in ("testword", "validation", "tail"))
    again, _ = train(split, parameters.model_copy(update={"refit": True}), tmp_path)
    assert again.ability(Classifies).knows("validation")
    assert not again.ability(Classifies).knows("testword")
    assert again.embeddings["words"].metadata["count"].iloc[again.embeddings["words"].index("sea")] == 10
    kept, _ = train(split, parameters.model_copy(update={"min_count": 2}), tmp_path)
    assert set(kept.embeddings["words"].keys) == {"sea", "town", "ship", "tram", "rare"}


@pytest.mark.parametrize("pooling", ["average", "convolution"])
def test_an_unknown_word_that_training_has_not_met_adds_no_random_numbers(tmp_path, pooling):
    split = small_split(tmp_path / "data", TEXTS, validation_rows=(8, 9))
    parameters = QUICK.model_copy(
        update={"pooling": pooling, "sequence_length": 3, "kernel_size": 2, "filters": 3, "epochs": 1}
    )
    result, _ = train(split, parameters, tmp_path)
    # All documents are three words long: neither the filling nor an unknown word was learned.
    assert not result.ability(Classifies).weights["embedding"][:2].any()
    assert result.ability(Classifies).weights["embedding"][2:].any(axis=1).all()


def test_the_share_of_text_that_is_read_is_part_of_the_scores(tmp_path):
    split = small_split(tmp_path / "data", [*TEXTS, "sea " * 10, "town " * 10], validation_rows=(8, 9))
    result, context = train(split, QUICK.model_copy(update={"sequence_length": 4, "epochs": 1}), tmp_path)
    assert result.scores["share_read"] == pytest.approx((24 + 8) / (24 + 20))
    assert any("72.7% of the text read" in line for line in context.lines)


def test_the_refit_learns_from_the_validation_documents_and_the_scores_stay(split, tmp_path):
    parameters = QUICK.model_copy(update={"epochs": 6, "patience": 2})
    first, first_context = train(split, parameters, tmp_path)
    result, context = train(split, parameters.model_copy(update={"refit": True}), tmp_path)
    best = first.scores["best_epoch"]
    assert result.scores["n_refit_epochs"] == best
    for name in ("best_epoch", "validation_loss", "validation_accuracy", "stopped"):
        assert result.scores[name] == first.scores[name]
    assert [row for row in context.history if "validation_loss" in row] == first_context.history
    assert len([row for row in context.history if "refit_loss" in row]) == best
    classes = result.embeddings["classes"]
    assert classes.metadata["count"].sum() == len(split.train) + len(split.validation)


def test_only_the_bag_of_words_sees_which_words_stand_together(tmp_path):
    rng = np.random.default_rng(0)
    documents = []
    for number in range(400):
        words = [f"n{place}" for place in rng.integers(0, 40, 12)]
        at, elsewhere = (2, 2) if number % 2 == 0 else (2, 8)
        words[at:at] = ["not"]
        words[elsewhere + 1 : elsewhere + 1] = ["good"]
        documents.append(words)
    (tmp_path / "data").mkdir()
    split = split_labeled(
        labeled_dataset(tmp_path / "data", documents, [f"kind {number % 2}" for number in range(400)]), seed=0
    )
    parameters = QUICK.model_copy(update={"epochs": 20, "patience": 5})
    result, _ = train(split, parameters, tmp_path)
    assert accuracy(result.ability(Classifies), split) > 0.9
    alone, _ = train(split, parameters.model_copy(update={"bag_of_words": False}), tmp_path)
    assert accuracy(alone.ability(Classifies), split) < 0.75
    text = f"n1 n2 not good {' '.join(documents[0][5:])}"
    found = classify_text(result.ability(Classifies), text, split.dataset.tokenize)
    assert found.label == "kind 0"
    assert {effect.word for effect in found.strongest(2)[:2]} == {"not", "good"}


def tfidf_accuracy(documents, codes, test, truth):
    tfidf = TfidfVectorizer(analyzer=lambda words: words, sublinear_tf=True)
    fitted = LogisticRegression(max_iter=1000).fit(tfidf.fit_transform(documents), codes)
    return float((fitted.predict(tfidf.transform(test)) == truth).mean())


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(3))
def test_defaults_are_not_below_tfidf_on_long_documents(tmp_path, seed):
    documents = sentiment_documents(n=1000, length=300, seed=seed)
    known, test = documents[:400], documents[400:]
    truth = np.arange(len(test)) % 2
    dataset = labeled_dataset(tmp_path, known, [f"kind {number % 2}" for number in range(len(known))])
    split = split_labeled(dataset, seed)
    parameters = MODEL.defaults(dataset.imported.counts).model_copy(update={"seed": seed})
    assert parameters.sequence_length > 450
    result, _ = train(split, parameters, tmp_path)
    kinds = np.array([int(name[-1]) for name in result.ability(Classifies).classes])
    ours = float((kinds[result.ability(Classifies).predict(test).argmax(axis=1)] == truth).mean())
    assert result.scores["share_read"] > 0.95
    learned = split.train.words(dataset) + split.validation.words(dataset)
    codes = kinds[np.concatenate([split.train.codes, split.validation.codes])]
    assert ours >= tfidf_accuracy(learned, codes, test, truth) - 0.01
    assert ours > 0.75


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(3))
def test_defaults_are_not_below_tfidf_on_real_messages(real_data, tmp_path, seed):
    lines = real_data("sms-spam/SMSSpamCollection").read_text(encoding="utf-8").splitlines()
    labels, texts = zip(*(line.split("\t", 1) for line in lines), strict=True)
    dataset = labeled_dataset(tmp_path, [text.split() for text in texts], labels)
    split = split_labeled(dataset, seed)
    parameters = MODEL.defaults(dataset.imported.counts).model_copy(update={"seed": seed})
    result, _ = train(split, parameters, tmp_path)
    scores = score_classification(result.ability(Classifies).predict, split)
    baseline = scores["baselines"]["tfidf_logistic_regression"]
    assert scores["test_accuracy"] >= baseline["test_accuracy"]
    assert scores["test_f1"] >= baseline["test_f1"]


def test_defaults_follow_the_lengths_of_the_documents():
    counts = {"documents": 2000, "tokens": 1_400_000, "vocabulary": 40_000, "p95_document_tokens": 1423.0}
    assert MODEL.defaults(counts).sequence_length == 1423
    earlier = {name: value for name, value in counts.items() if name != "p95_document_tokens"}
    assert MODEL.defaults(earlier).sequence_length == 1400
    assert MODEL.defaults({**counts, "documents": 200_000}).sequence_length == 200
    assert MODEL.defaults({**counts, "p95_document_tokens": 3.0}).sequence_length == 10
    assert MODEL.defaults({**counts, "p95_document_tokens": 90_000.0}).sequence_length == 4000


def test_parameters_of_earlier_runs_are_read():
    now = TextClassifierParameters().model_dump(mode="json")
    earlier = {name: value for name, value in now.items() if name not in {"refit", "bag_of_words", "max_pairs"}}
    parameters = TextClassifierParameters.checked(earlier)
    assert (parameters.refit, parameters.bag_of_words) == (False, False)
    assert TextClassifierParameters.checked({"epochs": 3}).bag_of_words
    assert TextClassifierParameters.checked(now) == TextClassifierParameters()


def test_a_predictor_of_an_earlier_run_is_read(split, tmp_path):
    result, _ = train(split, QUICK.model_copy(update={"bag_of_words": False}), tmp_path)
    state = result.ability(Classifies).state()
    assert "pairs" not in state.arrays
    assert np.array_equal(
        ClassifierPredictor.from_state(state).predict([["xword1"]]), result.ability(Classifies).predict([["xword1"]])
    )


def test_textbook_preset_is_the_network_of_the_textbooks():
    parameters = TextClassifierParameters.checked(MODEL.presets()["textbook settings"])
    assert (parameters.pooling, parameters.bag_of_words, parameters.refit) == ("flatten", False, False)
    layers = MODEL.network({"documents": 10, "tokens": 500, "vocabulary": 90}, parameters)
    assert [layer.kind for layer in layers][2:] == ["Embedding", "Flatten", "Dense", "Softmax"]


def planted_start(size=4):
    """An embedding that knows the topics already: one direction for each."""
    keys = [word for topic in range(N_TOPICS) for word in topic_words(topic)]
    return Embedding(np.repeat(np.eye(N_TOPICS, size, dtype=np.float32), 30, axis=0), keys)


def test_a_start_helps_and_stays_when_frozen(split, tmp_path):
    few = LabeledDocuments(split.train.rows[:9], split.train.codes[:9])
    start = planted_start()
    parameters = QUICK.model_copy(
        update={"start_from": "abc", "fine_tune": False, "epochs": 20, "batch_size": 3, "learning_rate": 0.1}
    )
    small = type(split)(split.dataset, split.classes, few, split.validation, split.test)
    result, _ = train(small, parameters, tmp_path, start_embedding=start)
    assert accuracy(result.ability(Classifies), split) > 0.95
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
@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"refit": True}, id="defaults"),
        pytest.param({"bag_of_words": False}, id="embedding-alone"),
        pytest.param({"pooling": "convolution", "refit": True, "max_pairs": 0, "dropout": 0.1}, id="convolution"),
    ],
)
def test_the_script_runs_and_tells_the_topics_apart(split, tmp_path, changes):
    parameters = QUICK.model_copy(update={"epochs": 20, "patience": 3, **changes})
    write_labeled(split, tmp_path / "labelled.csv")
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
    result, _ = train(split, parameters, tmp_path)
    assert pd.read_csv(tmp_path / "words.csv")["word"].tolist() == list(result.embeddings["words"].keys)


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
