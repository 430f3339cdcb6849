import streamlit as st

from embedlab.jobs.recent import recent_runs as recent
from embedlab.ui.kinds import drop_zone
from embedlab.ui.shell import current, resources
from embedlab.ui.shell.frame import open_page, page_link
from embedlab.ui.start import animation, recent_runs, samples
from embedlab.ui.widgets import first_map

if first_map.draw("Back to Start"):
    st.stop()
if files := drop_zone.files():
    open_page("data", view="add", **files)

workspace = resources.workspace()
runs = recent(workspace, recent_runs.MAX_RUNS)

words, picture = st.columns([5, 6], gap="large", vertical_alignment="center")
with words:
    st.markdown(
        "## EmbedLab turns words, films, pictures or the rows of a table into points on a map. "
        "Nearby points are similar.\n\n"
        "Upload your data, watch an embedding form, query it, and export it. "
        "Everything stays on this computer."
    )
    with st.container(horizontal=True):
        page_link("data", label="Paste text, or download data", icon=":material/add:", query={"view": "add"})
        page_link("basics", label="What is an embedding?", icon=":material/school:")
        if current.current_embedding() is not None:
            page_link("map", label="Open the last map", icon=":material/scatter_plot:")
with picture:
    animation.draw()

drop_zone.draw()
if runs:
    recent_runs.draw(runs)
st.markdown("## Samples: one click to a map, in under a minute")
samples.cards()
