"""Loading pages of a real server over Streamlit's WebSocket, as a browser tab does, without a browser."""

from __future__ import annotations

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.sync.client import connect

PAGES = ("", "data", "train", "runs", "map", "ask", "recommend", "workspace")


def load_page(port: int, page: str, query: str = "") -> list[ForwardMsg]:
    """Open a page as a new tab, wait until its script has ended, close the tab; return what was sent."""
    asked = BackMsg()
    asked.rerun_script.query_string = query
    asked.rerun_script.page_name = page
    sent = []
    origin = f"http://127.0.0.1:{port}"
    address = f"ws://127.0.0.1:{port}/_stcore/stream"
    with connect(address, origin=origin, max_size=None, proxy=None, open_timeout=60) as socket:
        socket.send(asked.SerializeToString())
        while True:
            message = ForwardMsg()
            message.ParseFromString(socket.recv(timeout=60))
            sent.append(message)
            if message.WhichOneof("type") == "script_finished":
                return sent
