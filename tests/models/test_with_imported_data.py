"""The models on datasets as they are really imported."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from gensim.models import KeyedVectors
from gensim.test.utils import datapath

from embedlab.core.kind import Kind
from embedlab.evaluation.recommendation.ratings import score_predictions
from embedlab.evaluation.words import score_word_pairs
from embedlab.kinds.ratings import (
    Ratings,
    RatingsDataset,
    RatingsSplit,
    guess_ratings_options,
    import_ratings,
)
from embedlab.kinds.sequences.dataset import SEQUENCES
from embedlab.kinds.text.dataset import TextDataset, guess_text_options, import_text
from embedlab.models.bayesian_factorization.model import BayesianFactorization
from embedlab.models.contract.abilities import Rates
from embedlab.models.contract.base import QuietContext
from embedlab.models.fast_factorization.model import FastFactorization
from embedlab.models.matrix_factorization.model import MatrixFactorization
from embedlab.models.registry import MODELS
from embedlab.models.word2vec.model import Word2Vec
from embedlab.reading.sources import Limits
from embedlab.tasks.registry import task_of
from tests.subjects import SUBJECTS


@pytest.fixture(scope="module")
def news(tmp_path_factory):
    folder, path = tmp_path_factory.mktemp("news"), datapath("lee_background.cor")
    import_text(Path(path), guess_text_options(Path(path), Limits()), folder, limits=Limits())
    return TextDataset.open(folder)


@pytest.fixture(scope="module")
def films(real_data, tmp_path_factory):
    folder, path = tmp_path_factory.mktemp("films"), real_data("ml-latest-small/ratings.csv")
    import_ratings(
        path,
        guess_ratings_options(path, Limits()),
        folder,
        items_path=real_data("ml-latest-small/movies.csv"),
        limits=Limits(),
    )
    return RatingsDataset.open(folder)


def test_the_script_repeats_a_training_on_real_news(news, tmp_path):
    model = Word2Vec()
    parameters = model.defaults(news.imported.counts).model_copy(update={"epochs": 2, "backend": "gensim"})
    words = model.train(news, parameters, QuietContext(tmp_path)).embeddings["words"]
    (tmp_path / "corpus.txt").write_bytes(news.corpus_path.read_bytes())
    (tmp_path / "train.py").write_text(model.script(parameters, "corpus.txt"), encoding="utf-8")
    subprocess.run([sys.executable, "train.py"], cwd=tmp_path, check=True, capture_output=True, env=dict(os.environ))
    repeated = KeyedVectors.load_word2vec_format(str(tmp_path / "vectors.txt"))
    assert repeated.index_to_key == list(words.keys)
    assert np.abs(repeated.vectors - words.vectors).max() < 1e-4


@pytest.mark.slow
def test_real_news_teaches_who_belongs_together(news, tmp_path):
    model = Word2Vec()
    words = model.train(news, model.defaults(news.imported.counts), QuietContext(tmp_path)).embeddings["words"]
    near_israel = {word for word, _ in words.keyed_vectors.most_similar("israel", topn=15)}
    assert len(near_israel & {"arafat", "palestinian", "hamas", "israeli", "israelis", "sharon", "yasser"}) >= 3
    pairs = score_word_pairs(words)["wordsim353"]
    assert pairs["covered"] > 100
    assert pairs["score"] > 0.15


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(5))
def test_factors_beat_the_bias_baseline_on_real_ratings(films, seed, tmp_path):
    split = films.split(seed)
    model = MatrixFactorization()
    parameters = model.defaults(films.imported.counts).model_copy(update={"seed": seed})
    result = model.train(split.without_test(), parameters, QuietContext(tmp_path, n_threads=2))
    scores = score_predictions(result.ability(Rates).predict, split.test, split.train, films.scale)
    assert scores["test_rmse"] < scores["baselines"]["user_item_bias"]["test_rmse"]
    assert scores["baselines"]["user_item_bias"]["test_rmse"] < scores["baselines"]["item_mean"]["test_rmse"]
    assert scores["baselines"]["item_mean"]["test_rmse"] < scores["baselines"]["global_mean"]["test_rmse"]
    items = result.embeddings["items"]
    assert {"genres", "year", "bias", "count"} <= set(items.metadata.columns)
    assert items.label("1") == films.items.set_index("key").loc["1", "label"]


#: The test RMSE of myFM 0.4.0 (rank 10, 300 samples, clipped to the scale) on these parts of ml-latest-small.
MYFM_RMSE = 0.8378


@pytest.mark.slow
def test_the_bayesian_factorization_equals_myfm_on_the_same_parts(films, tmp_path):
    ratings = films.ratings
    order = np.random.default_rng(0).permutation(len(ratings))
    known, test = ratings.take(order[: int(0.9 * len(order))]), ratings.take(order[int(0.9 * len(order)) :])
    model = BayesianFactorization()
    parameters = model.defaults(films.imported.counts)
    split = RatingsSplit(films, known, Ratings.empty(), Ratings.empty())
    result = model.train(split, parameters, QuietContext(tmp_path, n_threads=2))
    error = result.ability(Rates).predict(test.users, test.items) - test.ratings
    assert float(np.sqrt(np.mean(error**2))) == pytest.approx(MYFM_RMSE, abs=0.004)


@pytest.mark.slow
@pytest.mark.parametrize("nu", [0.0, 0.5], ids=["constant", "root"])
def test_constant_regularization_keeps_obscure_films_out_of_recommendations(films, nu, tmp_path):
    split = films.split(1)
    model = FastFactorization()
    parameters = model.defaults(films.imported.counts).model_copy(update={"nu": nu})
    rater = model.train(split.without_test(), parameters, QuietContext(tmp_path, n_threads=2)).ability(Rates)
    scores = score_predictions(rater.predict, split.test, split.known, films.scale)
    assert scores["test_rmse"] < 0.86
    assert scores["test_rmse"] < scores["baselines"]["user_item_bias"]["test_rmse"]
    counts = np.bincount(split.known.items, minlength=len(films.items))
    ranked = rater.rank_by_rating(np.arange(len(films.users), dtype=np.int32), len(counts))
    ranked[split.known.users, split.known.items] = -np.inf
    share = (counts[np.argpartition(-ranked, 10, axis=1)[:, :10]] <= 3).mean()
    assert share < 0.0005 if nu == 0 else share > 0.01


#: Counts of real data: the news and MovieLens latest-small, and msweb.
REAL_COUNTS = {
    Kind.TEXT: {"documents": 300, "tokens": 60_000, "vocabulary": 7000},
    Kind.RATINGS: {"ratings": 100_836, "users": 610, "items": 9724},
    SEQUENCES: {"events": 98_654, "sequences": 32_711, "users": 32_711, "items": 285},
}
#: Seconds that a training takes at least: few for models that decompose in one step, only count, or use small data.
FEWEST_S = {
    **dict.fromkeys(("word2vec", "lsa", "ppmi-svd", "fast-factorization", "content", "pure-svd"), 1.0),
    **dict.fromkeys(("popularity", "pca-whitening", "standardization"), 0.3),
    **dict.fromkeys(("markov", "spectral"), 0.5),
    **dict.fromkeys(("node2vec", "poincare"), 1.0),
}


@pytest.mark.parametrize("name", MODELS)
def test_estimates_are_of_the_right_size(name):
    """A minute's work is not called an hour's, nor a second's."""
    model = MODELS[name]
    kind = task_of(model).kind
    counts = REAL_COUNTS.get(kind) or SUBJECTS[kind].counts
    estimate = model.estimate(counts, model.defaults(counts), 2)
    # Keras takes minutes for what gensim does in seconds.
    assert FEWEST_S.get(name, 4.0) < estimate.seconds < (180 if name == "keras-skipgram" else 30)
    assert 100 < estimate.memory_mb < 1500
