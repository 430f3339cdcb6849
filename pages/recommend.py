import streamlit as st

from embedlab.ui.recommend import recommendations as recommending
from embedlab.ui.shell.frame import empty_state
from embedlab.ui.widgets import views

runs = recommending.ratings_runs()
if not runs.rows:
    empty_state(
        "No run predicts ratings yet.", "Train the ratings sample, or bring your own", "start", icon=":material/star:"
    )
    st.stop()

with st.container(horizontal=True, vertical_alignment="bottom"):
    run = recommending.choose_run(runs)
    view = views.choose({"user": ":material/person: For a user", "item": ":material/movie: Near an item"}, "user")
taste = recommending.open_taste(run)
if view == "user":
    recommending.for_a_user(taste)
else:
    recommending.near_an_item(taste)
