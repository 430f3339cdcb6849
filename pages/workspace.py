import streamlit as st

from embedlab.ui.shell import resources
from embedlab.ui.shell.frame import empty_state
from embedlab.ui.workspace import storage as usage

found = resources.workspace().usage()
usage.figures(found)
if found.rows:
    usage.everything(found)
    st.divider()
    usage.backup()
else:
    empty_state("Nothing is kept yet.", "Start with a sample", "start", icon=":material/folder_open:")
usage.trash(found.trash)
usage.whereabouts()
