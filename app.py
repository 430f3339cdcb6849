"""The application object for `streamlit run app.py`; it only starts and stops the server."""

import sys
from pathlib import Path

import streamlit as st

ROOT = Path(__file__).resolve().parent
# The app must run from a checkout without being installed, whatever the working folder.
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))

from embedlab.ui.server import lifecycle as server  # noqa: E402

app = st.App(
    ROOT / "embedlab" / "ui" / "server" / "main.py",
    lifespan=server.lifespan,
    routes=server.routes(),
    middleware=server.middleware(),
    on_script_error=server.on_script_error,
)
