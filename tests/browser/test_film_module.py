"""The training film on its own, with answers of a server that a test changes. No Streamlit server is needed."""

from __future__ import annotations

import struct
from collections.abc import Sequence

import pytest
from playwright.sync_api import expect

from tests.browser.modules import static_server

_N_POINTS = 3
_OPEN = """async (origin) => {
    const { Film } = await import(`${origin}/film/film.js`);
    document.body.innerHTML = '<div class="embedlab-film" style="width: 700px; height: 400px"></div>';
    const node = document.querySelector(".embedlab-film");
    new Film(node).show({ base: origin, run: "run" });
}"""


class _Server:
    """Answers for one run: frames after `epochs`; in each frame, the first point is at its epoch."""

    def __init__(self) -> None:
        self.epochs: Sequence[int] = ()
        self.state = "live"
        self.n_answers = 0

    def __call__(self, route) -> None:
        url = route.request.url
        n_points = _N_POINTS if self.epochs else 0
        if url.endswith("/names"):
            route.fulfill(json={"labels": list("abc")[:n_points], "places": [0, 1, 2]})
        elif "/frames" in url:
            since = int(url.rpartition("=")[2])
            route.fulfill(body=b"".join(map(_frame, self.epochs[since:])), content_type="application/octet-stream")
        else:
            self.n_answers += 1
            summary = {"state": self.state, "n_points": n_points, "k": 1, "epochs": list(self.epochs), "extent": None}
            route.fulfill(json={**summary, "followed": [0], "losses": [], "measure": "", "curves": []})


def _frame(epoch: int) -> bytes:
    packed = struct.pack(f"<{2 * _N_POINTS}f{_N_POINTS}H", epoch, 0, 1, 1, 2, 2, 1, 2, 0)
    return packed + bytes(-len(packed) % 4)


@pytest.fixture
def film(new_page):
    with static_server() as origin:
        page = new_page(origin)
        answers = _Server()
        page.route("**/films/run**", answers)
        page.goto(f"{origin}/page")
        page.evaluate(_OPEN, origin)
        yield page.locator(".embedlab-film"), answers
        # Another answer and a drawing after it, so that an error in either fails the test.
        asked = answers.n_answers
        while answers.n_answers == asked and answers.state == "live":
            page.wait_for_timeout(100)
        page.wait_for_timeout(200)


def _first_x(film) -> float:
    return film.evaluate("node => node.embedlabFilm.shownPoints()[0]")


@pytest.mark.parametrize(
    ("after", "frame"),
    [((0, 20, 40), 2), ((0, 10), 1), ((5,), 0), ((0, 20, 40, 50), 3)],
    ids=["thinned", "resumed", "other", "thinned-and-grown"],
)
def test_a_film_with_fewer_frames_stays_at_its_epoch(film, after, frame) -> None:
    node, answers = film
    answers.epochs = (0, 10, 20, 30, 40)
    expect(node).to_have_attribute("data-frame", "4")
    answers.epochs = after
    expect(node).to_have_attribute("data-n-frames", str(len(after)))
    expect(node).to_have_attribute("data-frame", str(frame))
    expect(node).to_have_attribute("data-epoch", str(after[frame]))
    expect(node).to_have_attribute("data-playing", "false")
    assert _first_x(node) == after[frame]
    assert node.get_attribute("data-error") == ""


def test_a_film_that_ends_shows_the_finished_map(film) -> None:
    node, answers = film
    answers.epochs = (0, 10, 20)
    expect(node).to_have_attribute("data-frame", "2")
    answers.epochs, answers.state = (0, 10, 20, 30), "finished"
    expect(node).to_have_attribute("data-state", "finished")
    expect(node).to_have_attribute("data-frame", "3")
    expect(node).to_have_attribute("data-playing", "false")
    assert _first_x(node) == 30
    # The points arrive there.
    node.page.wait_for_function("() => document.querySelector('.embedlab-film').embedlabFilm.arrival === null")


def test_a_film_that_starts_again_waits_for_its_first_frame(film) -> None:
    node, answers = film
    answers.epochs = (0, 10, 20)
    expect(node).to_have_attribute("data-frame", "2")
    answers.epochs = ()
    expect(node).to_have_attribute("data-ready", "false")
    answers.epochs = (0, 10)
    expect(node).to_have_attribute("data-frame", "1")


def test_a_paused_film_stays_paused_when_frames_go(film) -> None:
    node, answers = film
    answers.epochs = (0, 10, 20, 30, 40)
    expect(node).to_have_attribute("data-frame", "4")
    node.evaluate("node => node.embedlabFilm.seek(2)")
    answers.epochs = (0, 20, 40, 60)
    expect(node).to_have_attribute("data-n-frames", "4")
    expect(node).to_have_attribute("data-frame", "1")
    expect(node).to_have_attribute("data-playing", "false")
