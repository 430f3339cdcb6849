import streamlit as st

from embedlab.ui.shell import resources
from embedlab.ui.shell.frame import empty_state
from embedlab.ui.workspace import restoring, storage

if restoring.is_running():
    restoring.watch()
    st.stop()
usage = resources.workspace().usage()
storage.usage_summary(usage)
if usage.rows:
    storage.item_table(usage)
    st.divider()
    left, right = st.columns(2, gap="large")
    with left:
        storage.backup()
    with right:
        restoring.restore(is_empty=False)
else:
    empty_state("The workspace is empty", "Start with a sample", "start", icon=":material/folder_open:")
    restoring.restore(is_empty=True)
storage.trash(usage.trash)
storage.workspace_info()
