import streamlit as st

from embedlab.ui.data import add_data, dataset_cards, dataset_page
from embedlab.ui.shell import current, resources
from embedlab.ui.shell.frame import empty_state
from embedlab.ui.widgets import first_map, views
from embedlab.ui.widgets.wording import number
from embedlab.workspace import listing

resources.jobs().dispatch()
if first_map.draw("Back to data"):
    st.stop()
n_datasets = listing.count_datasets(resources.workspace())
dataset = current.current_dataset() if current.get("dataset") else None

titles = {"all": f"All datasets ({number(n_datasets)})"} if n_datasets else {}
titles |= {"one": "This dataset"} if dataset else {}
titles |= {"add": "Add data"}
view = views.choose(
    titles, "add" if add_data.is_in_progress() else "one" if dataset else "all" if n_datasets else "add"
)
if view == "one" and dataset is not None:
    dataset_page.draw(dataset)
elif view == "all":
    dataset_cards.draw()
else:
    add_data.draw()
    if not n_datasets and not add_data.is_in_progress():
        empty_state("No data of your own?", "Try a sample", "start", icon=":material/experiment:")
