"""Every page with a finished run, light and dark: no new accessibility violations."""

from __future__ import annotations

import json

import pytest

from tests.browser.accessibility import violations
from tests.browser.conftest import Server, open_at, settle
from tests.browser.steps import MAP, press_sample, statuses

# Known and to be mended; a rule that a page no longer breaks has to leave this list.
_KNOWN: dict[str, set[str]] = {
    # Headings of cards and sections are two levels below the page's title: Streamlit ties level and size.
    "start": {"heading-order"},
    "dataset": {"heading-order"},
    "run": {"heading-order"},
    "workspace": {"heading-order"},
    # Streamlit's own file uploader.
    "add": {"presentation-role-conflict"},
}


def _addresses(server: Server, run_id: str) -> dict[str, str]:
    datasets = json.loads(server.run("datasets", "--json").stdout)
    dataset = f"dataset={datasets[0]['id']}"
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
        "ask": "/ask",
        "recommend": f"/recommend?run={run_id}",
        "workspace": "/workspace",
    }


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_no_page_violates_a_new_rule_in_light_and_dark(server: Server, new_page) -> None:
    page = new_page(server.origin)
    press_sample(page, server, "made-ratings")
    addresses = _addresses(server, next(iter(statuses(server))))
    broken: dict[str, dict[str, tuple[str, ...]]] = {}
    for scheme in ("light", "dark"):
        page = new_page(server.origin, color_scheme=scheme)
        for name, path in addresses.items():
            open_at(page, server, path)
            if name.startswith("map"):
                page.wait_for_selector(f'{MAP}[data-ready="true"]')
            if "key=" in path:
                page.wait_for_selector(".embedlab-bars button")
                page.wait_for_selector(".embedlab-map-legend:not([hidden])")
            page.wait_for_timeout(500)
            settle(page)
            found = {each.rule: each.elements for each in violations(page)}
            known = _KNOWN.get(name, set())
            if set(found) != known:
                broken[f"{name}, {scheme}"] = {rule: found.get(rule, ()) for rule in set(found) ^ known}
    assert broken == {}
