"""What the pages share. Streamlit is imported here, in `app.py` and in `pages/`, and nowhere else.

How a page is written
---------------------
A page is `pages/<name>.py`, listed in `navigation.PAGES`. `main.py` has already drawn the frame (title, purpose and
the switches for dataset and embedding) and shows any `EmbedLabError` kindly, so a page starts with its content::

    import streamlit as st

    from embedlab.ui import current, resources
    from embedlab.ui.frame import empty_state
    from embedlab.ui.plain import plain

    dataset = current.current_dataset()
    if dataset is None:
        empty_state("No dataset yet.", "Add a dataset", "data")
        st.stop()
    st.subheader(plain(dataset.name))

Every string that came from a user goes through `plain.plain` before Streamlit shows it as Markdown.
"""
