"""Numbers on colored cells can be read at every value, in both themes."""

from __future__ import annotations

import numpy as np
import pytest

from embedlab.figures.confusion import confusion_matrix
from embedlab.figures.contrast import color_at, contrast, ink_on
from embedlab.figures.heatmap import similarity_heatmap
from embedlab.figures.palette import DIVERGING, Theme


def rgb(color: str) -> tuple[float, float, float]:
    return int(color[1:3], 16), int(color[3:5], 16), int(color[5:7], 16)


def test_contrast_of_known_colors() -> None:
    assert contrast(rgb("#000000"), rgb("#FFFFFF")) == pytest.approx(21.0)
    assert contrast(rgb("#777777"), rgb("#FFFFFF")) == pytest.approx(4.48, abs=0.01)
    assert ink_on(rgb("#000000")) == "#FFFFFF"
    assert color_at([(0, "#000000"), (0.5, "#646464"), (1, "#FFFFFF")], 0.25) == (50.0, 50.0, 50.0)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_every_number_of_a_heatmap_can_be_read(theme: Theme) -> None:
    values = np.linspace(-1, 1, 144).reshape(12, 12)
    texts = similarity_heatmap(values, [str(n) for n in range(12)], theme=theme).data[-1]
    backgrounds = [color_at(DIVERGING[theme], (value + 1) / 2) for value in values.ravel()]
    worst = min(contrast(rgb(ink), color) for ink, color in zip(texts.textfont.color, backgrounds, strict=True))
    assert worst >= 3.8


def test_counts_of_a_confusion_matrix_have_a_color_each() -> None:
    figure = confusion_matrix(np.array([[90, 10], [50, 50]]), ["ham", "spam"], theme="dark")
    assert set(figure.data[-1].textfont.color) <= {"#1F2933", "#FFFFFF"}
