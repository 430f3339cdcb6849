"""Messages of callbacks."""

from streamlit.testing.v1 import AppTest

from embedlab.ui.shell import notices


def _page() -> None:
    import streamlit as st

    from embedlab.core.errors import InputError
    from embedlab.ui.shell import errors, notices

    def fail() -> None:
        with errors.shown_errors():
            raise InputError("Wrong.", remedy="Try again.")
        notices.toast("Done", icon=":material/info:")

    st.caption("First")
    with st.container():
        notices.draw()
    st.button("Fail", on_click=fail)


def test_what_a_callback_of_a_fragment_says_waits_until_the_fragment_draws_it_once(monkeypatch) -> None:
    monkeypatch.setattr(notices, "_is_in_callback_of_fragment", lambda: True)
    app = AppTest.from_function(_page, default_timeout=60).run()
    assert (len(app.error), len(app.toast)) == (0, 0)
    app.button[0].click().run()
    assert [each.value for each in app.error] == ["**Wrong\\.**\n\nTry again\\."]
    assert [each.value for each in app.toast] == ["Done"]
    # Below what the page starts with, not in its place.
    assert app.main.children[0].value == "First"
    app.run()
    assert (len(app.error), len(app.toast)) == (0, 0)
