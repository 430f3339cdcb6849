import streamlit as st

from embedlab.ui.recommend import recommendations
from embedlab.ui.shell.frame import empty_state
from embedlab.ui.widgets import views

runs = recommendations.ratings_runs()
if not runs.rows:
    empty_state(
        "No run predicts ratings yet", "Train on the ratings sample or your own data", "start", icon=":material/star:"
    )
    st.stop()

run = recommendations.current_recommender()
if run is None:
    recommendations.choose_run(runs)
    st.stop()
view = views.choose({"user": ":material/person: For a user", "item": ":material/movie: Similar items"}, "user")
recommender = recommendations.open_recommender(run)
if view == "user":
    recommendations.for_a_user(recommender)
else:
    recommendations.similar_items(recommender)
