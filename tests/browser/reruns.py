"""What a page has asked Streamlit to run and the server has not begun yet, from the messages of its WebSocket."""

from __future__ import annotations

import time
from weakref import WeakKeyDictionary

from playwright.sync_api import BrowserContext, Page, WebSocket
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

#: A request for a fragment that is gone is never begun.
_LONGEST_S = 20.0
_CONNECTED = '[data-testid="stApp"][data-test-connection-state="CONNECTED"]'
_AT_REST = '[data-testid="stApp"][data-test-script-state="notRunning"]'
_PAGES: WeakKeyDictionary[Page, Reruns] = WeakKeyDictionary()


class Reruns:
    """Watches one page. The page shows that a script runs only when the server has told it so."""

    def __init__(self, page: Page) -> None:
        self.is_waiting = False
        page.on("websocket", self._listen)

    def _listen(self, socket: WebSocket) -> None:
        self.is_waiting = False
        socket.on("framesent", self._sent)
        socket.on("framereceived", self._received)

    def _sent(self, content: str | bytes) -> None:
        asked = BackMsg()
        if isinstance(content, bytes):
            asked.ParseFromString(content)
        if asked.WhichOneof("type") == "rerun_script" and not asked.rerun_script.is_auto_rerun:
            self.is_waiting = True

    def _received(self, content: str | bytes) -> None:
        said = ForwardMsg()
        if isinstance(content, bytes):
            said.ParseFromString(content)
        if said.WhichOneof("type") == "new_session":
            self.is_waiting = False


def watch(context: BrowserContext) -> None:
    """Watch all pages that the context opens from now on."""
    context.on("page", _reruns_of)


def _reruns_of(page: Page) -> Reruns:
    if page not in _PAGES:
        _PAGES[page] = Reruns(page)
    return _PAGES[page]


def wait_until_at_rest(page: Page) -> None:
    """Wait until the app is connected, and has run and drawn what the last action asks for."""
    page.wait_for_selector(_CONNECTED)
    reruns = _reruns_of(page)
    started = time.monotonic()
    n_quiet = 0
    # Twice, since two requests may be answered one after the other; a page that refreshes itself may never be quiet.
    while n_quiet < (2 if time.monotonic() - started < 3 * _LONGEST_S else 1):
        # What an action in the page asks for is sent with the next frames only.
        page.wait_for_timeout(150)
        if reruns.is_waiting and time.monotonic() - started < _LONGEST_S:
            n_quiet = 0
        elif page.locator(_AT_REST).count():
            n_quiet += 1
        else:
            n_quiet = 0
            page.wait_for_selector(_AT_REST)
