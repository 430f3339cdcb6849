"""Which dialog is open: kept over runs of the page by itself, closed by what is done in it and by another page."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest


def _script(page: str) -> None:
    import streamlit as st

    from embedlab.ui.shell import open_dialog
    from embedlab.ui.widgets import dialogs

    def apply(name: str) -> None:
        st.session_state["applied"] = name

    open_dialog.follow_page(page)
    for about in ("a", "b"):
        st.button(f"Rename {about}", on_click=open_dialog.open_dialog, args=("rename", about))
    if open_dialog.opened("delete") is not None:
        raise AssertionError
    if open_dialog.opened("rename") == "a":
        dialogs.rename("Old", apply)


def _app() -> AppTest:
    app = AppTest.from_function(_script, kwargs={"page": "runs"}).run()
    assert not app.text_input
    return app


@pytest.fixture
def asked() -> AppTest:
    """A page whose dialog is open, with a new name in it."""
    app = _app()
    app.button[0].click().run()
    return app


def test_it_stays_when_the_page_runs_again(asked: AppTest) -> None:
    asked.run()
    asked.run()
    assert asked.text_input[0].label == "Name"


def test_it_closes_after_its_work(asked: AppTest) -> None:
    asked.text_input[0].set_value("New")
    next(button for button in asked.button if button.label == "Rename").click().run()
    assert asked.session_state["applied"] == "New"
    asked.run()
    assert not asked.text_input


def test_another_one_takes_its_place(asked: AppTest) -> None:
    asked.button[1].click().run()
    assert not asked.text_input


def test_it_does_not_follow_to_another_page(asked: AppTest) -> None:
    elsewhere = AppTest.from_function(_script, kwargs={"page": "data"})
    elsewhere.session_state["dialog:open"] = asked.session_state["dialog:open"]
    elsewhere.session_state["dialog:page"] = asked.session_state["dialog:page"]
    elsewhere.run()
    assert not elsewhere.text_input
