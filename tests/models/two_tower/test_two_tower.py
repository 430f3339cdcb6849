"""Two towers by planted structure and closed forms."""

from __future__ import annotations

import numpy as np
import pytest

from embedlab.kinds.base import Imported
from embedlab.kinds.pairs.dataset import PairsDataset, Things
from embedlab.kinds.pairs.splits import PairsSplit
from embedlab.models.contract.base import QuietContext
from embedlab.models.contract.state import State
from embedlab.models.contract.things import KindOfThing, PlacesThings
from embedlab.models.registry import model
from embedlab.models.two_tower.encoder import PairsEncoder, image_vectors
from embedlab.models.two_tower.examples import KindPairs, n_passes

TWO_TOWER = model("two-tower")


def things(name, form, values, counts=None, pixels=None):
    return Things(name, form, "|", values, np.ones(len(values), np.int64) if counts is None else counts, pixels)


def split_of(left, right, pairs):
    """Return all pairs as training data; a few are also for validation."""
    rows = np.array(pairs, np.int32)
    dataset = PairsDataset(
        [left, right],
        rows[:, 0],
        rows[:, 1],
        np.ones(len(rows), np.int8),
        np.full(len(rows), -1, np.int32),
        [],
        Imported("pairs", {}),
    )
    return PairsSplit(dataset, np.arange(len(rows)), np.empty(0, np.intp), np.empty(0, np.intp))


def trained(split, folder, **values):
    parameters = TWO_TOWER.parameters_class.checked(
        {"vector_size": 8, "epochs": 15, "patience": 0, "batch_size": 64, "learning_rate": 0.02, **values}
    )
    result = TWO_TOWER.train(split, parameters, QuietContext(folder))
    return result.embeddings["things"], result.ability(PlacesThings)


def closed_form(left, right, log_q_left, log_q_right, hits, temperature):
    logits = left @ right.T / temperature
    total = 0.0
    for scores, log_q, masked in ((logits, log_q_right, hits), (logits.T, log_q_left, hits.T)):
        scores = np.where(masked, -np.inf, scores - log_q)
        total += np.mean(np.log(np.exp(scores).sum(axis=1)) - np.diag(scores))
    return total / 2


def test_the_loss_is_its_closed_form_and_masks_accidental_hits():
    from embedlab.models.two_tower.network import in_batch_loss

    rng = np.random.default_rng(0)
    pairs = KindPairs(1, np.array([0, 1, 0, 2], np.int32), np.array([0, 1, 1, 0], np.int32), 3, 2)
    batch = pairs.batch(np.arange(4))
    # The known pairs (0, 0), (1, 1), (0, 1) and (2, 0) of the batch's things, but for each row's own.
    assert batch.is_hit.tolist() == [
        [False, True, True, True],
        [False, False, True, False],
        [True, True, False, True],
        [True, False, False, False],
    ]
    np.testing.assert_allclose(np.exp(batch.log_q_right), [0.5, 0.5, 0.5, 0.5], rtol=1e-6)
    np.testing.assert_allclose(np.exp(batch.log_q_left), [0.5, 0.25, 0.5, 0.25], rtol=1e-6)
    left, right = (rng.normal(size=(4, 3)).astype(np.float32) for _ in range(2))
    given = left, right, batch.log_q_left, batch.log_q_right, batch.is_hit
    loss = float(in_batch_loss(*given, 0.5))
    assert loss == pytest.approx(closed_form(*given, 0.5), rel=1e-5)
    unmasked = closed_form(left, right, batch.log_q_left, batch.log_q_right, np.zeros((4, 4), bool), 0.5)
    assert abs(loss - unmasked) > 0.01


def test_hits_equal_a_plain_search_in_all_pairs():
    rng = np.random.default_rng(1)
    left, right = (rng.integers(0, n, 300).astype(np.int32) for n in (20, 30))
    pairs = KindPairs(1, left, right, 20, 30)
    known = set(zip(left.tolist(), right.tolist(), strict=True))
    rows = rng.choice(300, 40, replace=False)
    expected = [[(x, y) in known for y in right[rows].tolist()] for x in left[rows].tolist()]
    np.fill_diagonal(expected := np.array(expected), val=False)
    np.testing.assert_array_equal(pairs.accidental_hits(left[rows], right[rows]), expected)


def test_a_small_kind_gets_a_tenth_of_the_steps():
    assert [n_passes(n, 100) for n in (100, 10, 1)] == [1, 1, 10]


def test_ids_with_the_same_partners_are_near_and_near_their_partners(tmp_path):
    users, items = (
        things("user", "id", [f"u{n}" for n in range(24)]),
        things("item", "id", [f"i{n}" for n in range(24)]),
    )
    # Users 0 and 1 have the same items; the others have items of their group of six.
    of_user = {n: [6 * (n // 6) + (n + step) % 6 for step in range(4)] for n in range(24)}
    of_user[1] = of_user[0]
    split = split_of(users, items, [(user, item) for user, chosen in of_user.items() for item in chosen])
    embedding, placer = trained(split, tmp_path, epochs=80)
    assert list(embedding.metadata.columns) == ["kind", "count"]
    assert set(embedding.metadata["kind"]) == {"user", "item"}
    np.testing.assert_allclose(np.linalg.norm(embedding.vectors, axis=1), 1, rtol=1e-5)
    vectors = {key: embedding.vectors[embedding.index(key)] for key in embedding.keys}
    assert vectors["u0"] @ vectors["u1"] > 0.95
    assert vectors["u0"] @ vectors["u1"] > max(vectors["u0"] @ vectors[f"u{n}"] for n in range(6, 24)) + 0.3
    best = max((vectors["u0"] @ vectors[f"i{n}"], n) for n in range(24))[1]
    assert best in of_user[0]
    # Unknown ids have one vector, and are counted.
    assert placer.n_known(0, "u0") == (1, 1)
    assert placer.n_known(0, "nobody") == (0, 1)
    np.testing.assert_array_equal(placer.vector(0, "nobody"), placer.vector(0, "somebody"))
    np.testing.assert_allclose(placer.vector(0, "u3"), vectors["u3"], atol=1e-6)


def test_with_the_correction_popular_things_are_ranked_by_affinity(tmp_path):
    rng = np.random.default_rng(0)
    n_words, texts, pairs = 6, [], []
    for row in range(360):
        word = row % n_words
        texts.append(f"word{word} text{row}")
        # Nine of ten texts have the popular tag, three of ten the tag of their word.
        pairs += [(row, 0)] * (rng.random() < 0.9) + [(row, 1 + word)] * (rng.random() < 0.3)
    split = split_of(things("text", "text", texts), things("tag", "id", ["all", *map(str, range(n_words))]), pairs)
    margins = {}
    for log_q in (True, False):
        (tmp_path / str(log_q)).mkdir()
        # The number of a text occurs at most twice: only its word is known.
        _, placer = trained(split, tmp_path / str(log_q), log_q=log_q, min_count=3, temperature=0.3, epochs=40)
        popular = placer.vector(1, "all")
        margins[log_q] = [
            float(placer.vector(0, f"word{word}") @ (popular - placer.vector(1, str(word)))) for word in range(n_words)
        ]
    assert min(margins[True]) > 0, margins
    assert max(margins[False]) < 0, margins


def test_numpy_images_equal_the_keras_tower():
    from embedlab.models.two_tower.network import build_towers, set_tower_weights, tower_weights

    kind = KindOfThing("image", "image", (9, 10, 3))
    (tower,) = build_towers([kind], [0], vector_size=5, filters=4, seed=3)
    pixels = np.random.default_rng(0).integers(0, 256, (7, 9, 10, 3)).astype(np.uint8)
    weights = tower_weights(tower)
    expected = np.asarray(tower(pixels.astype(np.float32) / 255))
    np.testing.assert_allclose(image_vectors(weights, pixels), expected, atol=1e-5)
    encoder = PairsEncoder(
        [kind, KindOfThing("word", "id")],
        [[], ["a", "b\nc"]],
        [weights, {"table": np.eye(3, 5, dtype=np.float32)}],
        "|",
    )
    again = PairsEncoder.from_state(State(**vars(encoder.state())))
    np.testing.assert_array_equal(again.image_vector(0, pixels[0]), encoder.image_vector(0, pixels[0]))
    assert again.n_known(1, "b\nc") == (1, 1)
    set_tower_weights(tower, {name: np.zeros_like(array) for name, array in weights.items()})
    assert np.asarray(tower(pixels.astype(np.float32))).max() == 0
