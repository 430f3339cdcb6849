"""A larger window for the compression of WebSocket messages.

A message repeats most of the one before. uvicorn fixes the window at 4 KiB, which is less than what a click on the map
sends, so that the previous message is out of reach; 32 KiB take 140 KB of memory per open page instead of 30 (zlib,
`deflateInit2`).
"""

from __future__ import annotations

from typing import Any

from uvicorn.protocols.websockets import websockets_sansio_impl
from websockets.extensions.permessage_deflate import ServerPerMessageDeflateFactory

#: Base-2 logarithm of the window in bytes, the largest of RFC 7692.
WINDOW_BITS = 15
_FACTORY = "ServerPerMessageDeflateFactory"


class WideWindow(ServerPerMessageDeflateFactory):
    """The compression of uvicorn with the largest window for what the server sends."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options | {"server_max_window_bits": WINDOW_BITS})


def widen_window() -> None:
    """Use the larger window for all later connections; uvicorn has no option for it."""
    setattr(websockets_sansio_impl, _FACTORY, WideWindow)
