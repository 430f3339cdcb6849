"""Pictures, texts and tags in one space: answers across kinds by page and by command, without a training."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from embedlab.cli.app import main
from embedlab.core.embedding import Embedding
from embedlab.kinds.base import BuildContext
from embedlab.kinds.pairs.options import PairsOptions
from embedlab.kinds.registry import kind
from embedlab.models.contract.base import State
from embedlab.models.contract.things import KindOfThing
from embedlab.models.two_tower.encoder import PairsEncoder
from embedlab.reading.limits import Limits
from embedlab.reading.opened import OpenedUpload
from embedlab.reading.pictures import as_png
from embedlab.ui.kinds.pairs.details import kinds_table
from embedlab.workspace.catalog import new_id
from embedlab.workspace.rows import RunRow
from embedlab.workspace.workspace import Workspace
from tests.finished_run import keep_finished_run

Open = Callable[..., AppTest]
DARK, LIGHT = np.zeros((8, 8), np.uint8), np.full((8, 8), 255, np.uint8)


def encoder() -> PairsEncoder:
    """Return towers by which white pictures, the word light and the tag day are in one place."""
    weights = {
        "conv_1_kernel": np.zeros((3, 3, 1, 1), np.float32),
        "conv_1_bias": np.zeros(1, np.float32),
        "conv_2_kernel": np.zeros((3, 3, 1, 1), np.float32),
        "conv_2_bias": np.zeros(1, np.float32),
        "dense_kernel": np.tile(np.array([[1, -1]], np.float32), (4, 1)),
        "dense_bias": np.array([0, 1], np.float32),
    }
    weights["conv_1_kernel"][1, 1], weights["conv_2_kernel"][1, 1] = 1, 1
    table = np.array([[0.5, 0.5], [1, -0.75], [0, 1]], np.float32)
    kinds = [KindOfThing("words", "text"), KindOfThing("picture", "image", (8, 8, 1)), KindOfThing("tags", "tags")]
    vocabularies = [["light", "dark"], [], ["day", "night"]]
    return PairsEncoder(kinds, vocabularies, [{"table": table}, weights, {"table": table}], "|")


@pytest.fixture
def run(workspace: Workspace, tmp_path) -> RunRow:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("dark.png", as_png(DARK))
        archive.writestr("light.png", as_png(LIGHT))
        archive.writestr("t.csv", "words,picture,tags\nlight,light.png,day\ndark <b>one</b>,dark.png,night|\n")
    (tmp_path / "file").write_bytes(stream.getvalue())
    dataset_id, run_id = new_id(), new_id()
    folder = workspace.dataset_folder(dataset_id)
    folder.mkdir(parents=True)
    pairs = kind("pairs")
    options = PairsOptions(
        left="words", left_form="text", right="picture,tags", right_forms="image,tags", member="t.csv"
    )
    imported = pairs.build(OpenedUpload(tmp_path / "file", Limits()), options, folder, BuildContext()).imported
    dataset, towers = pairs.open(folder), encoder()
    places = [(number, row) for number, keys in enumerate(dataset.keys) for row in range(len(keys))]
    vectors = np.concatenate([towers.all_vectors(number, each) for number, each in enumerate(dataset.kinds)])
    things = Embedding(
        vectors,
        [dataset.keys[number][row] for number, row in places],
        metadata=pd.DataFrame({"kind": [dataset.kinds[number].name for number, _ in places], "count": 1}),
    )
    towers.state().save(workspace.run_folder(run_id) / "encoder")
    return keep_finished_run(
        workspace,
        imported,
        dataset_id,
        run_id,
        name="Places",
        model="two-tower",
        predictor=State({}),
        embeddings={"things": things},
    )


def test_the_page_answers_for_a_thing_and_for_a_new_text(open_page: Open, workspace: Workspace, run: RunRow) -> None:
    row = workspace.resolve_embedding(f"{run.id}/things")
    app = open_page("ask", embedding=row.id, view="across", key="dark <b>one</b>")
    assert not app.exception
    headings = [each.value for each in app.markdown if each.value.startswith("## Nearest")]
    assert headings == ["## Nearest: picture", "## Nearest: tags"]
    assert [table.value.iloc[0, 0] for table in app.dataframe] == ["dark.png", "night"]
    app.session_state["across-way"] = "Type something new"
    app.run()
    app.text_area(key="across-text").set_value("light unheard").run()
    assert not app.exception
    assert [table.value.iloc[0, 0] for table in app.dataframe] == ["light.png", "day"]
    assert any("1 of 2 words or tags are known" in each.value for each in app.caption)
    app.text_area(key="across-text").set_value("unheard").run()
    assert any("None of the words" in each.value for each in [*app.error, *app.warning, *app.info])


def test_the_command_answers_for_words_tags_and_pictures(run: RunRow, tmp_path, capsys) -> None:
    (tmp_path / "new.png").write_bytes(as_png(np.full((30, 20), 250, np.uint8)))

    def said(*arguments: str) -> tuple[int, dict]:
        capsys.readouterr()
        code = main(["across", run.id, *arguments, "--json"])
        return code, json.loads(capsys.readouterr().out)

    code, found = said("light", "--topn", "1")
    assert code == 0
    assert {name: rows[0][0] for name, rows in found["answers"].items()} == {"picture": "light.png", "tags": "day"}
    _, found = said("--image", str(tmp_path / "new.png"), "--to", "tags")
    assert [row[0] for row in found["answers"]["tags"]] == ["day", "night"]
    _, found = said("night", "--kind", "tags", "--to", "words")
    assert found["answers"]["words"][0][0] == "dark <b>one</b>"
    for wrong in (["unheard"], [], ["light", "--kind", "nothing"], ["light", "--image", str(tmp_path / "none.png")]):
        assert said(*wrong)[0] == 2


def test_a_one_hot_row_is_as_long_as_the_values_are_many() -> None:
    table = kinds_table([{"name": "user", "side": "left", "form": "id", "values": 1000, "vocabulary": 1000}])
    assert table["One-hot row"] == [1000]
    assert table["Rows of the embedding"] == [1001]
    assert table["All one-hot rows"] == ["4.0 MB"]
    assert table["Embedding"] == ["128 kB"]
