"""Phrases: words that occur together more often than by chance are joined, as in `new_york`. Found by gensim."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal, Self

import pyarrow as pa
import pyarrow.parquet as pq
from pydantic import BaseModel, ConfigDict, Field, model_validator

from embedlab.core.stored import read_table
from embedlab.kinds.text.tokens.tokenizing import MAX_WORD_LENGTH

if TYPE_CHECKING:
    from gensim.models.phrases import FrozenPhrases, Phrases

DELIMITER: Final = "_"
#: Number of phrases that are listed with their counts.
MOST_LISTED: Final = 50
#: Maximum number of words and pairs counted at a time; beyond it, gensim drops the rarest. About 0.7 GB.
_MOST_COUNTED: Final = 5_000_000
_THRESHOLDS: Final = {"default": 10.0, "npmi": 0.5}


class PhraseOptions(BaseModel):
    """Which pairs of words are joined; immutable, and stored with the dataset."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    min_count: int = Field(5, ge=1, le=1_000_000, description="Ignore pairs that occur less often than this.")
    # Not gensim's own default, whose scores grow with the vocabulary: no threshold fits texts of all sizes.
    scoring: Literal["npmi", "default"] = Field(
        "npmi",
        description="How pairs are scored: by normalized pointwise mutual information (npmi, -1 to 1), or as in "
        "word2vec (default, larger in larger texts).",
    )
    threshold: float | None = Field(
        None, ge=-1, le=1e9, description="Join pairs with a higher score; empty: 0.5 for npmi, 10 for default."
    )
    connector_words: Literal["none", "english"] = Field(
        "none", description="Words allowed inside a phrase (bank_of_america), from gensim's list."
    )

    @model_validator(mode="after")
    def _fitting_threshold(self) -> Self:
        if self.scoring == "npmi" and self.score_above > 1:
            raise ValueError("npmi is at most 1, so no pair would score above the threshold")
        return self

    @property
    def score_above(self) -> float:
        """The threshold, or the default of the scoring."""
        return _THRESHOLDS[self.scoring] if self.threshold is None else self.threshold


class PhraseJoiner:
    """Joins the phrases it knows.

    Parameters
    ----------
    frozen
        gensim's phrases.

    Attributes
    ----------
    scores
        The score of each phrase, such as `{"new_york": 153.2}`.
    """

    def __init__(self, frozen: FrozenPhrases) -> None:
        self._frozen = frozen
        self.scores: Mapping[str, float] = frozen.phrasegrams

    @classmethod
    def learn(cls, documents: Iterable[Sequence[str]], options: PhraseOptions) -> Self:
        """Find the phrases in documents, which are read once and not stored (Mikolov et al. 2013, section 4)."""
        phrases = _phrases(documents, options)
        frozen = phrases.freeze()
        frozen.phrasegrams = {
            phrase: score for phrase, score in frozen.phrasegrams.items() if len(phrase) <= MAX_WORD_LENGTH
        }
        return cls(frozen)

    @classmethod
    def load(cls, path: Path, options: PhraseOptions) -> Self:
        """Read phrases as `save` writes them; raises `StorageError`."""
        table = read_table(path, {"phrase": "text", "score": "number"})
        frozen = _phrases(None, options).freeze()
        frozen.phrasegrams = dict(zip(table["phrase"].tolist(), table["score"].tolist(), strict=True))
        return cls(frozen)

    def save(self, path: Path, counts: Mapping[str, int]) -> None:
        """Write the phrases with their scores and counts."""
        names = list(self.scores)
        table = {
            "phrase": pa.array(names, pa.string()),
            "score": pa.array([float(self.scores[name]) for name in names], pa.float64()),
            "count": pa.array([counts.get(name, 0) for name in names], pa.int64()),
        }
        pq.write_table(pa.table(table), path)

    def join(self, documents: Iterable[Sequence[str]]) -> Iterator[list[str]]:
        """Yield the documents with the phrases in them joined."""
        analyze = self._frozen.analyze_sentence
        for document in documents:
            yield [token for token, _ in analyze(document)]

    def statistics(self, counts: Mapping[str, int]) -> dict[str, Any]:
        """Return the number of phrases, of their occurrences, and the most frequent ones with their counts."""
        found = sorted(((name, counts[name]) for name in self.scores if name in counts), key=lambda each: -each[1])
        return {
            "found": len(found),
            "occurrences": sum(count for _, count in found),
            "most_frequent": [[name, count] for name, count in found[:MOST_LISTED]],
        }


def _phrases(documents: Iterable[Sequence[str]] | None, options: PhraseOptions) -> Phrases:
    from gensim.models.phrases import ENGLISH_CONNECTOR_WORDS, Phrases

    return Phrases(
        documents,
        min_count=options.min_count,
        threshold=options.score_above,
        scoring=options.scoring,
        max_vocab_size=_MOST_COUNTED,
        delimiter=DELIMITER,
        connector_words=ENGLISH_CONNECTOR_WORDS if options.connector_words == "english" else frozenset(),
    )
