"""The compression of WebSocket messages, as uvicorn sets it up for a connection."""

from __future__ import annotations

import asyncio

import pytest
from starlette.applications import Starlette
from uvicorn.config import Config
from uvicorn.protocols.websockets import websockets_sansio_impl
from uvicorn.server import ServerState
from websockets.extensions.permessage_deflate import PerMessageDeflate, ServerPerMessageDeflateFactory
from websockets.frames import Frame, Opcode

from embedlab.ui.server.compression import WINDOW_BITS, widen_window


def sent_again_bytes() -> int:
    """Return the bytes of 8,000 random ones that a server sends a second time, to a browser that offers compression."""
    loop = asyncio.new_event_loop()
    try:
        config = Config(app=Starlette(), ws_per_message_deflate=True)
        config.load()
        protocol = websockets_sansio_impl.WebSocketsSansIOProtocol(config, ServerState(), {}, _loop=loop)
        (factory,) = protocol.conn.available_extensions
        _, extension = factory.process_request_params([("client_max_window_bits", None)], [])
    finally:
        loop.close()
    assert isinstance(extension, PerMessageDeflate)
    data = bytes(at * at % 251 ^ at // 7 & 255 for at in range(8000))
    return [len(extension.encode(Frame(Opcode.BINARY, data)).data) for _ in range(2)][1]


def test_a_message_is_compressed_with_the_one_before(monkeypatch: pytest.MonkeyPatch) -> None:
    # Another test may have started a server in this process, which widens the window for good.
    monkeypatch.setattr(websockets_sansio_impl, "ServerPerMessageDeflateFactory", ServerPerMessageDeflateFactory)
    before = sent_again_bytes()
    widen_window()
    assert WINDOW_BITS == 15
    assert sent_again_bytes() < min(200, before / 5)
