import streamlit as st

from embedlab.ui.basics import lesson
from embedlab.ui.shell import current
from embedlab.ui.shell.frame import empty_state

dataset = current.current_dataset()
if dataset is None:
    lesson.introduction()
    empty_state("There is no data yet to show it with", "Start with a sample", "start", icon=":material/school:")
    st.stop()
lesson.introduction()
lesson.draw(dataset)
