from __future__ import annotations

import threading
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pytest

from embedlab.core.embedding import Embedding
from embedlab.ui.shell import resources
from embedlab.ui.shell.byte_cache import ByteCache, memory_of


def sized(n_bytes):
    return lambda item: n_bytes


def test_least_recently_used_item_is_evicted():
    cache = ByteCache(100)
    for key in "abc":
        cache.get(key, object, sized(30))
    a = cache.get("a", lambda: pytest.fail("it is kept"))
    cache.get("d", object, sized(30))
    assert "b" not in cache
    assert cache.get("a", object) is a
    assert ("c" in cache, "d" in cache, cache.n_bytes) == (True, True, 90)


def test_large_item_evicts_several_small_ones():
    cache = ByteCache(100)
    for key in range(10):
        cache.get(key, object, sized(10))
    cache.get("large", object, sized(75))
    assert len(cache) == 3
    assert "large" in cache
    assert cache.n_bytes == 95


def test_item_above_the_limit_is_returned_without_caching_or_eviction():
    cache = ByteCache(100)
    cache.get("small", object, sized(100))
    made = []
    for _ in range(2):
        cache.get("large", lambda: made.append(1) or "large", sized(101))
    assert made == [1, 1]
    assert ("small" in cache, "large" in cache, cache.n_bytes) == (True, False, 100)


def test_number_of_items_is_limited():
    cache = ByteCache(100, max_items=3)
    for key in range(5):
        cache.get(key, object, sized(1))
    assert [key for key in range(5) if key in cache] == [2, 3, 4]
    assert cache.n_bytes == 3


def test_limit_of_zero_caches_nothing():
    cache = ByteCache(0)
    assert cache.get("a", lambda: "first") == "first"
    assert cache.get("a", lambda: "second") == "second"


def test_item_is_created_again_after_an_error():
    cache = ByteCache(1000)
    with pytest.raises(ZeroDivisionError):
        cache.get("a", lambda: 1 / 0)
    assert cache.get("a", lambda: "fine") == "fine"


def test_clear_removes_all_items():
    cache = ByteCache(1000)
    cache.get("a", object)
    cache.clear()
    assert (len(cache), cache.n_bytes, "a" in cache) == (0, 0, False)


def test_threads_share_an_item_and_others_do_not_wait():
    cache = ByteCache(1_000_000)
    opening, go_on = threading.Event(), threading.Event()
    made, got = [], []

    def slow():
        made.append(1)
        opening.set()
        assert go_on.wait(20)
        return ["slow"]

    threads = [threading.Thread(target=lambda: got.append(cache.get("slow", slow))) for _ in range(8)]
    for thread in threads:
        thread.start()
    assert opening.wait(20)
    assert cache.get("other", lambda: "other") == "other"
    go_on.set()
    for thread in threads:
        thread.join()
    assert made == [1]
    assert len({id(item) for item in got}) == 1
    assert cache._opening == {}


def test_the_sum_is_right_under_many_threads():
    cache = ByteCache(5_000)

    def use(seed):
        numbers = np.random.default_rng(seed)
        for key in numbers.integers(0, 50, 500):
            cache.get(int(key), lambda: object(), sized(int(key) * 10))

    threads = [threading.Thread(target=use, args=(seed,)) for seed in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert cache.n_bytes == sum(size for _, size in cache._items.values()) <= 5_000


# How much memory something holds


@dataclass
class Model:
    weights: np.ndarray
    words: list[str]


def test_arrays_tables_and_objects_are_counted():
    weights = np.zeros((1000, 100), dtype=np.float32)
    assert memory_of(weights) == 400_000
    assert memory_of(weights[::2]) == 200_000
    table = pd.DataFrame({"a": np.zeros(1000)})
    assert memory_of(table) == pytest.approx(8000, rel=0.05)
    assert memory_of({"x": (weights, table)}) == pytest.approx(408_000, rel=0.01)
    assert memory_of(Model(weights, ["w"] * 10)) == pytest.approx(400_000, rel=0.01)
    assert memory_of([weights, weights]) == pytest.approx(400_000, rel=0.01)


def test_long_lists_are_counted_from_a_sample():
    words = [f"word number {at:08d}" for at in range(100_000)]
    exactly = sum(word.__sizeof__() for word in words) + words.__sizeof__()
    assert memory_of(words) == pytest.approx(exactly, rel=0.02)
    assert memory_of(dict.fromkeys(words, 1.5)) > exactly


def test_mapped_arrays_count_as_zero_but_copies_do_not(tmp_path):
    np.save(tmp_path / "v.npy", np.zeros((1000, 100), dtype=np.float32))
    mapped = np.load(tmp_path / "v.npy", mmap_mode="r")
    assert memory_of(mapped) == 0
    assert memory_of(mapped[10:]) == 0
    assert memory_of(np.array(mapped)) == 400_000


def test_self_reference_is_counted_once():
    circle = [np.zeros(1000)]
    circle.append(circle)
    assert memory_of(circle) == pytest.approx(8000, rel=0.05)
    assert memory_of(np) == 0


# The cache that pages and routes share


def test_embeddings_are_kept_by_their_size(workspace, monkeypatch):
    from tests.ui.conftest import keep

    def large(seed):
        labels = [f"{seed} {'x' * 500} {at}" for at in range(1000)]
        return Embedding(np.ones((1000, 4), dtype=np.float32), [str(at) for at in range(1000)], labels)

    ids = [keep(workspace, large(seed), str(seed))[0] for seed in range(3)]
    kept = [resources.load_embedding(one) for one in ids]
    assert [resources.load_embedding(one) for one in ids] == kept

    cache = resources._cache()
    cache.clear()
    cache.max_bytes = 2 * memory_of(kept[0]) + 2 * 1000 * resources._EXTRA_BYTES_PER_KEY + 1000
    for one in ids:
        resources.load_embedding(one)
    assert len(cache) == 2
    assert ("embedding", ids[0]) not in cache
    again = resources.load_embedding(ids[2])
    assert resources.load_embedding(ids[2]) is again
    assert cache.n_bytes <= cache.max_bytes


def test_the_setting_bounds_the_cache(workspace):
    assert resources._cache().max_bytes == workspace.settings.max_cache_mb * 1_000_000
