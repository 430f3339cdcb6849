from __future__ import annotations

import numpy as np

from embedlab.models.text_classifier.bag_of_words import BagOfWords, choose_pairs, evidence_scale

EMPTY = np.empty((0, 2), np.int32)


def test_a_document_is_its_words_and_known_pairs_with_length_one():
    bag = BagOfWords(6, np.array([[2, 3], [5, 2]], np.int32))
    indices = np.array([[2, 3, 2, 3], [1, 4, 1, 0], [5, 1, 2, 0], [0, 0, 0, 0]], np.int32)
    presence = bag.presence(indices)
    # Columns: words 2 to 5, then the pairs. An unknown word between 5 and 2 parts them.
    twice = np.log(3) / np.log(2)
    expected = [[twice, twice, 0, 0, twice, 0], [0, 0, 1, 0, 0, 0], [1, 0, 0, 1, 0, 0], [0] * 6]
    lengths = np.maximum(np.linalg.norm(expected, axis=1, keepdims=True), 1e-9)
    assert np.allclose(presence.toarray(), np.array(expected) / lengths)
    assert presence.dtype == np.float32


def test_without_pairs_only_words_count():
    assert BagOfWords(4, EMPTY).presence(np.array([[2, 3]], np.int32)).shape == (1, 2)
    assert BagOfWords(4, np.array([[2, 3]], np.int32)).presence(np.array([[2]], np.int32)).toarray().tolist() == [
        [1, 0, 0]
    ]


def test_pairs_in_most_documents_are_chosen():
    indices = np.array([[2, 3, 4, 0], [2, 3, 2, 3], [3, 4, 1, 4], [5, 5, 5, 5]], np.int32)
    assert choose_pairs(indices, 6, 10, seed=0).tolist() == [[2, 3], [3, 4]]
    assert choose_pairs(indices, 6, 1, seed=0).tolist() == [[2, 3]]
    assert choose_pairs(indices, 6, 0, seed=0).tolist() == []
    assert choose_pairs(indices[:, :1], 6, 10, seed=0).tolist() == []
    assert choose_pairs(np.zeros((3, 4), np.int32), 6, 10, seed=0).tolist() == []


def test_the_scale_weighs_columns_before_rows_get_length_one():
    bag = BagOfWords(4, EMPTY, np.array([3, 4], np.float32))
    assert np.allclose(bag.presence(np.array([[2, 3]], np.int32)).toarray(), [[0.6, 0.8]])


def test_terms_that_part_the_classes_count_more():
    bag = BagOfWords(5, EMPTY)
    # Word 2 in all documents, word 3 in those of class 0 alone, word 4 nowhere.
    indices = np.array([[2, 3]] * 6 + [[2, 0]] * 6, np.int32)
    scale = evidence_scale(bag.counts(indices), np.repeat([0, 1], 6), 2)
    assert np.allclose(scale, [1e-3, np.log((6 + 5) / 5), 1e-3])
