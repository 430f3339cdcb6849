import gc
import weakref

import numpy as np

from embedlab.core.embedding import Embedding
from embedlab.exploration.asking.search import SearchIndex, fold, search, search_index

TITLES = ["Heat (1995)", "Dead Heat", "Cheaters", "heat", "Amélie", "Æon Flux", "HEATHERS"]


def found(text: str, n: int = 10) -> list[str]:
    return [find.label for find in SearchIndex(TITLES, TITLES).search(text, n)]


def test_equal_then_beginning_then_word_then_part():
    assert found("Heat") == ["heat", "Heat (1995)", "HEATHERS", "Dead Heat", "Cheaters"]
    assert found("heat", 2) == ["heat", "Heat (1995)"]


def test_case_and_accents_do_not_count():
    assert found("AMELIE") == ["Amélie"]
    assert found("amélie") == ["Amélie"]
    assert found("aeon") == ["Æon Flux"]
    assert fold("STRASSE") == fold("straße")


def test_nothing_asked_is_nothing_found():
    assert found("") == found("   ") == found("zzz") == found("heat", 0) == []


def test_labels_and_keys_are_both_searched_and_duplicate_labels_stay_apart():
    index = SearchIndex(["296", "1296", "7"], ["Solaris", "Solaris", "296 days"])
    assert index.search("296") == [("296", "Solaris", 0), ("7", "296 days", 2), ("1296", "Solaris", 1)]
    assert [find.row for find in index.search("sol")] == [0, 1]
    assert index.label_to_index == {"Solaris": 0, "296 days": 2}


def test_the_index_is_built_once_and_goes_with_the_embedding():
    embedding = Embedding(np.ones((2, 1), np.float32), ["a", "b"])
    assert [find.key for find in search(embedding, "B")] == ["b"]
    index = search_index(embedding)
    assert search_index(embedding) is index
    gone = weakref.ref(embedding)
    del embedding
    gc.collect()
    assert gone() is None
