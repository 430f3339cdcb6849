from __future__ import annotations

import io

import numpy as np
import pandas as pd
import pytest

from embedlab.core.errors import EmbedLabError, InputError
from embedlab.kinds.base import BuildContext
from embedlab.kinds.companion_match import NamedFile
from embedlab.kinds.graph.dataset import GraphDataset
from embedlab.kinds.graph.structure import depths_of
from embedlab.reading.limits import Limits
from embedlab.reading.opened import OpenedUpload
from tests.kinds.graph.graphs import KIND, described, edges_of, import_graph

SNAP = (
    "# Undirected graph (each unordered pair of nodes is saved once): made.txt\n# Nodes: 4 Edges: 4\n"
    "# FromNodeId\tToNodeId\n0\t1\n1\t2\n2\t0\n2\t3\n"
)
KONECT = "% sym weighted\n% 4 4 4\n1 2 0.5\n2 3 1.5\n3 1 1\n3 4 2\n"


def unordered(dataset: GraphDataset) -> set[frozenset[str]]:
    return {frozenset(pair) for pair in edges_of(dataset)}


def test_a_file_of_snap_is_read_as_its_comments_say(tmp_path):
    dataset = import_graph(tmp_path, SNAP)
    assert dataset.imported.counts == {"nodes": 4, "edges": 4}
    assert not dataset.is_directed
    assert unordered(dataset) == {frozenset(pair) for pair in ("01", "12", "20", "23")}
    # Most neighbors first.
    assert dataset.keys[0] == "2"
    assert dataset.neighbors.degrees.tolist() == [3, 2, 2, 1]


def test_a_file_of_konect_has_weights_and_spaces(tmp_path):
    dataset = import_graph(tmp_path, KONECT)
    assert not dataset.is_directed
    weights = {frozenset(pair): weight for pair, weight in edges_of(dataset).items()}
    assert weights == {frozenset("12"): 0.5, frozenset("23"): 1.5, frozenset("31"): 1.0, frozenset("34"): 2.0}
    assert dataset.imported.details["weights"] == {"lowest": 0.5, "highest": 2.0}


@pytest.mark.parametrize(
    ("content", "n_edges"),
    [
        pytest.param("a b\nb c\nc  a\n", 3, id="spaces"),
        pytest.param("a\tb\nb\tc\n", 2, id="tabs"),
        pytest.param("src;dst;w\na;b;2\nb;c;1,5\nc;a;3\n", 2, id="semicolons"),
        pytest.param('"source","target"\n"a, b","c"\n"c","d"\n', 2, id="quotes"),
        pytest.param("from,to\nÄ,Ö\nÖ,ß\n".encode("cp1252"), 2, id="cp1252"),
        pytest.param('{"source": "a", "target": "b"}\n{"source": "b", "target": "c"}\n', 2, id="jsonl"),
    ],
)
def test_usual_formats_are_read(tmp_path, content, n_edges):
    assert described(tmp_path, content).counts == {"nodes": 3, "edges": n_edges}


def test_a_parquet_file_is_read(tmp_path):
    stored = io.BytesIO()
    pd.DataFrame({"target": [2, 3, 1], "source": [1, 2, 3], "weight": [0.5, 2.0, 1.0]}).to_parquet(stored)
    dataset = import_graph(tmp_path, stored.getvalue())
    assert {frozenset(pair): weight for pair, weight in edges_of(dataset).items()} == {
        frozenset("12"): 0.5,
        frozenset("23"): 2.0,
        frozenset("31"): 1.0,
    }


def test_duplicates_are_summed_and_self_loops_dropped_and_both_are_said(tmp_path):
    dataset = import_graph(
        tmp_path, "source,target,weight\na,b,2\na,b,3\nb,a,1\nb,c,1\nc,c,9\nd,d,1\nc,a,1\n", directed=False
    )
    assert {frozenset(pair): weight for pair, weight in edges_of(dataset).items()} == {
        frozenset("ab"): 6.0,
        frozenset("bc"): 1.0,
        frozenset("ca"): 1.0,
    }
    said = " ".join(dataset.imported.warnings)
    assert "2 self-loops" in said
    assert "1 nodes without an edge to another node, such as d" in said
    assert "1 edges that occur more than once" in said
    assert "1 edges in opposite directions" in said


def test_a_list_with_every_edge_in_both_directions_is_undirected_and_not_summed(tmp_path):
    dataset = import_graph(tmp_path, "a b\nb a\nb c\nc b\nc a\na c\n")
    assert not dataset.is_directed
    assert set(edges_of(dataset).values()) == {1.0}
    assert dataset.imported.counts["edges"] == 3
    assert not dataset.imported.details["weighted"]


def test_unusable_weights_are_left_out_with_their_reason(tmp_path):
    rows = "a,b,1\nb,c,nan\nb,d,x\nc,d,-2\nd,a,0\na,c,inf\nb,c,1e300\nc,d,2\n"
    dataset = import_graph(tmp_path, f"source,target,weight\n{rows}a,d,3\n")
    assert len(edges_of(dataset)) == 3
    said = {reason: each["count"] for reason, each in dataset.imported.details["left_out"].items()}
    assert said == {
        "rows whose weight is not a finite number": 3,
        "rows whose weight is 0 or negative": 2,
        "rows whose weight is beyond the range of float32": 1,
    }


@pytest.mark.parametrize(
    ("content", "directed"),
    [
        pytest.param("a b\nb c\nc a\n", False, id="nothing-says-so"),
        pytest.param("# Directed graph\na b\nb c\nc a\n", True, id="comment"),
        pytest.param("follower,followee\na,b\nb,c\nc,a\n", True, id="names"),
        pytest.param("a b\nb a\nb c\nc a\nc d\n", True, id="some-both-ways"),
    ],
)
def test_the_direction_is_guessed_and_said(tmp_path, content, directed):
    dataset = import_graph(tmp_path, content)
    assert dataset.is_directed is directed
    said = " ".join(dataset.imported.details["read"]["assumptions"])
    assert ("undirected" in said) is not directed
    assert "direction" in said or "directed" in said


@pytest.mark.parametrize("flip", [pytest.param(False, id="parent-first"), pytest.param(True, id="child-first")])
def test_a_hierarchy_is_recognized_in_both_directions(tmp_path, flip):
    pairs = [("root", "a"), ("root", "b"), ("a", "a1"), ("a", "a2"), ("b", "b1"), ("b1", "b11")]
    lines = "".join(f"{child},{parent}\n" if flip else f"{parent},{child}\n" for parent, child in pairs)
    dataset = import_graph(tmp_path, f"source,target\n{lines}")
    hierarchy = dataset.imported.details["hierarchy"]
    assert hierarchy == {
        "parent": "target" if flip else "source",
        "roots": 1,
        "leaves": 3,
        "levels": 4,
        "nodes_by_depth": [1, 2, 3, 1],
    }
    depths = dict(zip(dataset.keys, dataset.nodes["depth"], strict=True))
    assert depths == {"root": 0, "a": 1, "b": 1, "a1": 2, "a2": 2, "b1": 2, "b11": 3}
    assert dataset.hierarchy is not None
    assert dataset.hierarchy.depths.tolist() == dataset.nodes["depth"].tolist()


@pytest.mark.parametrize(
    "content",
    [
        pytest.param("source,target\na,b\nb,c\nc,a\na,d\n", id="cycle"),
        pytest.param("source,target\na,b\na,c\nb,d\nc,d\nd,e\nf,e\n", id="two-parents"),
        pytest.param("source,target\na,b\nc,d\ne,f\n", id="pairs"),
    ],
)
def test_other_graphs_are_no_hierarchies(tmp_path, content):
    dataset = import_graph(tmp_path, content)
    assert dataset.hierarchy is None
    assert "hierarchy" not in dataset.imported.details


def test_depths_are_counted_from_the_root_and_cycles_have_none():
    assert depths_of(np.array([-1, 0, 1, 2, 0], np.int32)).tolist() == [0, 1, 2, 3, 1]
    assert depths_of(np.array([1, 2, 0], np.int32)) is None
    chain = np.arange(-1, 999, dtype=np.int32)
    assert depths_of(chain).tolist() == list(range(1000))


def test_components_and_degrees_are_described(tmp_path):
    imported = described(tmp_path, "a b\nb c\nc a\nd e\n")
    assert imported.details["components"] == {"count": 2, "largest": [3, 2]}
    assert imported.details["degrees"] == {"from": [1, 2], "to": [1, 3], "nodes": [2, 3]}
    assert any("2 components" in warning for warning in imported.warnings)


def test_nodes_get_labels_and_columns_from_the_second_file(tmp_path):
    dataset = import_graph(tmp_path, "a,b\nb,c\nc,a\n", nodes="node,name,team\na,Anna,red\nb,Ben,blue\nz,Zoe,red\n")
    table = dataset.nodes.set_index("key")
    assert table["label"].to_dict() == {"a": "Anna", "b": "Ben", "c": "c"}
    assert table["team"].to_dict() == {"a": "red", "b": "blue", "c": ""}
    assert dataset.imported.details["nodes_file"] == {"matched": 2, "columns": ["team"]}
    assert len([warning for warning in dataset.imported.warnings if "nodes file" in warning]) == 2


@pytest.mark.parametrize(
    ("name", "content", "is_sure"),
    [
        pytest.param("people.csv", "node,team\na,red\nb,blue\nc,red\n", True, id="table"),
        pytest.param("department-labels.txt", "a 0\nb 1\nc 0\n", True, id="snap-labels"),
        pytest.param("other.csv", "a,b\nb,c\n", False, id="edges"),
    ],
)
def test_a_file_of_nodes_is_recognized_beside_the_edges(tmp_path, name, content, is_sure):
    (tmp_path / "main").write_text("a,b\nb,c\nc,a\n", encoding="utf-8")
    (tmp_path / "other").write_text(content, encoding="utf-8")
    files = [NamedFile(each, OpenedUpload(tmp_path / each, Limits())) for each in ("main", "other")]
    match = KIND.match_companion(files[0], NamedFile(name, files[1].upload))
    assert match is not None
    assert match.is_sure is is_sure


@pytest.mark.parametrize(
    ("content", "message"),
    [
        pytest.param("a b\n", "too small", id="one-edge"),
        pytest.param("source,target\na,b\n", "too small", id="one-edge-and-names"),
        pytest.param("a,b\n", "not an edge list", id="one-line"),
        pytest.param("a,a\nb,b\nc,c\n", "No row", id="self-loops-only"),
        pytest.param("source,target,weight\na,b,nan\nb,c,nan\n", "No row", id="all-weights-nan"),
        pytest.param("source,target,weight\na,b,-1\nb,c,-1\n", "No row", id="all-weights-negative"),
        pytest.param("one word per line\nand text that is no table at all\n", "not an edge list", id="prose"),
        pytest.param(bytes(range(256)) * 20, ".", id="binary"),
        pytest.param("", ".", id="empty"),
    ],
)
def test_hostile_files_are_refused_and_leave_nothing(tmp_path, content, message):
    with pytest.raises(EmbedLabError, match=message):
        import_graph(tmp_path, content)
    assert list((tmp_path / "dataset").iterdir() if (tmp_path / "dataset").exists() else []) == []


def test_the_same_column_cannot_be_both_ends(tmp_path):
    with pytest.raises(InputError, match="same column"):
        import_graph(tmp_path, "source,target\na,b\nb,c\n", source="source", target="source")


def test_markup_in_names_stays_text(tmp_path):
    dataset = import_graph(tmp_path, "<b>a</b>,<script>\n<script>,c\nc,<b>a</b>\n")
    assert {"<b>a</b>", "<script>"} <= set(dataset.keys)


def test_a_split_keeps_all_nodes_and_is_that_of_its_seed(tmp_path):
    rng = np.random.default_rng(0)
    pairs = {tuple(sorted(pair)) for pair in rng.integers(0, 60, (300, 2)).tolist() if pair[0] != pair[1]}
    dataset = import_graph(tmp_path, "".join(f"n{a} n{b}\n" for a, b in sorted(pairs)))
    split = dataset.split(1, validation_share=0.05, test_share=0.1)
    again = dataset.split(1, validation_share=0.05, test_share=0.1)
    other = dataset.split(2, validation_share=0.05, test_share=0.1)
    n_edges = dataset.edges.n_edges
    assert (split.test.n_edges, split.validation.n_edges) == (round(0.1 * n_edges), round(0.05 * n_edges))
    assert split.train.n_edges + split.test.n_edges + split.validation.n_edges == n_edges
    assert (split.neighbors.degrees > 0).all()
    assert (split.test.sources == again.test.sources).all()
    assert set(zip(*split.test[:2], strict=True)) != set(zip(*other.test[:2], strict=True))
    hidden = {frozenset(pair) for pair in zip(*(each.tolist() for each in split.test[:2]), strict=True)}
    kept = {frozenset(pair) for pair in zip(*(each.tolist() for each in split.train[:2]), strict=True)}
    assert not hidden & kept
    assert split.without_test().test.n_edges == 0


def test_both_directions_of_a_hidden_link_are_hidden(tmp_path):
    pairs = [(a, b) for a in range(8) for b in range(8) if a != b and (a + b) % 3]
    dataset = import_graph(
        tmp_path, "# Directed graph\n" + "".join(f"n{a} n{b}\n" for a, b in [*pairs, (0, 9), (1, 9)])
    )
    split = dataset.split(0, validation_share=0.1, test_share=0.2)
    kept = {frozenset(pair) for pair in zip(*(each.tolist() for each in split.train[:2]), strict=True)}
    hidden = [*zip(*split.test[:2], strict=True), *zip(*split.validation[:2], strict=True)]
    assert hidden
    assert not kept & {frozenset((int(a), int(b))) for a, b in hidden}


def test_a_long_list_is_imported_whole(tmp_path):
    rng = np.random.default_rng(0)
    # More than one batch.
    sources, targets = rng.integers(0, 1_000, 52_000), rng.integers(0, 1_000, 52_000)
    table = np.column_stack([sources, targets])
    lines = "\n".join(f"{a} {b}" for a, b in table.tolist())
    dataset = import_graph(tmp_path, f"# FromNodeId ToNodeId\n{lines}\n", directed=True)
    expected = {(a, b) for a, b in table.tolist() if a != b}
    assert dataset.imported.counts["edges"] == len(expected)
    assert dataset.edges.weights.sum() == (sources != targets).sum()


def test_a_damaged_file_is_an_error_of_storage(tmp_path):
    dataset = import_graph(tmp_path, "a b\nb c\nc a\n")
    np.save(dataset.folder / "edge_targets.npy", np.array([7, 8, 9], np.int32))
    with pytest.raises(EmbedLabError, match="damaged"):
        _ = GraphDataset.open(dataset.folder).edges


def test_the_preview_says_what_the_import_will_do(tmp_path):
    (tmp_path / "tree.csv").write_text("child,parent\na,root\nb,root\nc,a\n", encoding="utf-8")
    upload = OpenedUpload(tmp_path / "tree.csv", Limits())
    preview = KIND.preview(upload, KIND.guess_options(upload), BuildContext())
    assert preview.counts == {"nodes": 4, "edges": 3}
    assert preview.columns == ["child", "parent"]
    assert any("hierarchy" in sentence for sentence in preview.assumptions)
    assert preview.warnings == []


def test_a_running_training_names_the_groups_of_the_nodes_file(tmp_path):
    nodes = "id,label,club\na,Anna,red\nb,Ben,blue\nc,,red\n"
    dataset = import_graph(tmp_path, "source,target\na,b\nb,c\nc,a\na,d\n", nodes)
    names = KIND.key_names(dataset, "nodes", 10)
    assert names.labels == {"a": "Anna", "b": "Ben", "c": "c", "d": "d"}
    assert names.classes == {"a": "red", "b": "blue", "c": "red"}
