import streamlit as st

from embedlab.ui.shell import current, resources
from embedlab.ui.shell.frame import page_link
from embedlab.ui.start import animation, recent_runs, samples

if samples.draw_progress():
    st.stop()

workspace = resources.workspace()
runs = workspace.runs(most=recent_runs.MAX_RUNS)

words, picture = st.columns([5, 6], gap="large", vertical_alignment="center")
with words:
    st.markdown(
        "## EmbedLab turns words, films or anything else people rate into points on a map. "
        "Nearby points are similar.\n\n"
        "Upload your data, watch an embedding form, query it, and export it. "
        "Everything stays on this computer."
    )
    with st.container(horizontal=True):
        page_link("data", label="Upload your own data", icon=":material/upload_file:", query={"view": "add"})
        if current.current_embedding() is not None:
            page_link("map", label="Open the last map", icon=":material/scatter_plot:")
with picture:
    animation.draw()

if runs:
    recent_runs.draw(runs)
st.markdown("## Samples: one click to a map, in under a minute")
samples.cards()
