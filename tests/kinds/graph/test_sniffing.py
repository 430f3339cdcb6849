"""Edge lists are recognized if they are clear, and nothing else is taken for one."""

from __future__ import annotations

import pytest

from embedlab.kinds.sniffing import sniff
from embedlab.reading.limits import Limits

TRANSLATION = "the cat sits on the mat today,le chat est assis sur le tapis\n"
NUMBERS = [(i % 9 + 1, i * 7 % 50 + 1) for i in range(200)]


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        pytest.param("# FromNodeId\tToNodeId\n0\t1\n1\t2\n2\t0\n", "graph", id="snap"),
        pytest.param("# Directed graph: x\n# Nodes: 3 Edges: 3\n0 1\n1 2\n2 0\n", "graph", id="snap-with-spaces"),
        pytest.param("% asym unweighted\n1 2\n2 3\n3 1\n", "graph", id="konect"),
        pytest.param("source,target\na,b\nb,c\n", "graph", id="names"),
        pytest.param("child\tparent\ncat\tmammal\nmammal\tanimal\n", "graph", id="parents"),
        pytest.param("% bip unweighted\n" + "".join(f"{u} {i}\n" for u, i in NUMBERS), None, id="bipartite"),
        pytest.param("".join(f"{u},{i}\n" for u, i in NUMBERS), "ratings", id="choices-without-names"),
        pytest.param("".join(f"{u}\t{i}\t{u % 5 + 1}\n" for u, i in NUMBERS), "ratings", id="ratings-without-names"),
        pytest.param(f"source,target\n{TRANSLATION * 9}", "text", id="translations"),
        pytest.param("source,target\ndog,Hund\ncat,Katze\nhouse,Haus\n", "text", id="dictionary"),
        pytest.param("user,item,rating\nu,i,3\nv,i,4\n", "ratings", id="ratings-by-name"),
        pytest.param("# Heading\nthe graph of this text\nis prose\n", "text", id="markdown"),
    ],
)
def test_only_clear_edge_lists_are_graphs(tmp_path, content, expected):
    path = tmp_path / "upload"
    path.write_text(content, encoding="utf-8")
    found = sniff(path, Limits()).kind
    assert found == expected if expected is not None else found != "graph"


def test_the_columns_are_named_by_their_role(tmp_path):
    path = tmp_path / "upload"
    path.write_text("weight,to,from\n1,b,a\n2,c,b\n", encoding="utf-8")
    guess = sniff(path, Limits())
    assert {column.role: column.name for column in guess.columns} == {
        "source": "from",
        "target": "to",
        "weight": "weight",
    }
