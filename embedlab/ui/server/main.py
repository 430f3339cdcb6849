"""The script every page runs in: navigation, frame, page."""

import streamlit as st

from embedlab.ui.server.garbage_collection import freeze_modules
from embedlab.ui.server.imports import import_all
from embedlab.ui.shell import navigation
from embedlab.ui.shell.errors import shown_errors
from embedlab.ui.shell.urls import STATIC

import_all()
from embedlab.ui.shell import frame  # noqa: E402 - it may still be imported by the thread that imports everything

pages = {page.url_path: page for page in navigation.present()}
chosen = st.navigation([navigation.st_page(page) for page in pages.values()], position="hidden")
# Streamlit gives the default page an empty URL path.
page = pages.get(chosen.url_path, navigation.DEFAULT)
icon = str(STATIC / "icon.png")
st.set_page_config(page_title=f"{page.title} · EmbedLab", page_icon=icon, layout="wide", initial_sidebar_state=220)
st.logo(icon, size="large")
st.html(STATIC / "app.css")
# Without a workspace no page has anything to show: the reason is shown once, and below the frame.
try:
    with shown_errors():
        frame.draw(page)
        chosen.run()
finally:
    # A page imports what it needs. Reruns of a fragment, which skip this script, are fast from the first one on.
    freeze_modules()
