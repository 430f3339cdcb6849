import streamlit as st

from embedlab.ui import resources
from embedlab.ui.asking import usage
from embedlab.ui.frame import empty_state

usage.figures()
if resources.workspace().usage():
    usage.everything()
    st.divider()
    usage.backup()
else:
    empty_state("Nothing is kept yet.", "Start with a sample", "start", icon=":material/folder_open:")
usage.trash()
usage.whereabouts()
