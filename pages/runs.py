import streamlit as st

from embedlab.ui import current, resources
from embedlab.ui.frame import empty_state
from embedlab.ui.parts import run_details, run_list, views

resources.jobs().dispatch()
rows = resources.workspace().runs()
run = current.current_run()
if not rows:
    empty_state("Nothing trained yet.", "Start with a sample", "start", icon=":material/model_training:")
    run_list.other_work()
    st.stop()

titles = {"all": f"All runs ({len(rows)})"} | ({"one": "This run"} if run else {})
view = views.choose(titles, "one" if run else "all")
if run is not None and view == "one":
    run_details.draw(run)
else:
    run_list.draw(rows)
    run_list.other_work()
