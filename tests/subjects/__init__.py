"""Small datasets of every kind. A new kind adds a file here, and a line below."""

from __future__ import annotations

from collections.abc import Mapping

from tests.subjects import graph, images, pairs, ratings, sequences, table, text
from tests.subjects.base import Subject

SUBJECTS: Mapping[str, Subject] = {
    each.SUBJECT.kind: each.SUBJECT for each in (text, ratings, table, sequences, images, pairs, graph)
}
