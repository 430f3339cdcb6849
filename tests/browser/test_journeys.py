"""User journeys from upload to export; every page contacts only its own server."""

from __future__ import annotations

import re
from pathlib import Path

import psutil
from gensim.models import KeyedVectors
from playwright.sync_api import expect

from embedlab.samples.shipped import write_sample
from tests.browser.conftest import open_at, settle
from tests.browser.steps import (
    MAP,
    camera,
    id_in,
    isolated_point,
    keep,
    pick,
    press_sample,
    start_training,
    statuses,
    upload,
    wait_for_map,
    wait_until,
    wait_until_still,
)

#: Cancelled or killed long before its end, on any machine.
LONG = {"epochs": 10_000}


def _workers(server) -> list[psutil.Process]:
    found = []
    for process in psutil.process_iter(["cmdline"]):
        if "embedlab.jobs.engine.worker" in (process.info["cmdline"] or []):
            try:
                if process.environ().get("EMBEDLAB_HOME") == str(server.home):
                    found.append(process)
            except psutil.Error:
                continue
    return found


def test_ratings_sample_from_start_to_map_and_queries(server, new_page, tmp_path):
    page = new_page(server.origin)
    press_sample(page, server, "made-ratings")
    chosen = isolated_point(page)
    neighbors = pick(page, chosen)

    # The map highlights the true neighbors: those the command line finds in the same vectors.
    run_id = next(iter(statuses(server)))
    exported = tmp_path / "items.kv"
    assert server.run("export", f"{run_id}/items", "--format", "kv", "--out", str(exported)).returncode == 0
    vectors = KeyedVectors.load(str(exported))
    truth = [vectors.key_to_index[key] for key, _ in vectors.most_similar(vectors.index_to_key[chosen], topn=10)]
    assert neighbors == truth[: len(neighbors)]
    assert len(neighbors) >= 5

    # Python heard of it too: the panel names the pick, and the address carries it.
    expect(page.get_by_text("Nearest neighbors by cosine similarity").first).to_be_visible()
    page.wait_for_url(re.compile("key="))


def test_the_view_survives_picks_and_colors_in_two_and_three_dimensions(server, new_page):
    page = new_page(server.origin)
    press_sample(page, server, "made-ratings")
    embedding = id_in(page, "embedding")
    for n_components in (2, 3):
        if n_components == 3:
            page.get_by_label("Projection").first.click()
            page.get_by_role("option", name=re.compile("3-D")).first.click()
            expect(page.locator(MAP)).to_have_attribute("data-n-components", "3")
            wait_for_map(page)
        page.get_by_label("Zoom in").click()
        wait_until_still(page)
        page.evaluate("() => { document.querySelector('.embedlab-map').marked = true; }")
        before = camera(page)
        pick(page, isolated_point(page))
        settle(page)
        page.locator(".st-key-map-color input").click()
        page.get_by_role("option", name=re.compile("mean", re.IGNORECASE)).first.click()
        expect(page.locator(MAP)).to_have_attribute("data-color", re.compile("mean"))
        settle(page)
        wait_until_still(page)
        assert camera(page) == before
        assert page.evaluate("() => document.querySelector('.embedlab-map').marked") is True
    assert id_in(page, "embedding") == embedding

    # The link carries the state to somebody else.
    other = new_page(server.origin)
    other.goto(page.url)
    wait_for_map(other)
    expect(other.locator(MAP)).to_have_attribute("data-n-components", "3")
    expect(other.locator(MAP)).to_have_attribute("data-picked", re.compile(r"\d"))


def test_files_dropped_together_become_a_map_with_one_button(server, new_page, tmp_path):
    page = new_page(server.origin)
    files = write_sample("made-ratings", tmp_path)
    open_at(page, server)
    # Click 1 chooses the files on the Start page, click 2 makes the map; it opens by itself.
    page.locator("[data-testid=stFileUploaderDropzoneInput]").first.set_input_files([files.items_path, files.path])
    page.locator(".st-key-make button").wait_for(timeout=60_000)
    settle(page)
    expect(page.get_by_text(re.compile("titles of 518 of 518 items"))).to_be_visible()
    expect(page.get_by_text(re.compile("Trains Bayesian matrix factorization in about"))).to_be_visible()
    page.locator(".st-key-make button").click()
    expect(page.get_by_text("Import data").first).to_be_visible()
    wait_for_map(page)
    assert set(statuses(server).values()) == {"succeeded"}


def test_own_text_is_uploaded_trained_refreshed_and_cancelled(server, new_page, tmp_path):
    page = new_page(server.origin)
    text = write_sample("made-corpus", tmp_path).path
    upload(page, server, text)
    dataset_id = keep(page)
    run_id = start_training(page, server, dataset_id, **LONG)
    wait_until(page, lambda: statuses(server)[run_id] == "running")
    page.get_by_text(re.compile(r"epoch \d+ of 10000")).first.wait_for(timeout=60_000)

    page.reload()
    settle(page)
    page.get_by_text(re.compile(r"epoch \d+ of 10000")).first.wait_for()
    second = new_page(server.origin)
    open_at(second, server, f"/runs?run={run_id}")
    second.get_by_text(re.compile(r"epoch \d+ of 10000")).first.wait_for()

    page.locator(f".st-key-cancel-{run_id} button").click()
    wait_until(page, lambda: not _workers(server))
    assert statuses(server)[run_id] == "cancelled"
    page.get_by_text("The job was cancelled").first.wait_for()


def test_a_killed_worker_and_a_killed_server_lose_nothing(server, new_page, tmp_path):
    page = new_page(server.origin)
    text = write_sample("made-corpus", tmp_path).path
    upload(page, server, text)
    run_id = start_training(page, server, keep(page), **LONG)
    page.get_by_text(re.compile(r"epoch ([5-9]|\d\d+) of 10000")).first.wait_for(timeout=60_000)

    # The server dies; the training goes on, and a new server shows it.
    server.kill()
    assert len(_workers(server)) == 1
    server.start()
    open_at(page, server, f"/runs?run={run_id}")
    page.get_by_text(re.compile(r"epoch \d+ of 10000")).first.wait_for()
    wait_until(page, lambda: any(server.home.glob(f"jobs/{run_id}/checkpoints/0*")))

    # The worker dies; soon the page says so, and the run can go on from its checkpoint.
    _workers(server)[0].kill()
    page.get_by_text("The worker process ended").first.wait_for()
    assert statuses(server)[run_id] == "interrupted"
    page.get_by_role("button", name="Resume").click()
    page.get_by_text(re.compile(r"epoch ([5-9]|\d\d+) of 10000")).first.wait_for(timeout=60_000)
    assert statuses(server)[run_id] == "running"
    page.locator(f".st-key-cancel-{run_id} button").click()
    wait_until(page, lambda: statuses(server)[run_id] == "cancelled")


def test_embedding_is_queried_and_exported(server, new_page, tmp_path):
    page = new_page(server.origin)
    press_sample(page, server, "made-corpus")
    embedding = id_in(page, "embedding")
    open_at(page, server, f"/ask?embedding={embedding}&view=analogy&q=king%20-%20man%20%2B%20woman")
    page.get_by_text("queen").first.wait_for()

    page.get_by_role("button", name="Export").click()
    with page.expect_download() as started:
        page.get_by_text(re.compile("^Download ")).first.click()
    path = tmp_path / "words.txt"
    started.value.save_as(path)
    taken = KeyedVectors.load_word2vec_format(str(path))
    assert "queen" in [key for key, _ in taken.most_similar(positive=["king", "woman"], negative=["man"], topn=3)]


def test_server_does_not_load_tensorflow_while_training(server, new_page):
    page = new_page(server.origin)
    press_sample(page, server, "made-ratings")
    press_sample(page, server, "made-corpus")
    open_at(page, server, "/recommend")
    assert set(statuses(server).values()) == {"succeeded"}
    mapped = Path(f"/proc/{server.process.pid}/maps")
    if not mapped.exists():
        loaded = " ".join(part.path for part in psutil.Process(server.process.pid).memory_maps())
    else:
        loaded = mapped.read_text()
    assert "numpy" in loaded
    assert "tensorflow" not in loaded


def test_name_with_markup_stays_text_and_makes_no_request(server, new_page, tmp_path):
    name = (
        "![x](http://192.0.2.1/x.png) <img src=http://192.0.2.1/y.png onerror=window.ran=1> "
        "<script>window.ran=2</script> [a](javascript:window.ran=3) :red[b] $x^2$"
    )
    text = tmp_path / "text.txt"
    text.write_text("one two three four five six seven eight nine ten\n" * 200, encoding="utf-8")
    imported = server.run("import", "text", str(text), "--name", name, "--json")
    assert imported.returncode == 0, imported.stdout
    page = new_page(server.origin)
    opened = []
    page.on("dialog", lambda dialog: (opened.append(dialog.message), dialog.dismiss()))
    for path in ("/", "/data", "/train", "/runs", "/map", "/ask", "/recommend", "/workspace"):
        open_at(page, server, path)
        assert page.locator("[data-testid=stMain] img[src*='192.0.2.1']").count() == 0
        assert page.locator("[data-testid=stMain] a[href^='javascript']").count() == 0
        assert page.locator("[data-testid=stException]").count() == 0
        assert page.evaluate("() => window.ran") is None
    assert opened == []
    open_at(page, server, "/data")
    expect(page.get_by_text("![x](", exact=False).first).to_be_visible()
