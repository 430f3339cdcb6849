"""The script every page runs in: navigation, frame, page."""

import streamlit as st

from embedlab.ui.shell import frame, navigation
from embedlab.ui.shell.errors import shown_errors
from embedlab.ui.shell.urls import STATIC

pages = {page.url_path: page for page in navigation.present()}
chosen = st.navigation([navigation.st_page(page) for page in pages.values()], position="hidden")
# Streamlit gives the default page an empty URL path.
page = pages.get(chosen.url_path, navigation.DEFAULT)
icon = str(STATIC / "icon.png")
st.set_page_config(page_title=f"{page.title} · EmbedLab", page_icon=icon, layout="wide", initial_sidebar_state=220)
st.logo(icon, size="large")
st.html(STATIC / "app.css")
# Without a workspace no page can show anything, so the error is shown only once, below the frame.
with shown_errors():
    frame.draw(page)
    chosen.run()
