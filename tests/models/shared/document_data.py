"""Documents with planted topics, imported as a user's file would be."""

from __future__ import annotations

import numpy as np

from embedlab.kinds.text.dataset import TextDataset, TextOptions, import_text
from embedlab.reading.sources import Limits

N_TOPICS = 3
SHARED = [f"filler{number}" for number in range(20)]


def topic_words(topic):
    return [f"{'xyz'[topic]}word{number}" for number in range(30)]


def planted_documents(n=120, length=40, seed=0):
    """Documents of one topic each (their number modulo 3), half of whose words are the same for all topics."""
    rng = np.random.default_rng(seed)
    return [
        [str(word) for word in rng.choice(topic_words(number % N_TOPICS) if rng.random() < 0.5 else SHARED, 1)]
        + [str(rng.choice(topic_words(number % N_TOPICS) if rng.random() < 0.5 else SHARED)) for _ in range(length - 1)]
        for number in range(n)
    ]


def labeled_dataset(folder, documents=None, labels=None):
    """Import documents with their topics as labels `topic 0` ... ."""
    documents = planted_documents() if documents is None else documents
    labels = [f"topic {number % N_TOPICS}" for number in range(len(documents))] if labels is None else labels
    path, home = folder / "labelled.tsv", folder / "dataset"
    path.write_text(
        "".join(f"{label}\t{' '.join(words)}\n" for label, words in zip(labels, documents, strict=True)),
        encoding="utf-8",
    )
    options = TextOptions(layout="delimited", delimiter="\t", has_header=False, text_column=1, label_column=0)
    home.mkdir()
    import_text(path, options, home, limits=Limits())
    return TextDataset.open(home)


def sentiment_documents(n=500, length=400, seed=0):
    """Long documents of two kinds (their number modulo 2), told by many weak words and by a few pairs of words.

    Each of 200 words is a little more frequent in one kind. In kind 0 an adjective mostly follows "not", in kind 1
    "not" and the adjectives mostly stand apart: as single words they are equally frequent in both.
    """
    rng = np.random.default_rng(seed)
    neutral = np.array([f"n{number}" for number in range(2000)])
    weak = np.array([f"w{number}" for number in range(200)])
    often = (1.0 + np.arange(len(neutral))) ** -1.0
    base, sign = (1.0 + np.arange(len(weak))) ** -0.5, np.where(np.arange(len(weak)) % 2, 1, -1)
    documents = []
    for number in range(n):
        kind = number % 2
        n_words = int(np.clip(rng.lognormal(np.log(length), 0.4), length // 4, 3 * length))
        chances = base * np.exp(0.4 * sign * (1 if kind else -1))
        words = np.where(
            rng.random(n_words) < 0.05,
            rng.choice(weak, n_words, p=chances / chances.sum()),
            rng.choice(neutral, n_words, p=often / often.sum()),
        ).tolist()
        for _ in range(rng.poisson(0.006 * length)):
            adjective = str(rng.choice(["good", "great", "funny", "fresh"]))
            at, elsewhere = rng.integers(0, len(words), 2).tolist()
            if (rng.random() < 0.75) == (kind == 0):
                words[at:at] = ["not", adjective]
            else:
                words[at:at] = ["not"]
                words[elsewhere:elsewhere] = ["very", adjective]
        documents.append(words)
    return documents
