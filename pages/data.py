from embedlab.ui.data import add_data, dataset_cards, dataset_page
from embedlab.ui.shell import current, resources
from embedlab.ui.shell.frame import empty_state
from embedlab.ui.widgets import views
from embedlab.ui.widgets.wording import number
from embedlab.workspace import listing

resources.jobs().dispatch()
n_datasets = listing.count_datasets(resources.workspace())
chosen = current.current_dataset() if current.get("dataset") else None

titles = {"all": f"All datasets ({number(n_datasets)})"} if n_datasets else {}
titles |= {"one": "This dataset"} if chosen else {}
titles |= {"add": "Add data"}
view = views.choose(titles, "add" if add_data.is_under_way() else "one" if chosen else "all" if n_datasets else "add")
if view == "one" and chosen is not None:
    dataset_page.draw(chosen)
elif view == "all":
    dataset_cards.draw()
else:
    add_data.draw()
    if not n_datasets and not add_data.is_under_way():
        empty_state("No data at hand?", "Try a sample", "start", icon=":material/experiment:")
