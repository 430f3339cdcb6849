"""The script that repeats a Word2Vec training with gensim alone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_WORD2VEC = '''"""Word2Vec with gensim, as trained by EmbedLab.

Needs: pip install gensim
Reads {data_file!r}: UTF-8, words separated by one space, at most 100 words a line.
"""

from collections import Counter

from gensim.models import Word2Vec

with open({data_file!r}, encoding="utf-8") as corpus:
    counts = Counter(word for line in corpus for word in line.rstrip("\\n").split(" ") if word)

model = Word2Vec(
    vector_size={vector_size},
    window={window},
    min_count={min_count},
    sample={sample},
    sg={sg:d},
    hs={hs:d},
    negative={negative},
    alpha={alpha},
    seed={seed},
    workers={workers},
    sorted_vocab=0,
)
model.build_vocab_from_freq(dict(counts.most_common()))
model.train(corpus_file={data_file!r}, total_words=sum(counts.values()), epochs={epochs})
model.wv.save_word2vec_format("vectors.txt")
print(len(model.wv), "words in vectors.txt")
'''


#: A `sample` of gensim that thins no word out: every share of the text is below its bound.
_NO_THINNING = 0.9


def gensim_sample(sample: float, *, hs: bool) -> float:
    """Return the `sample` to give gensim.

    With hierarchical softmax and no thinning gensim 4.4 draws window widths from a state it never sets, and no two
    trainings are alike; a bound that thins nothing makes it set the state.
    """
    return _NO_THINNING if hs and sample == 0 else sample


def word2vec_script(values: Mapping[str, Any], data_file: str) -> str:
    """Return the script for these values of `Word2VecParameters`."""
    given = {
        **values,
        "negative": 0 if values["hs"] else values["negative"],
        "sample": gensim_sample(values["sample"], hs=values["hs"]),
    }
    return _WORD2VEC.format(**given, data_file=data_file)
