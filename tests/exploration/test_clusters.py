"""Planted groups are found, named by what is typical of them, and stored."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from embedlab.core.embedding import Embedding
from embedlab.exploration.cluster_fitting import cut, ward_merges
from embedlab.exploration.cluster_names import typical_values
from embedlab.exploration.clusters import MUTED, NO_GROUP, Clusters, find_clusters, n_clusters
from embedlab.exploration.stop_words import STOP_WORDS, stop_words

TOPICS = {
    "food": ["bread", "soup", "rice", "cheese", "apple", "salad", "pasta", "honey", "butter", "onion"],
    "sport": ["goal", "team", "coach", "match", "score", "league", "player", "racket", "stadium", "referee"],
    "music": ["song", "guitar", "piano", "chorus", "melody", "drummer", "concert", "violin", "opera", "rhythm"],
}
STOPS = ["the", "of", "and", "to", "in", "a", "is", "it"]


def planted(seed: int = 0, *, stops: bool = False, noise: float = 0.15) -> tuple[Embedding, np.ndarray]:
    """Words around one direction for each topic, frequent ones nearest to it; stop words around their mean."""
    generator = np.random.default_rng(seed)
    centers = np.eye(len(TOPICS), 12, dtype=np.float32)
    keys, rows, truth = [], [], []
    for rank in range(10):
        for topic, words in enumerate(TOPICS.values()):
            keys.append(words[rank])
            spread = noise * (0.2 + rank / 10)
            rows.append(centers[topic] + spread * generator.normal(size=12))
            truth.append(topic)
    if stops:
        keys = STOPS + keys
        rows = [centers.mean(axis=0) + 0.05 * generator.normal(size=12) for _ in STOPS] + rows
        truth = [-1] * len(STOPS) + truth
    lengths = generator.uniform(0.1, 9, size=(len(rows), 1))
    return Embedding((lengths * np.array(rows)).astype(np.float32), keys), np.array(truth)


def agree(codes: np.ndarray, truth: np.ndarray) -> bool:
    """Return whether two labelings are the same up to the names of the groups."""
    pairs = set(zip(codes.tolist(), truth.tolist(), strict=True))
    return len(pairs) == len({code for code, _ in pairs}) == len({group for _, group in pairs})


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_planted_groups_are_found(seed):
    embedding, truth = planted(seed)
    clusters = find_clusters(embedding, k=3, seed=seed)
    assert agree(clusters.codes, truth)


def test_names_are_frequent_words_near_the_center():
    embedding, truth = planted()
    clusters = find_clusters(embedding, k=3)
    for topic, words in enumerate(TOPICS.values()):
        name = clusters.names[clusters.codes[truth == topic][0]].split(", ")
        assert len(name) == 3
        assert set(name) <= set(words)
        # The last words of each topic are rare and far from its center.
        assert not set(name) & set(words[-3:])


def test_words_between_two_centers_name_neither():
    embedding, _ = planted()
    vectors = embedding.vectors.copy()
    # The most frequent word of the first topic moves almost halfway to the second.
    vectors[0] = [0.55, 0.45, *[0] * 10]
    clusters = find_clusters(Embedding(vectors, embedding.keys), k=3)
    assert not any("bread" in name for name in clusters.names)


def test_same_seed_same_clusters_with_any_number_of_threads():
    embedding, _ = planted(noise=0.6)
    first, second = (find_clusters(embedding, seed=4, n_threads=n) for n in (1, 2))
    assert first.names == second.names
    assert np.array_equal(first.codes, second.codes)


def test_stop_words_belong_to_no_cluster():
    embedding, truth = planted(stops=True)
    clusters = find_clusters(embedding, english=True, k=3)
    assert clusters.has_stop_words
    assert (clusters.codes[: len(STOPS)] == MUTED).all()
    assert agree(clusters.codes, truth)
    assert not set(", ".join(clusters.names).split(", ")) & STOP_WORDS


def test_stop_words_of_other_languages_are_left_alone():
    german = "der die und in den von zu das mit sich des auf für ist im dem nicht ein eine als"
    french = "de la le et les des en un du une que est pour qui dans a par plus pas au"
    assert not stop_words(german.split())
    assert not stop_words(french.split())


@pytest.mark.parametrize(("word", "found"), [("US", False), ("us", True), ("The", True)])
def test_capitals_are_no_function_words(word, found):
    keys = ["the", "of", "and", "to", "in", "a", word]
    assert (word in stop_words(keys)) is found


def test_english_is_recognized_without_an_order_of_frequency():
    keys = sorted(STOP_WORDS | {f"{letter}{letter}" for letter in "bcdefghijklmnop"} | {"aardvark"})
    assert stop_words(["AA"] * 20 + keys) == STOP_WORDS


def test_metadata_names_clusters_by_what_is_typical_of_them():
    embedding, truth = planted()
    genres = ["Common|Cooking", "Common|Sport", "Common|Music"]
    table = pd.DataFrame({"year": np.arange(30), "genres": [genres[topic] for topic in truth]})
    clusters = find_clusters(Embedding(embedding.vectors, embedding.keys, metadata=table), k=3)
    first = {name.split(", ")[0] for name in clusters.names}
    assert first == {"Cooking", "Sport", "Music"}


def test_texts_name_clusters_by_their_words():
    embedding, truth = planted()
    words = list(TOPICS.values())
    labels = [f"the {' '.join(np.roll(words[topic], at)[:4])} of and to in a" for at, topic in enumerate(truth)]
    documents = Embedding(embedding.vectors, [str(at) for at in range(30)], labels)
    for name in find_clusters(documents, k=3).names:
        assert any(set(name.split(", ")) <= set(topic) for topic in words)


def test_class_based_tf_idf_of_two_clusters(monkeypatch):
    monkeypatch.setattr("embedlab.exploration.cluster_names._FEW_VALUES", 0)
    # Both clusters have 4 values, so A = 4: a is typical of the first, c of the second, b is in both.
    bags = [["a", "b"], ["a", "b"], ["c", "b"], ["c", "c"]]
    assert typical_values(bags, np.array([0, 0, 1, 1])) == [["a", "b"], ["c", "b"]]


def test_few_values_are_typical_where_they_are_more_frequent_than_elsewhere():
    # Drama is the most frequent value of both clusters, and typical of neither.
    bags = [["drama", "war"], ["drama"], ["drama", "comedy"], ["drama", "comedy"]]
    assert typical_values(bags, np.array([0, 0, 1, 1])) == [["war", "drama"], ["comedy"]]


def test_equal_names_are_distinguished():
    embedding, _ = planted()
    table = pd.DataFrame({"genres": ["Drama", "Drama|Comedy"] * 15})
    names = find_clusters(Embedding(embedding.vectors, embedding.keys, metadata=table), k=3).names
    assert len(set(names)) == 3


def test_vectors_without_direction_belong_to_no_cluster():
    embedding, _ = planted()
    vectors = embedding.vectors.copy()
    vectors[3], vectors[4, 2] = 0, np.nan
    vectors[5] *= 1e30
    clusters = find_clusters(Embedding(vectors, embedding.keys), k=3)
    assert np.flatnonzero(clusters.codes == MUTED).tolist() == [3, 4]
    assert not clusters.has_stop_words


@pytest.mark.parametrize("n_keys", [1, 2, 15], ids=["one", "two", "fifteen"])
def test_few_keys_have_no_clusters(n_keys):
    vectors = np.random.default_rng(0).normal(size=(n_keys, 4)).astype(np.float32)
    assert find_clusters(Embedding(vectors, [str(at) for at in range(n_keys)])) is None


@pytest.mark.parametrize(("n_different", "n_names"), [(1, None), (2, 2), (3, 3)], ids=["one", "two", "three"])
def test_equal_vectors_have_no_empty_clusters(n_different, n_names):
    vectors = np.eye(4, dtype=np.float32)[np.arange(40) % n_different]
    clusters = find_clusters(Embedding(vectors, [f"word{at}" for at in range(40)]), k=4)
    assert (clusters and len(clusters.names)) == n_names


def test_a_sample_finds_the_same_groups(monkeypatch):
    monkeypatch.setattr("embedlab.exploration.cluster_fitting._MOST_FITTED", 18)
    monkeypatch.setattr("embedlab.exploration.cluster_fitting._BLOCK_KEYS", 7)
    embedding, truth = planted()
    assert agree(find_clusters(embedding, k=3).codes, truth)


def test_saved_clusters_are_read_again(tmp_path):
    clusters = Clusters(np.array([0, 1, MUTED], dtype=np.uint8), ("a, b", "ü"), has_stop_words=True)
    clusters.save(tmp_path / "clusters.npz")
    stored = Clusters.load(tmp_path / "clusters.npz", 3)
    assert stored.codes.tolist() == [0, 1, MUTED]
    assert (stored.names, stored.has_stop_words) == (("a, b", "ü"), True)


@pytest.mark.parametrize(
    ("codes", "names"),
    [
        (np.zeros(4, np.uint8), ("a",)),
        (np.zeros(3, np.int64), ("a",)),
        (np.array([0, 1, 2], np.uint8), ("a", "b")),
        (np.zeros(3, np.uint8), ()),
        (np.zeros(3, np.uint8), ("x" * 2_000_000,)),
    ],
    ids=["other-size", "other-type", "code-without-name", "no-names", "huge-name"],
)
def test_other_contents_are_not_clusters(tmp_path, codes, names):
    Clusters(codes, names).save(tmp_path / "clusters.npz")
    assert Clusters.load(tmp_path / "clusters.npz", 3) is None


def test_damaged_and_missing_files_are_no_clusters(tmp_path):
    assert Clusters.load(tmp_path / "missing.npz", 3) is None
    (tmp_path / "damaged.npz").write_bytes(b"PK\x03\x04nothing")
    assert Clusters.load(tmp_path / "damaged.npz", 3) is None


def test_number_of_clusters_grows_slowly():
    assert [n_clusters(n) for n in (10, 40, 300, 1000, 8000, 1_000_000)] == [1, 5, 9, 10, 12, 12]


def hierarchy(seed: int = 0) -> tuple[Embedding, np.ndarray, np.ndarray]:
    """9 groups of 3 parts of 18 keys each, in 40 dimensions; the parts of a group are nearer to each other."""
    generator = np.random.default_rng(seed)
    groups = generator.normal(size=(9, 40))
    parts = np.repeat(groups, 3, axis=0) + 0.6 * generator.normal(size=(27, 40))
    part = np.repeat(np.arange(27), 18)
    vectors = parts[part] + 0.1 * generator.normal(size=(486, 40))
    return Embedding(vectors.astype(np.float32), [f"w{at}" for at in range(486)]), part // 3, part


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_a_planted_hierarchy_is_found_at_two_levels(seed):
    embedding, group, part = hierarchy(seed)
    coarse, fine = find_clusters(embedding, seed=seed).layers
    assert agree(coarse.codes, group)
    assert agree(fine.codes, part)
    assert (fine.parents[fine.codes] == coarse.codes).all()
    assert sorted(fine.sizes.tolist()) == [18] * 27


def test_planted_names_of_parts_differ_from_their_siblings():
    embedding, group, part = hierarchy()
    # Every part has a genre that its siblings lack, and all of them have the genre of their group.
    genres = [f"Group {group[at]}|Part {part[at]}" for at in range(486)]
    named = Embedding(embedding.vectors, embedding.keys, metadata=pd.DataFrame({"genres": genres}))
    coarse, fine = find_clusters(named).layers
    for code, name in enumerate(coarse.names):
        assert name.startswith(f"Group {group[coarse.members(code)[0]]}")
    for code, name in enumerate(fine.names):
        assert name == f"Part {part[fine.members(code)[0]]}"


def test_layers_are_stored_and_read_again(tmp_path):
    embedding, _, _ = hierarchy()
    clusters = find_clusters(embedding)
    clusters.save(tmp_path / "clusters.npz")
    stored = Clusters.load(tmp_path / "clusters.npz", 486)
    assert len(stored.layers) == 2
    assert stored.digest == clusters.digest
    for one, other in zip(stored.layers, clusters.layers, strict=True):
        assert one.names == other.names
        assert np.array_equal(one.codes, other.codes)
        assert np.array_equal(one.parents, other.parents)


def test_layers_that_are_not_nested_are_no_clusters(tmp_path):
    clusters = find_clusters(hierarchy()[0])
    finer = (replace(clusters.finer[0], parents=clusters.finer[0].parents[::-1].copy()),)
    replace(clusters, finer=finer).save(tmp_path / "clusters.npz")
    assert Clusters.load(tmp_path / "clusters.npz", 486) is None


def test_clusters_of_one_layer_from_earlier_versions_are_read(tmp_path):
    codes = np.array([0, 1, MUTED], dtype=np.uint8)
    np.savez(tmp_path / "clusters.npz", codes=codes, names=np.array(["a", "b"]), stops=np.array(False))
    stored = Clusters.load(tmp_path / "clusters.npz", 3)
    assert stored.finer is None
    (layer,) = stored.layers
    assert (layer.codes.tolist(), layer.names, layer.sizes.tolist()) == ([0, 1, NO_GROUP], ("a", "b"), [1, 1])


def test_names_that_users_set_replace_those_of_known_groups():
    clusters = find_clusters(hierarchy()[0])
    renamed = clusters.renamed({(0, 1): "mine", (1, 26): "part", (1, 999): "x", (7, 0): "y"})
    assert (renamed.names[1], renamed.layers[1].names[26]) == ("mine", "part")
    assert renamed.names[0] == clusters.names[0]
    assert renamed.digest == clusters.digest


def test_merging_by_size_is_wards_method():
    # With equal weights, the same cuts as SciPy's.
    from scipy.cluster.hierarchy import cut_tree, linkage

    centers = np.random.default_rng(3).normal(size=(40, 5))
    merges = ward_merges(centers, np.ones(40))
    for n_groups in (2, 7, 20):
        expected = cut_tree(linkage(centers, "ward"), n_clusters=n_groups)[:, 0]
        assert agree(cut(merges, 40, n_groups), expected)
    # Two points of weight 1 at distance 2 cost 2; a heavy one at distance 1.5 costs more: 9 / 10 * 2.25 < 2.025 = it.
    assert ward_merges(np.array([[0.0], [2.0], [-1.5]]), np.array([1.0, 1.0, 9.0]))[0] == (0, 1)


def test_kinds_of_things_that_are_everywhere_do_not_name_clusters():
    rng = np.random.default_rng(0)
    vectors = np.repeat(np.eye(3, dtype=np.float32), 20, axis=0) + rng.normal(0, 0.05, (60, 3)).astype(np.float32)
    # The first of each 20 is a name that occurs often, the others are images of it.
    names = [("zero", "one", "two")[row // 20] if row % 20 == 0 else f"{row:03}.png" for row in range(60)]
    is_name = [row % 20 == 0 for row in range(60)]
    table = pd.DataFrame({"kind": np.where(is_name, "name", "image"), "count": np.where(is_name, 180, 8)})
    things = Embedding(vectors, tuple(names), metadata=table)
    left_out = find_clusters(things, k=3, left_out="kind")
    assert [name.split(",")[0] for name in sorted(left_out.names)] == ["one", "two", "zero"]
    assert all("image" in name or "name" in name for name in find_clusters(things, k=3).names)
