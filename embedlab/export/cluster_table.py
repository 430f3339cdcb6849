"""The clusters of an embedding as a table."""

from __future__ import annotations

import io

import numpy as np
import pyarrow as pa
import pyarrow.csv

from embedlab.core.embedding import KEY_COLUMN, LABEL_COLUMN, Embedding
from embedlab.core.plain import spreadsheet_safe
from embedlab.exploration.clusters import NO_GROUP, Clusters


def clusters_as_csv(embedding: Embedding, clusters: Clusters) -> bytes:
    """Return `key`, `label`, and the name of the cluster in each layer as `cluster_1` (the coarsest), `cluster_2` ...

    Keys without a cluster have empty cells. Text that a spreadsheet would evaluate as a formula gets an apostrophe.
    """
    columns = {
        KEY_COLUMN: pa.array(map(spreadsheet_safe, embedding.keys), pa.string()),
        LABEL_COLUMN: pa.array(map(spreadsheet_safe, embedding.labels), pa.string()),
    }
    for number, layer in enumerate(clusters.layers, 1):
        names = pa.array(map(spreadsheet_safe, layer.names), pa.string())
        codes = pa.array(np.minimum(layer.codes, len(layer.names)), mask=layer.codes == NO_GROUP)
        columns[f"cluster_{number}"] = names.take(codes)
    sink = io.BytesIO()
    pyarrow.csv.write_csv(pa.table(columns), sink)
    return sink.getvalue()
