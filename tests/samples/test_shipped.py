"""Every sample can be written off-line and says how it is trained."""

from __future__ import annotations

import numpy as np
import pytest

from embedlab.core.errors import NotFoundError
from embedlab.core.kind import Kind
from embedlab.kinds.ratings import RatingsDataset, RatingsOptions, import_ratings
from embedlab.models.contract.abilities import Rates
from embedlab.reading.sources import Limits
from embedlab.samples.made_homes import DISTRICTS, TWINS, effect_of
from embedlab.samples.shipped import (
    SAMPLES,
    sample,
    write_sample,
)
from embedlab.samples.simulated_ratings import read_films


def test_names_are_those_in_the_contract():
    assert [one.name for one in SAMPLES][:3] == ["news", "made-corpus", "made-ratings"]
    assert {"word2vec", "matrix-factorization", "pca-whitening"} <= {one.model for one in SAMPLES}


def test_news_is_the_real_text(tmp_path):
    text = write_sample("news", tmp_path).path.read_text(encoding="utf-8")
    assert (len(text.splitlines()), len(text.split())) == (300, 59_890)


def test_made_corpus_has_a_sentence_a_line(tmp_path):
    files = write_sample("made-corpus", tmp_path)
    assert (len(files.path.read_text(encoding="utf-8").splitlines()), files.items_path) == (24_000, None)


def test_made_ratings_come_with_their_films(tmp_path):
    files = write_sample("made-ratings", tmp_path)
    assert sample("made-ratings").kind is Kind.RATINGS
    assert files.path.exists()
    assert files.items_path is not None
    assert files.items_path.exists()


def test_made_homes_are_the_same_and_their_twins_are_far_apart(tmp_path):
    first, second = (write_sample("made-homes", folder).path for folder in (tmp_path, tmp_path.parent))
    assert first.read_bytes() == second.read_bytes()
    place = {code: (latitude, longitude) for code, _, latitude, longitude in DISTRICTS}
    assert len(place) == 30
    for one, other in TWINS:
        assert effect_of(one) == effect_of(other)
        assert abs(place[one][0] - place[other][0]) > 0.07


def test_digits_are_those_of_scikit_learn(tmp_path):
    with np.load(write_sample("digits", tmp_path).path) as arrays:
        assert (arrays["images"].shape, arrays["images"].max()) == ((1797, 8, 8), 16)
        assert np.bincount(arrays["labels"]).sum() == 1797


def test_wines_have_their_cultivar_and_measurements(tmp_path):
    lines = write_sample("wine", tmp_path).path.read_text(encoding="utf-8").splitlines()
    assert len(lines) == 1 + 178
    assert lines[0].startswith("wine,cultivar,alcohol,malic acid")
    assert lines[1] == "wine 001,cultivar 1,14.23,1.71,2.43,15.6,127,2.8,3.06,0.28,2.29,5.64,1.04,3.92,1065"
    assert [line.split(",")[1] for line in lines[1:]].count("cultivar 2") == 71


def test_an_unknown_sample_is_refused(tmp_path):
    with pytest.raises(NotFoundError):
        write_sample("../secret", tmp_path)


@pytest.mark.parametrize("name", [one.name for one in SAMPLES])
def test_settings_are_allowed_by_the_model(name):
    import embedlab.tasks.registry  # noqa: F401  registers the tasks
    from embedlab.models.registry import model

    chosen = sample(name)
    parameters = model(chosen.model).parameters_class.checked(chosen.parameters)
    assert {key: getattr(parameters, key) for key in chosen.parameters} == dict(chosen.parameters)
    assert model(chosen.model).kind == chosen.kind


@pytest.mark.slow
def test_the_factorization_beats_users_and_items_means_by_far(tmp_path):
    from embedlab.evaluation.recommendation.ratings import score_predictions
    from embedlab.models.contract.base import QuietContext
    from embedlab.models.registry import model

    chosen = sample("made-ratings")
    files = write_sample("made-ratings", tmp_path)
    folder, scratch = tmp_path / "dataset", tmp_path / "scratch"
    folder.mkdir()
    scratch.mkdir()
    import_ratings(
        files.path, RatingsOptions.model_validate(chosen.options), folder, items_path=files.items_path, limits=Limits()
    )
    dataset = RatingsDataset.open(folder)
    split = dataset.split(0)
    factorization = model(chosen.model)
    parameters = factorization.parameters_class.checked(chosen.parameters)
    result = factorization.train(split.without_test(), parameters, QuietContext(scratch, n_threads=2))
    scores = score_predictions(result.ability(Rates).predict, split.test, split.known, dataset.scale)
    assert scores["test_rmse"] < 0.7 * scores["baselines"]["user_item_bias"]["test_rmse"]

    films = result.embeddings["items"]
    tastes = {film.key: film.main_taste for film in read_films()}
    alike = [
        tastes[neighbor] == tastes[key]
        for key in films.keys[:200]
        for neighbor, _ in films.keyed_vectors.most_similar(key, topn=5)
    ]
    assert sum(alike) / len(alike) > 0.6
