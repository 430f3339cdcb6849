import streamlit as st

from embedlab.ui.runs import any_datasets, run_details, run_list, slices, two_runs
from embedlab.ui.runs import comparison as run_comparison
from embedlab.ui.shell import current, resources
from embedlab.ui.shell.frame import empty_state
from embedlab.ui.widgets import views
from embedlab.ui.widgets.wording import number
from embedlab.workspace import listing

resources.jobs().dispatch()
counts = listing.runs_by_status(resources.workspace())
run = current.current_run()
dataset = current.current_dataset()
# Imported vectors can be compared without any run.
can_compare = listing.find_embeddings(resources.workspace(), most=2).n_found > 1
if not counts and not can_compare:
    if dataset is None:
        empty_state("No runs yet", "Start with a sample", "start", icon=":material/model_training:")
    else:
        run_comparison.draw(dataset)
    run_list.other_jobs()
    st.stop()

of_runs = {"all": f"All runs ({number(sum(counts.values()))})"} if counts else {}
titles = (
    of_runs
    | {
        "compare": "Compare" if counts else "This dataset",
        "two": "Compare two",
        "slices": "Compare in order",
        "any": "Any datasets",
    }
    | ({"one": "This run"} if run else {})
)
view = views.choose(titles, "one" if run and current.get("run") else next(iter(titles)))
if run is not None and view == "one":
    run_details.draw(run)
elif dataset is not None and view == "compare":
    run_comparison.draw(dataset)
elif view == "two":
    two_runs.draw()
elif view == "slices":
    slices.draw()
elif view == "any":
    any_datasets.draw()
else:
    run_list.draw(counts)
run_list.other_jobs()
