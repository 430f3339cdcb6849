"""Every page with a finished run, light and dark: no new accessibility violations."""

from __future__ import annotations

import json

import pytest
from playwright.sync_api import Page

from tests.browser.accessibility import violations
from tests.browser.conftest import Server, open_at, settle
from tests.browser.steps import MAP, press_sample, statuses, wait_until

# Known, and not ours to mend; a rule that a page no longer breaks has to leave this list.
_KNOWN: dict[str, set[str]] = {
    # Streamlit's own file uploader: its drop zone can be focused, but has the role "presentation".
    "start": {"presentation-role-conflict"},
    "add": {"presentation-role-conflict"},
}


def _addresses(server: Server, run_id: str) -> dict[str, str]:
    datasets = json.loads(server.run("datasets", "--json").stdout)
    dataset = f"dataset={datasets[0]['id']}"
    runs = json.loads(server.run("runs", "--json").stdout)
    items = runs[0]["embeddings"]["items"]
    return {
        "start": "/",
        "data": "/data",
        "add": "/data?view=add",
        "dataset": f"/data?{dataset}",
        "train": f"/train?{dataset}",
        "runs": "/runs",
        "run": f"/runs?run={run_id}",
        "map": "/map",
        "map with a pick and a legend": "/map?key=1&color=genres",
        "map with a query and a selection": f"/map?draw=mean&of=1&of=2&of=3&color=genres&selected={items}~0-4",
        "ask": "/ask",
        "ask, neighbors": "/ask?key=1",
        "ask, mean": "/ask?view=together&keys=1&keys=2",
        "ask, similarity": "/ask?view=similarity&key=1&other=2",
        "ask, all pairs": "/ask?view=heatmap&keys=1&keys=2&keys=3",
        "ask, association": "/ask?view=bias",
        "ask, analogy": "/ask?view=analogy&q=1 - 2 %2B 3",
        "recommend": f"/recommend?run={run_id}",
        "recommend, similar items": f"/recommend?run={run_id}&view=item&item=1",
        "recommend, for you": f"/recommend?run={run_id}&view=you",
        "recommend, between two items": f"/recommend?run={run_id}&view=axis&item=1&to=2",
        "recommend, two runs": f"/recommend?run={run_id}&view=both&item=1",
        "workspace": "/workspace",
    }


def _background(page: Page) -> str:
    return page.locator(".stApp").evaluate("node => getComputedStyle(node).backgroundColor")


def _violations_at_rest(page: Page, known: set[str]) -> dict[str, tuple[str, ...]]:
    """Return the elements that violate each rule, other than while something fades into view."""
    found: dict[str, tuple[str, ...]] = {}
    for _ in range(3):
        found = {each.rule: each.elements for each in violations(page)}
        if set(found) == known:
            break
        page.wait_for_timeout(1000)
    return found


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_no_page_violates_a_new_rule_in_light_and_dark(server: Server, new_page) -> None:
    page = new_page(server.origin, color_scheme="light")
    press_sample(page, server, "made-ratings")
    addresses = _addresses(server, next(iter(statuses(server))))
    broken: dict[str, dict[str, tuple[str, ...]]] = {}
    for name, path in addresses.items():
        page.emulate_media(color_scheme="light")
        open_at(page, server, path)
        if name.startswith("map"):
            page.wait_for_selector(f'{MAP}[data-ready="true"]')
        if path.startswith("/map?"):
            page.wait_for_selector(".embedlab-bars button, .stDownloadButton")
            page.wait_for_selector(".embedlab-map-legend:not([hidden])")
        known = _KNOWN.get(name, set())
        backgrounds = set()
        for scheme in ("light", "dark"):
            # The theme follows the system without a reload.
            page.emulate_media(color_scheme=scheme)
            wait_until(page, lambda shown=set(backgrounds): _background(page) not in shown)
            settle(page)
            backgrounds.add(_background(page))
            found = _violations_at_rest(page, known)
            if set(found) != known:
                broken[f"{name}, {scheme}"] = {rule: found.get(rule, ()) for rule in set(found) ^ known}
        assert len(backgrounds) == 2, name
    assert broken == {}
