"""The script every page runs in: navigation, frame, page."""

from pathlib import Path

import streamlit as st

from embedlab.ui import frame, navigation
from embedlab.ui.errors import shown_errors

ICON = Path(__file__).resolve().parent / "static" / "icon.png"

pages = {page.url_path: page for page in navigation.present()}
chosen = st.navigation([navigation.st_page(page) for page in pages.values()])
# The default page has an empty address in Streamlit's eyes.
page = pages.get(chosen.url_path, navigation.DEFAULT)
# A local picture: for an icon by name the browser would ask an outside server for the favicon.
st.set_page_config(page_title=f"{page.title} · EmbedLab", page_icon=str(ICON), layout="wide")
st.logo(str(ICON), size="large")
frame.draw(page)
with shown_errors():
    chosen.run()
