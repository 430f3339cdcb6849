from functools import partial

import streamlit as st

from embedlab.models.registry import models_for
from embedlab.ui.kinds.registry import page_of
from embedlab.ui.shell import current, resources
from embedlab.ui.shell.frame import empty_state
from embedlab.ui.shell.plain import plain
from embedlab.ui.train import training
from embedlab.ui.widgets.parameter_form import ParameterForm
from embedlab.ui.widgets.wording import counts

resources.jobs().dispatch()
dataset = current.current_dataset()
if dataset is None:
    empty_state("No dataset to train on yet", "Add data", "data", query={"view": "add"})
    st.stop()

st.markdown(f"{page_of(dataset.kind).icon} **{plain(dataset.name)}** \u2002 {counts(dataset.counts)}")
models = models_for(dataset.kind)
if not models:
    empty_state("These vectors are already an embedding, so there is nothing to train", "Open map", "map")
    st.stop()

model = training.choose_model(models, dataset)
fields, start = st.columns([13, 7], gap="large")
with fields:
    form = ParameterForm(model, dataset.counts, dataset.id, partial(training.starting_embeddings, dataset, model))
    result = form.draw()
with start:
    training.start_panel(dataset, model, result, form)
training.explain(dataset, model, result)
