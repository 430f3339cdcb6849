"""A dialog stays open, with what was typed, when the page runs again by itself."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
from playwright.sync_api import expect

from tests.browser.conftest import open_at, settle

MAP = ".embedlab-map"
PATIENCE_MS = 60_000


def test_a_name_is_still_there_after_a_map_has_ended(server, new_page, tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    np.save(tmp_path / "points.npy", (4 * rng.normal(size=(8, 12))[np.arange(1500) % 8] + rng.normal(size=(1500, 12))))
    imported = server.run("import", "vectors", str(tmp_path / "points.npy"), "--json")
    assert imported.returncode == 0, imported.stderr
    page = new_page(server.origin)
    open_at(page, server, "/map")
    shown = page.locator(MAP)
    expect(shown).to_have_attribute("data-ready", "true", timeout=PATIENCE_MS)
    page.get_by_role("button", name="New map").click()
    page.get_by_role("spinbutton", name="Iterations").first.fill("9000")
    page.keyboard.press("Enter")
    settle(page)
    page.get_by_role("button", name=re.compile("Compute t-SNE 2-D")).click()
    expect(shown).to_have_attribute("data-live", re.compile(r"\d+/9250"), timeout=PATIENCE_MS)
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
