"""Keys whose name or metadata contains a text, or matches a regular expression."""

from __future__ import annotations

import re

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from embedlab.core.embedding import Embedding
from embedlab.core.errors import InputError, TooLargeError
from embedlab.exploration.asking.search import fold, search_index
from embedlab.exploration.selections.columns import cells, text_array
from embedlab.exploration.selections.selection import Mask

LONGEST_PATTERN = 500


def containing(embedding: Embedding, text: str, column: str | None = None) -> Mask:
    """Return `(n_keys,)` whether each key contains a text, ignoring case and accents as the search box does.

    Parameters
    ----------
    column
        The metadata column to search; by default labels and keys.

    Raises
    ------
    InputError
        The text is empty.
    NotFoundError
        There is no such column.
    """
    wanted = fold(_checked(text))
    if not wanted:
        raise InputError("Type the text to select.", received=text, remedy="Type one or more letters.")
    if column is not None:
        encoded = cells(embedding, column)
        folded = text_array([fold(each) for each in encoded.dictionary.to_pylist()])
        return _of_dictionary(pc.match_substring(folded, wanted), encoded)
    index = search_index(embedding)
    mask = _mask(pc.match_substring(text_array(index.folded_labels), wanted))
    if index.has_labels:
        mask |= _mask(pc.match_substring(text_array(index.folded_keys), wanted))
    return mask


def matching(embedding: Embedding, pattern: str, column: str | None = None, *, match_case: bool = False) -> Mask:
    """Return `(n_keys,)` whether a regular expression is found anywhere in each key.

    Any pattern takes time proportional to the text: RE2 has no backtracking, and refuses the patterns that would
    need it (backreferences, lookaround) and those that would become too large.

    Parameters
    ----------
    column
        The metadata column to search; by default labels and keys.
    match_case
        Whether `A` and `a` are different.

    Raises
    ------
    InputError
        The pattern is empty or not valid.
    TooLargeError
        The pattern is longer than `LONGEST_PATTERN` characters.
    NotFoundError
        There is no such column.

    Notes
    -----
    Cox, R. (2010). Regular Expression Matching in the Wild. https://swtch.com/~rsc/regexp/regexp3.html
    """
    # Lone surrogates have no UTF-8, and are in no name.
    pattern = _checked(pattern).encode(errors="ignore").decode()
    if not pattern:
        raise InputError("Type a regular expression.", received=pattern, remedy="For example ^un.*able$.")
    try:
        if column is not None:
            encoded = cells(embedding, column)
            found = pc.match_substring_regex(encoded.dictionary, pattern, ignore_case=not match_case)
            return _of_dictionary(found, encoded)
        mask = _mask(pc.match_substring_regex(text_array(embedding.labels), pattern, ignore_case=not match_case))
        if embedding.labels is not embedding.keys:
            mask |= _mask(pc.match_substring_regex(text_array(embedding.keys), pattern, ignore_case=not match_case))
    except pa.ArrowInvalid as error:
        reason = re.sub(r"^Invalid regular expression: ", "", str(error))
        raise InputError(
            "The regular expression is not valid.",
            received=pattern,
            remedy=f"RE2 reports: {reason}. Backreferences and lookaround are not supported.",
        ) from error
    return mask


def _checked(text: str) -> str:
    if len(text) > LONGEST_PATTERN:
        raise TooLargeError(
            f"The text may have at most {LONGEST_PATTERN} characters.", received=text, remedy="Shorten it."
        )
    return text


def _mask(found: pa.Array) -> Mask:
    return np.asarray(pc.fill_null(found, False).to_numpy(zero_copy_only=False), dtype=np.bool_)


def _of_dictionary(found: pa.Array, encoded: pa.DictionaryArray) -> Mask:
    """Return the mask of the cells from that of their distinct values; missing cells have no text."""
    return _mask(pc.take(found, encoded.indices))
