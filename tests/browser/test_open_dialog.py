"""A dialog stays open, with what was typed, when the page runs again by itself."""

from __future__ import annotations

import json
from pathlib import Path

from playwright.sync_api import expect

from tests.browser.conftest import settle
from tests.browser.steps import MAP, watch_layout

PATIENCE_MS = 60_000


def test_a_name_is_still_there_after_a_map_has_ended(server, new_page, tmp_path: Path) -> None:
    page = watch_layout(server, new_page, tmp_path)
    shown = page.locator(MAP)
    # Folded, so that the key alone opens the dialog.
    page.get_by_role("button", name="Options", exact=True).click()
    settle(page)
    shown.press("m")
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("textbox", name="Name").fill("Half finished")
    (job,) = [each["id"] for each in json.loads(server.run("jobs", "--active", "--json").stdout)]
    assert server.run("cancel", job).returncode == 0
    expect(shown).to_have_attribute("data-live", "", timeout=PATIENCE_MS)
    expect(dialog.get_by_role("textbox", name="Name")).to_have_value("Half finished")
    dialog.get_by_role("button", name="Save bookmark").click()
    expect(dialog).to_be_hidden()
    page.get_by_role("button", name="Options", exact=True).click()
    expect(page.get_by_text("Bookmarks (1)")).to_be_visible()

    # Escape closes it for good.
    settle(page)
    shown.press("m")
    expect(dialog).to_be_visible()
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    settle(page)
    page.get_by_role("button", name="Details", exact=True).click()
    settle(page)
    expect(dialog).to_be_hidden()
