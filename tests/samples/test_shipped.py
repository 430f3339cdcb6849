"""Every sample can be written off-line and says how it is trained."""

from __future__ import annotations

import pytest

from embedlab.core.errors import NotFoundError
from embedlab.core.kind import Kind
from embedlab.kinds.ratings import RatingsDataset, RatingsOptions, import_ratings
from embedlab.models.contract.abilities import Rates
from embedlab.reading.sources import Limits
from embedlab.samples.shipped import MADE_CORPUS, MADE_RATINGS, NEWS, SAMPLES, sample, write_sample
from embedlab.samples.simulated_ratings import read_films


def test_names_are_those_in_the_contract():
    names = [one.name for one in SAMPLES]
    assert names[:3] == [NEWS, MADE_CORPUS, MADE_RATINGS]
    assert len(names) == len(set(names))


def test_news_is_the_real_text(tmp_path):
    text = write_sample(NEWS, tmp_path).path.read_text(encoding="utf-8")
    assert (len(text.splitlines()), len(text.split())) == (300, 59_890)


def test_made_corpus_has_a_sentence_a_line(tmp_path):
    files = write_sample(MADE_CORPUS, tmp_path)
    assert (len(files.path.read_text(encoding="utf-8").splitlines()), files.items_path) == (24_000, None)


def test_made_ratings_come_with_their_films(tmp_path):
    files = write_sample(MADE_RATINGS, tmp_path)
    assert sample(MADE_RATINGS).kind is Kind.RATINGS
    assert files.path.exists()
    assert files.items_path is not None
    assert files.items_path.exists()


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
    assert model(chosen.model).kind is chosen.kind


@pytest.mark.slow
def test_the_factorization_beats_users_and_items_means_by_far(tmp_path):
    from embedlab.evaluation.recommendation.ratings import score_predictions
    from embedlab.models.contract.base import QuietContext
    from embedlab.models.registry import model

    chosen = sample(MADE_RATINGS)
    files = write_sample(MADE_RATINGS, tmp_path)
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
