"""node2vec with gensim, as trained by EmbedLab.

Needs: pip install numpy pandas gensim
Reads DATA_FILE: columns source, target, weight and part; only edges of the part "train" are used.

EmbedLab trains on each walk at once with its own compiled loop. gensim minimizes the same objective, with other random
numbers: equal quality, but different numbers.
"""

import numpy as np
import pandas as pd
from gensim.models import Word2Vec

# parameters
DATA_FILE = "edges.csv"
VECTOR_SIZE = 64
WALK_LENGTH = 40
EPOCHS = 10
WINDOW = 5
P = 1.0
Q = 1.0
NEGATIVE = 5
ALPHA = 0.025
FOLLOW_DIRECTION = False
WORKERS = 1
SEED = 0
# end of parameters

edges = pd.read_csv(DATA_FILE, dtype={"source": str, "target": str}, keep_default_na=False)
neighbors: dict[str, dict[str, float]] = {name: {} for name in [*edges["source"], *edges["target"]]}
edges = edges[edges["part"] == "train"]
directed = FOLLOW_DIRECTION and bool((edges["directed"] == 1).all())
for source, target, weight in zip(edges["source"], edges["target"], edges["weight"].astype(float), strict=True):
    neighbors[source][target] = neighbors[source].get(target, 0.0) + weight
    if not directed:
        neighbors[target][source] = neighbors[target].get(source, 0.0) + weight

rng = np.random.default_rng(SEED)
lists = {node: list(weights) for node, weights in neighbors.items()}
shares = {
    node: np.array(list(weights.values())) / sum(weights.values()) for node, weights in neighbors.items() if weights
}


def walk(node: str) -> list[str]:
    nodes = [node]
    while len(nodes) < WALK_LENGTH and lists[nodes[-1]]:
        current = nodes[-1]
        if len(nodes) == 1 or P == Q == 1:
            chances = shares[current]
        else:
            previous = nodes[-2]
            factors = [
                1 / P if other == previous else 1.0 if other in neighbors[previous] else 1 / Q
                for other in lists[current]
            ]
            chances = shares[current] * factors
            chances = chances / chances.sum()
        nodes.append(lists[current][rng.choice(len(chances), p=chances)])
    return nodes


names = list(neighbors)
walks = [walk(names[row]) for _ in range(EPOCHS) for row in rng.permutation(len(names))]
model = Word2Vec(
    walks,
    vector_size=VECTOR_SIZE,
    window=WINDOW,
    min_count=1,
    sample=0,
    sg=1,
    negative=NEGATIVE,
    alpha=ALPHA,
    epochs=1,
    seed=SEED,
    workers=WORKERS,
)
model.wv.save_word2vec_format("vectors.txt")
print(len(model.wv), "nodes in vectors.txt")
