"""Query fields in a real browser: fast typing loses nothing, and fields stay in sync."""

from __future__ import annotations

import json
import re
from pathlib import Path

from playwright.sync_api import Page, expect

from tests.browser.conftest import Server, open_at, settle

WORDS = """9 3
breakfast 1 0.1 0
lunch 1 0 0.1
dinner 1 0 -0.1
train 0.1 1 0
man 0 0 0.5
woman 0 2 0.5
king 2 0 1
queen 2 2 1
stone -1 -1 -1
"""


def test_typing_several_words_and_entering_an_analogy(new_page, server: Server, tmp_path: Path) -> None:
    (tmp_path / "words.txt").write_text(WORDS)
    imported = server.run("import", "vectors", str(tmp_path / "words.txt"), "--json")
    assert imported.returncode == 0, imported.stderr
    embedding = json.loads(imported.stdout)["embedding"]
    page: Page = new_page(server.origin)

    open_at(page, server, f"/ask?embedding={embedding}&view=odd")
    page.locator(".st-key-odd-keys input").click()
    for word in ("breakfast", "lunch", "train", "dinner"):
        # As fast as somebody types who does not wait for the answer to the word before.
        page.keyboard.type(word, delay=30)
        page.keyboard.press("Enter")
    page.wait_for_url(re.compile("keys=breakfast&keys=lunch&keys=train&keys=dinner"))
    expect(page.get_by_text("No results")).not_to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("heading", name="train is the odd one out")).to_be_visible()
    page.reload()
    expect(page.get_by_role("heading", name="train is the odd one out")).to_be_visible()

    page.get_by_text("All pairs").click()
    expect(page.locator(".js-plotly-plot .ytick")).to_have_count(4)
    assert {*page.locator(".js-plotly-plot .ytick").all_text_contents()} == {"breakfast", "lunch", "dinner", "train"}

    open_at(page, server, f"/ask?embedding={embedding}&view=analogy")
    expression = page.locator(".st-key-q input")
    boxes = [page.locator(f".st-key-pick-{part}-text input") for part in "abc"]
    for box, word in zip(boxes, ("man", "king", "woman"), strict=True):
        box.fill(word)
        settle(page)
    expect(expression).to_have_value("king - man + woman")
    expect(page.get_by_role("heading", name="queen")).to_be_visible()
    expression.fill("king + woman")
    expression.press("Enter")
    for box in boxes:
        expect(box).to_have_value("")
    expression.fill("queen - woman + man")
    expression.press("Enter")
    for box, word in zip(boxes, ("woman", "queen", "man"), strict=True):
        expect(box).to_have_value(word)
