"""Models that need labels are offered only where there are some."""

from __future__ import annotations

import pytest

from embedlab.core.errors import InputError
from embedlab.core.kind import Kind
from embedlab.jobs.starting import refuse_unfit
from embedlab.kinds.text.label_statistics import label_statistics
from embedlab.models.registry import models_for
from embedlab.tasks.text_labels import n_labels
from embedlab.ui.train.training import fitting_models
from embedlab.workspace.rows import DatasetRow


def dataset(details):
    return DatasetRow("a" * 12, "local", "Texts", Kind.TEXT, "", {}, {}, [], details, 0, 0.0)


def labeled_by(*labels):
    return dataset({"labels": label_statistics(labels, [1] * len(labels))})


def test_classifier_is_offered_and_accepted_only_with_labels():
    labeled, bare = dataset({"labels": {"different": 3}}), dataset({})
    models = models_for(Kind.TEXT)
    assert "text-classifier" in {model.name for model in fitting_models(models, labeled)}
    assert "text-classifier" not in {model.name for model in fitting_models(models, bare)}
    assert n_labels(labeled) == 3
    refuse_unfit("text-classifier", labeled)
    refuse_unfit("word2vec", bare)
    with pytest.raises(InputError, match="no labels"):
        refuse_unfit("text-classifier", bare)


@pytest.mark.parametrize(
    ("labels", "message"), [("aaaa", "same label.*Received: a"), ("abcd", "names, not classes.*4 labels for 4")]
)
def test_unusable_labels_are_rejected_before_queueing(labels, message):
    with pytest.raises(InputError, match=message):
        refuse_unfit("text-classifier", labeled_by(*labels))
    refuse_unfit("word2vec", labeled_by(*labels))
    refuse_unfit("text-classifier", labeled_by(*"aabb"))
