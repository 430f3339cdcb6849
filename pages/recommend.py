import streamlit as st

from embedlab.ui.recommend import between, for_user, for_you, runs, similar, two_runs
from embedlab.ui.shell.frame import empty_state
from embedlab.ui.widgets import views

VIEWS = {
    "user": (":material/person: For a user", for_user.for_a_user),
    "you": (":material/person_add: For you", for_you.for_you),
    "item": (":material/movie: Similar items", similar.similar_items),
    "axis": (":material/linear_scale: Between two items", between.between_two),
    "both": (":material/view_column: Two runs", two_runs.two_runs),
}
FACTORS = (":material/scatter_plot: Factors", between.factors)

found = runs.recommending_runs()
if not found.rows:
    empty_state(
        "No run recommends items yet", "Train on the ratings sample or your own data", "start", icon=":material/star:"
    )
    st.stop()

run = runs.current_recommending_run()
if run is None:
    runs.choose_run(found)
    st.stop()
opened = runs.open_run(run)
shown = VIEWS | ({"factors": FACTORS} if between.has_factors(opened) else {})
view = views.choose({name: title for name, (title, _) in shown.items()}, "user")
shown[view][1](opened)
