"""Graphs as a kind of dataset."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from embedlab.core.errors import InputError
from embedlab.core.kind import Counts, Kind
from embedlab.core.roles import first_color
from embedlab.kinds.base import BuildContext, Built, Companion, DatasetKind, Imported, KeyNames, Noun, Preview, Values
from embedlab.kinds.companion_match import CompanionMatch, NamedFile, matched
from embedlab.kinds.graph.details import GraphDetails
from embedlab.kinds.guess import Guess
from embedlab.kinds.protocols import Protocol
from embedlab.reading.opened import OpenedUpload

if TYPE_CHECKING:
    from embedlab.kinds.graph.dataset import GraphDataset
    from embedlab.kinds.graph.options import GraphOptions

#: Of a graph with fewer edges, a tenth is too few to judge a model by.
_SMALL = 300
_SMALL_TEST_SHARE = 0.2


class GraphKind(DatasetKind["GraphOptions"]):
    """Edges between nodes, one per row, with optional weights and an optional table of the nodes."""

    name = Kind.GRAPH
    title = "Graph"
    summary = "A graph or a hierarchy: one edge per row, with the two nodes and perhaps a weight."
    nouns: ClassVar[Mapping[str, Noun]] = {
        "nodes": Noun("node", "nodes"),
        "edges": Noun("edge", "edges"),
        "test_edges": Noun("test edge", "test edges"),
    }
    example = "source,target,weight\nAnna,Ben,3"
    companions = (
        Companion(
            "nodes", "Nodes file", "Labels, classes or any other columns by node, such as nodes.csv: one node per row."
        ),
    )
    # Before ratings, which read any two columns of repeated ids; recognized only by comments and names of columns.
    sniff_order = 7
    reported_details = ("directed", "weighted", "components", "hierarchy")
    one_hot_count = "nodes"
    default_shares = (0.05, 0.1)
    cases = "edges"
    has_links = True
    certain_counts = ("nodes", "edges")
    details_class = GraphDetails
    files = r"nodes\.parquet|edge_(offsets|targets|weights)\.npy"

    @property
    def options_class(self) -> type[GraphOptions]:
        """How an edge list is read."""
        from embedlab.kinds.graph.options import GraphOptions

        return GraphOptions

    def sniff(self, upload: OpenedUpload) -> Guess | None:
        """Return a guess if comments or names of columns say that the file is an edge list."""
        from embedlab.kinds.graph.sniffing import graph_in

        try:
            return graph_in(upload)
        except InputError:
            # Later kinds say what the file is instead, and why it cannot be read.
            return None

    def guess_options(self, upload: OpenedUpload) -> GraphOptions:
        """Return options with everything guessed but the direction, which only the whole file shows."""
        from embedlab.kinds.graph.options import GraphOptions
        from embedlab.kinds.graph.reading import plan_of

        return plan_of(upload, GraphOptions(member=upload.member)).options

    def preview(self, upload: OpenedUpload, options: GraphOptions, context: BuildContext) -> Preview:
        """Read the first edges."""
        from embedlab.kinds.graph.importing import preview_graph

        return preview_graph(upload, options, context.limits, context.companions.get("nodes"))

    def build(self, upload: OpenedUpload, options: GraphOptions, folder: Path, context: BuildContext) -> Built:
        """Import edges, streaming."""
        from embedlab.kinds.graph.importing import import_graph

        nodes_path = context.companions.get("nodes")
        return Built(
            import_graph(upload, options, folder, nodes_path=nodes_path, limits=context.limits, report=context.report)
        )

    def open(self, folder: Path) -> GraphDataset:
        """Open the graph in a folder."""
        from embedlab.kinds.graph.dataset import GraphDataset

        return GraphDataset.open(folder)

    def match_companion(self, main: NamedFile, other: NamedFile) -> CompanionMatch | None:
        """Return whether a file describes the nodes."""
        from embedlab.kinds.graph.companions import match

        return match(main, other)

    def companion_summary(self, name: str, imported: Imported) -> str:  # noqa: ARG002
        """Return the columns of the nodes file, and how many nodes it describes."""
        figures = imported.details.get("nodes_file")
        if figures is None:
            return ""
        columns = ", ".join(figures["columns"]) or "labels"
        return matched(columns, figures["matched"], int(imported.counts["nodes"]), "nodes")

    def one_hot(self, dataset: GraphDataset, min_count: int) -> Values:  # noqa: ARG002
        """Return all nodes."""
        labels = dict(zip(dataset.keys, dataset.nodes["label"], strict=True))
        named = {key: label for key, label in labels.items() if label != key}
        return Values(dataset.keys, named, "nodes")

    def key_names(self, dataset: GraphDataset, role: str, most: int) -> KeyNames:  # noqa: ARG002
        """Return the labels of the nodes with most neighbors, and their groups if the file of the nodes has some."""
        nodes = dataset.nodes.head(most)
        labels = dict(zip(nodes["key"], nodes["label"], strict=True))
        group = first_color("nodes", dataset.description)
        if group is None:
            return KeyNames(labels, {})
        groups = zip(dataset.keys, dataset.description[group], strict=True)
        return KeyNames(labels, {key: str(value) for key, value in groups if value})

    def linked(self, dataset: GraphDataset, role: str, key: str) -> list[str]:  # noqa: ARG002
        """Return the neighbors of a node, those with most neighbors first."""
        row = dataset.row_of.get(key)
        return [] if row is None else [dataset.keys[each] for each in dataset.neighbors.of(row).tolist()]

    def default_protocol(self, counts: Counts) -> Protocol:
        """Return a larger test part for a small graph."""
        protocol = super().default_protocol(counts)
        if protocol.name == "random" and counts.get("edges", _SMALL) < _SMALL:
            return replace(protocol, test_share=_SMALL_TEST_SHARE)
        return protocol
