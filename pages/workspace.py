import streamlit as st

from embedlab.ui.shell import resources
from embedlab.ui.shell.frame import empty_state
from embedlab.ui.workspace import storage

usage = resources.workspace().usage()
storage.usage_summary(usage)
if usage.rows:
    storage.item_table(usage)
    st.divider()
    storage.backup()
else:
    empty_state("The workspace is empty", "Start with a sample", "start", icon=":material/folder_open:")
storage.trash(usage.trash)
storage.workspace_info()
