"""The access token in a real browser: the URL with the token signs in, and the token does not remain visible."""

from __future__ import annotations

import re

import pytest

from tests.browser.conftest import Server, settle


class TokenServer(Server):
    """A server that needs a token of its own."""

    @property
    def environment(self) -> dict[str, str]:
        return {**super().environment, "EMBEDLAB_ACCESS_TOKEN": "auto"}


@pytest.fixture
def locked(tmp_path_factory):
    server = TokenServer(tmp_path_factory.mktemp("locked"))
    server.start()
    yield server
    if server.process is not None:
        server.kill()


def test_address_in_the_log_signs_in_and_the_token_stays_hidden(locked, new_page):
    token = re.findall(r"\?token=([\w-]+)", locked.log.read_text())[0]
    page = new_page(locked.origin)
    page.goto(f"{locked.origin}/data")
    page.get_by_role("heading", name="Access token needed").wait_for()
    page.get_by_label("Token").fill("not-this-one-at-all")
    page.get_by_role("button", name="Open EmbedLab").click()
    page.get_by_text("token is not valid").wait_for()
    asked = []
    page.on("request", lambda request: asked.append((request.url, request.headers.get("referer", ""))))
    page.get_by_label("Token").fill(token)
    page.get_by_role("button", name="Open EmbedLab").click()
    settle(page)
    assert page.url == f"{locked.origin}/data"
    # The one request that gives it, and no other.
    assert [url for url, _ in asked if token in url] == [f"{locked.origin}/data?token={token}"]
    assert not [referer for _, referer in asked if token in referer]
    assert page.evaluate("() => document.cookie").count("embedlab-access") == 0

    # A new tab of the same browser is in; another browser is not.
    tab = page.context.new_page()
    tab.goto(f"{locked.origin}/workspace")
    settle(tab)
    other = new_page(locked.origin)
    other.goto(locked.origin)
    other.get_by_role("heading", name="Access token needed").wait_for()
