"""The Data page: upload, preview and import of a file, and its error messages."""

from __future__ import annotations

import io
from collections.abc import Callable

import pytest
import sqlalchemy as sa
from streamlit.testing.v1 import AppTest

from embedlab.jobs.engine.worker import execute
from embedlab.jobs.jobs import Jobs
from embedlab.ui.kinds import staging
from embedlab.workspace.tables import jobs as jobs_table
from embedlab.workspace.workspace import Workspace
from tests.reading.opening_counts import OpeningCounts

OpenPage = Callable[..., AppTest]
RATINGS = b"user,film,stars\n" + b"".join(
    f"u{user},f{film},{1 + (user + film) % 5}\n".encode() for user in range(8) for film in range(6)
)
HOSTILE = "![](http://example.com/x.png)<script>alert(1)</script>"


@pytest.fixture(autouse=True)
def _no_workers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Jobs, "dispatch", lambda self: None)


def staged(workspace: Workspace, content: bytes, name: str = "file") -> str:
    return workspace.stage_upload(io.BytesIO(content), name).id


def work(workspace: Workspace) -> None:
    """Run the queued jobs, as a worker would."""
    for job in Jobs(workspace).jobs(active=True):
        assert execute(workspace, job.id)


def address(app: AppTest, name: str) -> str:
    """Return a URL parameter, which the test harness returns as a text or a list."""
    value = app.query_params[name]
    return value if isinstance(value, str) else value[0]


def _field_key(app: AppTest, name: str) -> str:
    return f"field:{address(app, 'upload')}:{name}"


def shown(app: AppTest) -> str:
    return " ".join(str(element.value) for element in [*app.markdown, *app.caption, *app.error, *app.warning])


def test_an_unclear_rating_is_asked_with_samples_and_a_click_answers(open_page: OpenPage, workspace: Workspace) -> None:
    rows = "".join(f"u{n % 7},f{n % 9},{n % 5 + 1},{n * 3 % 5 + 1}\n" for n in range(60))
    app = open_page("data", upload=staged(workspace, f"user,film,food,service\n{rows}".encode()))
    assert not app.exception
    assert "Several columns may hold the ratings" in " ".join(str(element.value) for element in app.info)
    assert "The column service" in shown(app)
    assert not [metric.value for metric in app.metric]
    app.button(key="choice:1").click().run()
    assert not app.exception
    assert app.selectbox(key=_field_key(app, "role:rating")).value == "service"
    assert app.metric[0].value == "60"


def test_a_wide_table_shows_how_it_is_read(open_page: OpenPage, workspace: Workspace) -> None:
    rows = "".join(f"{user},{user % 5 + 1},{user % 3 + 1},,{(user + 2) % 5 + 1}\n" for user in range(20))
    app = open_page("data", upload=staged(workspace, f"user,Tin Moon,Low Tide,Heat,Emma\n{rows}".encode()))
    assert not app.exception
    assert "The table is wide" in shown(app)
    assert [metric.value for metric in app.metric[:3]] == ["60", "20", "3"]


def test_empty_workspace_shows_the_uploader(open_page: OpenPage) -> None:
    app = open_page("data")
    assert not app.exception
    assert len(app.get("file_uploader")) == 1
    assert "No data of your own?" in shown(app)


def test_upload_is_written_to_disk_and_freed_from_memory(open_page: OpenPage, workspace: Workspace) -> None:
    app = open_page("data")
    app.file_uploader[0].upload("stars.csv", RATINGS, "text/csv").run()
    assert not app.exception
    upload = workspace.upload(address(app, "upload"))
    assert upload.path.read_bytes() == RATINGS
    assert len(app.get("file_uploader")) == 4  # the companions' alone; the one with the file is gone
    assert [metric.value for metric in app.metric] == ["48", "8", "6", "100.00%"]


def test_ratings_become_a_dataset_and_its_page_opens(open_page: OpenPage, workspace: Workspace) -> None:
    app = open_page("data", upload=staged(workspace, RATINGS, "stars.csv"))
    assert app.text_input(key=_name_key(app)).value == "stars"
    app.button(key="keep").click().run()
    assert "import" in app.query_params
    work(workspace)
    app.run()
    assert not app.exception
    assert [row.name for row in workspace.datasets()] == ["stars"]
    assert address(app, "dataset") == workspace.datasets()[0].id
    assert "stars" in app.header[0].value


def test_the_same_file_is_recognized(open_page: OpenPage, workspace: Workspace) -> None:
    app = open_page("data", upload=staged(workspace, RATINGS, "stars.csv"))
    app.button(key="keep").click().run()
    work(workspace)
    again = open_page("data", view="add", upload=staged(workspace, RATINGS, "other name.csv"))
    assert "already saved as **stars**" in shown(again)
    again.button(key="open-known").click().run()
    assert address(again, "dataset") == workspace.datasets()[0].id


def test_failed_import_keeps_the_options(open_page: OpenPage, workspace: Workspace) -> None:
    twice = RATINGS + b"u0,f0,5\n"
    app = open_page("data", upload=staged(workspace, twice, "stars.csv"))
    duplicates = next(box for box in app.selectbox if box.label == "Several rows of a user and an item")
    duplicates.set_value("refuse").run()
    app.button(key="keep").click().run()
    work(workspace)
    app.run()
    assert app.error
    assert workspace.datasets() == []
    next(button for button in app.button if button.label == "Change options").click().run()
    duplicates = next(box for box in app.selectbox if box.label == "Several rows of a user and an item")
    assert duplicates.value == "refuse"


@pytest.mark.parametrize(
    ("content", "said"),
    [(b"\x7fELF\x00\x01\x02" * 100, "binary"), (b"\x1f\x8b\x08\x00damaged", ""), (b"one", "")],
    ids=["elf", "damaged-gzip", "one-word"],
)
def test_unreadable_file_shows_an_error_and_is_not_saved(
    content: bytes, said: str, open_page: OpenPage, workspace: Workspace
) -> None:
    app = open_page("data", upload=staged(workspace, content, "notes.txt"))
    assert not app.exception
    assert said in shown(app).lower()
    assert app.error or app.warning
    assert workspace.datasets() == []


def test_empty_file_is_rejected(open_page: OpenPage, workspace: Workspace) -> None:
    app = open_page("data")
    app.file_uploader[0].upload("nothing.txt", b"", "text/plain").run()
    assert "empty" in app.error[0].value
    assert list(workspace.layout.home.joinpath("uploads").iterdir()) == []


def test_pasted_text_is_previewed_like_a_file(open_page: OpenPage) -> None:
    app = open_page("data")
    app.text_area(key="pasted").set_value("the cat sat on the mat\nthe dog sat on the log\n" * 30)
    next(button for button in app.button if button.label == "Preview").click().run()
    assert not app.exception
    assert {"Documents": "60", "Words": "360"}.items() <= {metric.label: metric.value for metric in app.metric}.items()


def test_names_from_a_file_never_become_markup(open_page: OpenPage, workspace: Workspace) -> None:
    content = f"{HOSTILE},film,stars\n".encode() + RATINGS.split(b"\n", 1)[1]
    app = open_page("data", upload=staged(workspace, content, f"{HOSTILE}.csv"))
    assert not app.exception
    for text in shown(app).split():
        assert "![](" not in text
        assert "<script>" not in text


def test_unknown_upload_id_is_removed_from_the_url(open_page: OpenPage) -> None:
    app = open_page("data", upload="../../etc/passwd")
    assert not app.exception
    assert "upload" not in app.query_params
    assert staging.MAX_UPLOAD_MB == 1024


def _name_key(app: AppTest) -> str:
    return next(field.key for field in app.text_input if field.label == "Name")


def test_text_without_spaces_is_segmented_by_one_click(open_page: OpenPage, workspace: Workspace) -> None:
    chinese = "我来到北京清华大学。今天天气很好。我们去公园。\n" * 100
    app = open_page("data", upload=staged(workspace, chinese.encode(), "zh.txt"))
    assert "without spaces between words" in shown(app)
    app.button(key="suggested:characters").click().run()
    assert not app.exception
    assert "without spaces between words" not in shown(app)
    app.button(key="keep").click().run()
    work(workspace)
    assert workspace.datasets()[0].options["tokenizer"]["segmentation"] == "characters"
    assert workspace.datasets()[0].counts["tokens"] == 2000


def test_labels_and_phrases_are_shown_before_and_after(open_page: OpenPage, workspace: Workspace) -> None:
    rows = "kind\ttext\n" + "".join(
        f"{'spam' if n % 4 == 0 else 'ham'}\tw{n % 17} new york x{n % 13} y{n % 11}\n" for n in range(200)
    )
    app = open_page("data", upload=staged(workspace, rows.encode(), "mail.tsv"))
    next(toggle for toggle in app.toggle if toggle.label == "Join phrases").set_value(True).run()
    assert not app.exception
    assert {"Labels (2 different)", "Phrases (1 different)"} <= headings(app)
    assert tables_with(app, "share")[0]["tokens"].tolist() == [600, 200]
    app.button(key="keep").click().run()
    work(workspace)
    app.run()
    assert not app.exception
    assert {"Labels (2 different)", "Phrases (1 different)"} <= headings(app)
    assert tables_with(app, "phrase")[0].to_numpy().tolist() == [["new_york", 200]]
    assert tables_with(app, "share")[0]["documents"].tolist() == [150, 50]


def headings(app: AppTest) -> set[str]:
    return {element.value.removeprefix("## ") for element in app.markdown if element.value.startswith("## ")}


def tables_with(app: AppTest, column: str) -> list:
    return [table.value for table in app.dataframe if column in table.value.columns]


def test_several_texts_become_one_dataset(open_page: OpenPage, workspace: Workspace) -> None:
    files = [("a.txt", b"one two\nthree\nfour five\n", "text/plain"), ("b.txt", b"six\nseven\neight\n", "text/plain")]
    app = open_page("data")
    app.file_uploader[0].set_value(files).run()
    assert not app.exception
    assert "and 1 more" in shown(app)
    assert {"Documents": "6", "Words": "8"}.items() <= {metric.label: metric.value for metric in app.metric}.items()
    label = next(box for box in app.selectbox if box.label == "Document label")
    label.set_value("file").run()
    app.button(key="keep").click().run()
    work(workspace)
    row = workspace.datasets()[0]
    assert row.counts["documents"] == 6
    assert [each["label"] for each in row.details["labels"]["most_frequent"]] == ["a.txt", "b.txt"]


def test_file_at_a_url_is_downloaded_and_previewed(open_page: OpenPage, workspace: Workspace) -> None:
    app = open_page("data")
    app.text_input(key="fetch-url").set_value("http://example.org/v.txt")
    fetch = next(button for button in app.button if button.label == "Download file")
    fetch.click().run()
    assert "Downloads use" in shown(app)
    assert app.text_input(key="fetch-url").value == "http://example.org/v.txt"
    app.text_input(key="fetch-url").set_value("https://nobody.invalid/v.txt")
    next(button for button in app.button if button.label == "Download file").click().run()
    job = Jobs(workspace).jobs("download", active=True)[0]
    assert job.request == {"url": "https://nobody.invalid/v.txt"}
    upload_id = staged(workspace, b"king 1 0\nqueen 1 1\n", "v.txt")
    with workspace.transaction() as connection:
        values = {"status": "succeeded", "result": {"upload_id": upload_id}}
        connection.execute(sa.update(jobs_table).where(jobs_table.c.id == job.id).values(values))
    app.run()
    assert not app.exception
    assert address(app, "upload") == upload_id
    assert "19 bytes" in shown(app)


def test_failed_url_can_be_changed(open_page: OpenPage, workspace: Workspace) -> None:
    job = Jobs(workspace).submit_fetch("https://nobody.invalid/v.txt")
    with workspace.transaction() as connection:
        values = {"status": "failed", "error": {"what": "The file could not be downloaded."}}
        connection.execute(sa.update(jobs_table).where(jobs_table.c.id == job.id).values(values))
    app = open_page("data", **{"import": job.id})
    assert "could not be downloaded" in shown(app)
    next(button for button in app.button if button.label == "Change URL").click().run()
    assert not app.exception
    assert app.text_input(key="fetch-url").value == "https://nobody.invalid/v.txt"
    assert "import" not in app.query_params


def test_vectors_can_be_limited_to_the_vocabulary_of_a_text(open_page: OpenPage, workspace: Workspace) -> None:
    text = Jobs(workspace).submit_import(
        staged(workspace, b"the king and the queen\n" * 9), "text", {"layout": "lines"}, HOSTILE
    )
    work(workspace)
    app = open_page("data", view="add", upload=staged(workspace, b"3 2\nking 1 0\nrook 0 1\nqueen 1 1\n", "v.txt"))
    dataset_id = (Jobs(workspace).job(text.id).result or {})["dataset_id"]
    next(box for box in app.selectbox if box.label == "Vectors to import").set_value(dataset_id).run()
    app.button(key="keep").click().run()
    work(workspace)
    app.run()
    assert not app.exception
    assert workspace.load_embedding(workspace.embeddings()[0].id).keys == ["king", "queen"]
    assert "Limited to the vocabulary of" in shown(app)
    assert "![](" not in shown(app)


def test_one_import_opens_and_sniffs_the_upload_once(
    open_page: OpenPage, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    counts = OpeningCounts(monkeypatch)
    upload_id = staged(workspace, b"label,text\n" + b"a,one two three\nb,four five six\n" * 20, "notes.csv")
    path = workspace.upload(upload_id).path
    app = open_page("data", upload=upload_id)
    assert not app.exception
    next(toggle for toggle in app.toggle if toggle.label == "Lowercase").set_value(False).run()
    next(box for box in app.selectbox if box.label == "Label column").set_value("label").run()
    app.segmented_control[0].set_value("ratings").run()
    app.segmented_control[0].set_value("text").run()
    assert counts.opens == {path: 1}
    assert counts.sniffs == (1, 1)
    app.button(key="keep").click().run()
    work(workspace)
    # A worker is another process: it opens the file once more, and looks at its start to report what was assumed.
    assert counts.opens == {path: 2}
    assert counts.sniffs == (2, 2)
    assert workspace.datasets()[0].counts["documents"] == 40


def test_unclear_vectors_are_read_as_the_button_says(open_page: OpenPage, workspace: Workspace) -> None:
    rows = "".join(f"{7 * row + 3} 0.{row} 1.5 2.25\n" for row in range(9))
    app = open_page("data", view="add", upload=staged(workspace, rows.encode(), "v.txt"))
    assert "may be the key of the row" in app.info[-1].value
    assert "3, 10, 17" in shown(app)
    assert app.button(key="keep").disabled
    app.button(key="choice:0").click().run()
    assert not app.exception
    assert next(frame.value for frame in app.dataframe)["Key"].tolist()[:3] == ["3", "10", "17"]
    assert not app.button(key="keep").disabled


def test_vectors_show_what_is_left_out_before_the_import(open_page: OpenPage, workspace: Workspace) -> None:
    rows = "".join(f"word{row % 14} 0.{row} 1.5 {'nan' if row == 4 else '2.25'}\n" for row in range(15))
    app = open_page("data", view="add", upload=staged(workspace, rows.encode(), "v.txt"))
    assert not app.exception
    assert "**13** vectors" in shown(app)
    assert "1 rows with NaN or an infinite number" in shown(app)
    assert "1 rows with a key that occurs before" in shown(app)
