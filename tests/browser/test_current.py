"""The breadcrumb in a real browser: it names what was made last, and is used with the keyboard."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.browser.conftest import open_at, settle
from tests.browser.steps import id_in, press_keep, press_sample, upload

VECTORS = "3 2\nking 1 0\nqueen 1 1\nbread 0 1\n"


def box(page, label):
    return page.get_by_role("combobox", name=label, exact=True)


def test_the_breadcrumb_follows_samples_imports_and_the_keyboard(server, new_page, tmp_path):
    first, second = (tmp_path / f"vectors{number}.vec" for number in (1, 2))
    for path in (first, second):
        path.write_text(VECTORS.replace("bread", path.stem), encoding="utf-8")
    assert server.run("import", "vectors", str(first)).returncode == 0
    page = new_page(server.origin)
    open_at(page, server, "/ask")
    vectors = id_in(page, "embedding")
    # A sample in a workspace that already has an embedding.
    press_sample(page, server, "made-ratings")
    films = id_in(page, "embedding")
    assert films != vectors
    expect(box(page, "Dataset")).to_have_value("Films")
    expect(box(page, "Run")).to_have_value("Matrix factorization")
    expect(box(page, "Embedding")).to_have_value("Items")

    upload(page, server, second)
    press_keep(page)
    expect(box(page, "Dataset")).to_have_value("vectors2", timeout=90_000)
    settle(page)
    expect(box(page, "Dataset")).to_have_value("vectors2")
    expect(page.get_by_role("heading", name="vectors2")).to_have_count(1)

    # An open expander stays open when everything above it changes.
    page.get_by_text("Import options").click()
    expect(page.locator(".st-key-expander-options details")).to_have_attribute("open", "")
    box(page, "Dataset").focus()
    page.keyboard.type("films")
    page.keyboard.press("Enter")
    expect(box(page, "Run")).to_have_value("Matrix factorization")
    settle(page)
    expect(page.get_by_role("heading", name="Films")).to_have_count(1)
    expect(page.locator(".st-key-expander-options details")).to_have_attribute("open", "")
    expect(box(page, "Dataset")).to_be_focused()
