import json
from types import SimpleNamespace

import numpy as np
import plotly.graph_objects as go
import pytest

from embedlab.figures import bars, confusion, curves, heatmap, network, palette, ratings
from embedlab.figures.stability import keys_by_share
from embedlab.figures.texts import plotly_text

EVIL = "<b>x</b><img src=y onerror=z><a href='http://e.org'>$q$ %{x} &lt;"


def layer(name: str, kind: str = "Dense", n_parameters: int = 0, inputs: tuple[str, ...] = ()) -> SimpleNamespace:
    return SimpleNamespace(name=name, kind=kind, output_shape=(None, 8), n_parameters=n_parameters, inputs=inputs)


def every_figure(name: str, theme: palette.Theme) -> list[go.Figure]:
    history = [{"epoch": 1, "loss": 2.0, name: 1.0}, {"epoch": 2, "loss": 1.0, name: 1.5}]
    return [
        curves.curves({name: history}, theme=theme),
        curves.curves({name: history, "other": history}, theme=theme),
        bars.words_for_and_against([name, name], [0.5, -0.1], ["97 %", "99 %"], theme=theme),
        bars.frequent_words([(name, 5)], theme=theme, title=name),
        bars.usage_bars({name: 10}, theme=theme),
        heatmap.similarity_heatmap(np.eye(2), [name, name], theme=theme, title=name),
        confusion.confusion_matrix(np.array([[3, 1], [0, 2]]), [name, name], theme=theme, noun="texts"),
        ratings.rating_histogram(np.array([1.0, 2, 2]), theme=theme),
        ratings.popularity_tail(np.array([5, 1, 1]), theme=theme),
        ratings.sparsity(np.array([0]), np.array([1]), 2, 2, theme=theme),
        network.network_diagram([layer(name, name, 5)], theme=theme),
    ]


def texts_of(figure: go.Figure) -> str:
    return json.dumps(figure.to_plotly_json(), default=lambda value: np.asarray(value).tolist(), ensure_ascii=False)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_names_never_become_markup_and_the_ground_is_transparent(theme: palette.Theme):
    for figure in every_figure(EVIL, theme):
        text = texts_of(figure)
        assert not any(piece in text for piece in ("<img", "<a ", "<b>x", "$q", "% {x}", "{x} &"))
        assert figure.layout.paper_bgcolor == figure.layout.plot_bgcolor == palette.CLEAR
        assert figure.layout.font.color == palette.TEXT[theme]


def test_escaped_text_is_one_line_and_short():
    assert plotly_text("<b>&") == "&lt;b&gt;&amp;"
    assert plotly_text("a\nb\u202e") == "a b"
    assert plotly_text("x" * 100, 10) == "x" * 9 + "…"
    assert plotly_text(7) == "7"


def luminance(color: str) -> float:
    channels = np.array([int(color[start : start + 2], 16) / 255 for start in (1, 3, 5)])
    linear = np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)
    return float(linear @ [0.2126, 0.7152, 0.0722])


def contrast(one: str, other: str) -> float:
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize(("theme", "ground"), [("light", "#FFFFFF"), ("dark", "#0E1117")])
def test_colors_stand_out_from_the_ground(theme: palette.Theme, ground: str):
    assert all(contrast(color, ground) >= 3 for color in palette.CATEGORIES[theme])
    assert contrast(palette.TEXT[theme], ground) >= 7
    assert contrast(palette.MUTED[theme], ground) >= 3


# Machado, Oliveira, Fernandes (2009), severity 1: how red- and green-blind people see linear RGB.
PROTANOPIA = [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]]
DEUTERANOPIA = [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]]


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("sight", [np.eye(3), np.array(PROTANOPIA), np.array(DEUTERANOPIA)])
def test_the_first_four_colors_differ_for_everybody(theme: palette.Theme, sight: np.ndarray):
    seen = []
    for color in palette.CATEGORIES[theme][:4]:
        channels = np.array([int(color[start : start + 2], 16) / 255 for start in (1, 3, 5)])
        linear = np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)
        seen.append(np.cbrt(np.clip(sight @ linear, 0, 1)))
    assert min(np.linalg.norm(a - b) for row, a in enumerate(seen) for b in seen[:row]) > 0.1


def test_long_names_of_curves_are_in_a_legend_and_leave_room_for_the_lines():
    history = [{"epoch": epoch, "Validation RMSE of one sample": 1.0 / epoch} for epoch in (1, 2)]
    at_ends = curves.curves({"run": history})
    below = curves.curves({"run": history}, most_label_letters=18)
    assert (at_ends.layout.showlegend, len(at_ends.layout.annotations)) == (False, 1)
    assert at_ends.layout.margin.r > 200
    assert (below.layout.showlegend, len(below.layout.annotations)) == (True, 0)
    assert (below.layout.margin.r or 0) < 100


def test_curves_label_their_ends_and_leave_out_what_is_not_finite():
    history = [{"epoch": 1, "loss": 3.0, "val": 3.0}, {"epoch": 2, "loss": float("nan"), "val": 1.0}]
    figure = curves.curves({"run": history})
    assert [(trace.name, list(trace.x), list(trace.y)) for trace in figure.data] == [
        ("loss", [1], [3]),
        ("val", [1, 2], [3, 1]),
    ]
    assert sorted(note.text for note in figure.layout.annotations) == ["loss", "val"]
    assert len(curves.curves({}).data) == len(curves.curves({"run": []}).data) == 0


def test_ends_that_meet_are_labeled_apart():
    history = [{"epoch": 1, "a": 0.0, "b": 0.0}, {"epoch": 2, "a": 1.0, "b": 1.0}]
    heights = [note.y for note in curves.curves({"run": history}).layout.annotations]
    assert abs(heights[0] - heights[1]) > 0.05


def test_several_runs_are_named_once_and_metrics_are_chosen():
    history = [{"epoch": 1, "loss": 3.0, "val": 2.0}]
    figure = curves.curves({"one": history, "two": history}, ["val"])
    assert [trace.name for trace in figure.data] == ["one", "two"]
    assert figure.data[0].line.color != figure.data[1].line.color


def test_equal_names_keep_their_own_bars_the_first_on_top():
    figure = bars.frequent_words([("Heat", 9), ("Heat", 8)])
    assert list(figure.data[0].y) == [0, 1]
    assert list(figure.layout.yaxis.ticktext) == ["Heat", "Heat"]
    assert figure.layout.yaxis.autorange == "reversed"
    assert list(figure.data[0].text) == ["9", "8"]


def test_no_bars_is_no_error():
    assert bars.frequent_words([]).data[0].x == ()
    assert bars.usage_bars({}).data[0].x == ()


@pytest.mark.parametrize(
    ("size", "text"), [(0, "0 bytes"), (999, "999 bytes"), (1500, "1.5 kB"), (2e9, "2.0 GB"), (3e15, "3000.0 TB")]
)
def test_sizes_are_readable(size: float, text: str):
    assert bars.readable_bytes(size) == text


def test_the_histogram_counts_each_value():
    (bar,) = ratings.rating_histogram(np.array([5, 1, 5, 3.5])).data
    assert (list(bar.x), list(bar.y)) == ([1, 3.5, 5], [1, 1, 2])
    (bar,) = ratings.rating_histogram(np.arange(1000.0)).data
    assert len(bar.x) == 30
    assert sum(bar.y) == 1000


def test_the_tail_is_ranked_and_says_where_half_lies():
    figure = ratings.popularity_tail(np.array([1, 0, 10, 2, 2]))
    assert (list(figure.data[0].x), list(figure.data[0].y)) == ([1, 2, 3, 4], [10, 2, 2, 1])
    assert figure.layout.annotations[0].text == "half of all ratings: the top 1 of 4"
    assert len(ratings.popularity_tail(np.arange(1, 100_000)).data[0].x) <= 1000
    assert len(ratings.popularity_tail(np.zeros(3, int)).data) == 0


def test_the_sparse_picture_is_as_empty_as_the_table():
    users, items = np.nonzero(np.random.default_rng(0).random((600, 900)) < 0.1)
    assert ratings.sampled_table(users, items, 600, 900, (60, 120)).shape == (60, 120)
    assert ratings.sampled_table(users, items, 600, 900, (60, 120)).mean() == pytest.approx(0.1, abs=0.015)
    small = ratings.sampled_table(np.array([0, 1]), np.array([2, 0]), 2, 3, (60, 120))
    assert small.tolist() == [[0, 0, 1], [1, 0, 0]]
    assert ratings.sparsity(np.array([0, 1]), np.array([2, 0]), 2, 3).layout.title.text.startswith("33.33%")


def test_the_network_runs_from_top_to_bottom():
    layers = [
        layer("user", "InputLayer"),
        layer("item", "InputLayer"),
        layer("user_factors", "Embedding", 80, ("user",)),
        layer("item_factors", "Embedding", 120, ("item",)),
        layer("dot", "Dot", 0, ("user_factors", "item_factors")),
    ]
    figure = network.network_diagram(layers)
    places = {note.text.split("</b>")[0].removeprefix("<b>"): note for note in figure.layout.annotations if note.text}
    assert [places[name].y for name in ("user", "user_factors", "dot")] == [0, 1, 2]
    assert places["dot"].x == 0
    assert "120 parameters" in places["item_factors"].text
    assert "any \u00d7 8" in places["dot"].text
    assert len([note for note in figure.layout.annotations if not note.text]) == 4


def test_a_network_that_names_unknown_or_circular_inputs_is_drawn():
    assert len(network.network_diagram([layer("a", inputs=("b", "zzz")), layer("b", inputs=("a",))]).layout.shapes) == 2
    assert len(network.network_diagram([]).data) == 0


def test_a_heatmap_keeps_a_row_for_each_name_and_one_scale():
    trace, numbers = heatmap.similarity_heatmap(np.array([[1, 0.2], [0.2, 1]]), ["same", "same"]).data
    assert (trace.zmin, trace.zmax) == (-1, 1)
    assert list(trace.x) == list(trace.y) == [0, 1]
    assert list(numbers.text) == ["1.00", "0.20", "0.20", "1.00"]


def test_a_large_heatmap_writes_no_numbers_and_stays_readable():
    n = heatmap.MOST_WITH_VALUES + 1
    figure = heatmap.similarity_heatmap(np.eye(n), [f"{row} with a name much too long to stand" for row in range(n)])
    assert len(figure.data) == 1
    assert max(map(len, figure.layout.yaxis.ticktext)) <= 24
    assert figure.data[0].customdata[0][1].startswith("0 with a name much too long to stand and 1 with")


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_numbers_stand_out_on_every_color_of_a_heatmap(theme: palette.Theme):
    stops = [(2 * at - 1, color) for at, color in palette.DIVERGING[theme]]
    for cosine in np.linspace(-1, 1, 41):
        channels = [
            np.interp(cosine, [at for at, _ in stops], [int(color[i : i + 2], 16) for _, color in stops])
            for i in (1, 3, 5)
        ]
        ground = luminance("#" + "".join(f"{round(channel):02X}" for channel in channels))
        ink = luminance(heatmap.similarity_heatmap(np.array([[cosine]]), ["a"], theme=theme).data[1].textfont.color[0])
        assert (max(ground, ink) + 0.05) / (min(ground, ink) + 0.05) >= 3.5, cosine


def test_a_confusion_matrix_is_colored_by_shares_with_mistakes_apart():
    figure = confusion.confusion_matrix(np.array([[9, 1], [0, 0]]), ["ham", "spam"])
    cells, texts = figure.data
    assert np.asarray(cells.z).tolist() == [[0.9, -0.1], [0.0, 0.0]]
    assert list(texts.text) == ["9", "1", "0", "0"]
    assert "ham predicted as spam: 1 documents" in np.asarray(cells.customdata).ravel().tolist()


@pytest.mark.parametrize(("chosen", "side"), [pytest.param(2, "left", id="early"), pytest.param(9, "right", id="late")])
def test_the_chosen_epoch_is_marked_where_no_name_of_a_line_is(chosen, side):
    history = [{"epoch": epoch, "loss": 1 / epoch} for epoch in range(1, 11)]
    figure = curves.curves({"run": history}, chosen=chosen)
    mark = next(each for each in figure.layout.annotations if each.yref == "paper")
    assert (mark.text, mark.xanchor, mark.yanchor) == (f"chosen: epoch {chosen}", side, "bottom")
    assert figure.layout.shapes[0].x0 == chosen
    assert not curves.curves({"run": history}).layout.shapes


def test_names_at_the_ends_of_curves_stand_beyond_the_last_epoch():
    figure = curves.curves({"run": [{"epoch": 1, "loss": 2.0}, {"epoch": 20, "loss": 1.0}]})
    assert tuple(figure.layout.xaxis.range) == (0, 20)


def test_long_kinds_of_layers_are_whole_where_there_is_room():
    chain = [layer("a"), layer("b", "GlobalAveragePooling1D", 0, ("a",))]
    assert "GlobalAveragePooling1D," in network.network_diagram(chain).layout.annotations[1].text
    beside = [*chain, layer("c"), layer("d")]
    assert "GlobalAveragePooling1D" not in network.network_diagram(beside).layout.annotations[1].text


def test_keys_are_counted_by_the_tenth_of_their_share():
    figure = keys_by_share(np.array([0.0, 0.05, 0.3, 0.3, 0.99, 1.0, np.nan], np.float32))
    assert list(figure.data[0].y) == [2, 0, 0, 2, 0, 0, 0, 0, 0, 2]


def test_a_title_of_an_axis_given_as_text_is_as_large_as_the_rest():
    figure = palette.new_figure("light", xaxis={"title": "Epoch"})
    assert (figure.layout.xaxis.title.text, figure.layout.xaxis.title.font.size) == ("Epoch", 15)
    assert figure.layout.yaxis.title.font.size == 15


def test_a_network_is_laid_out_in_as_many_updates_whatever_its_size(monkeypatch: pytest.MonkeyPatch):
    updates = []
    update = go.Figure.update_layout
    monkeypatch.setattr(
        go.Figure, "update_layout", lambda *given, **named: updates.append(0) or update(*given, **named)
    )
    for name in ("add_shape", "add_annotation"):
        monkeypatch.delattr(go.Figure, name)
    seen = []
    for n_layers in (2, 20):
        updates.clear()
        chain = [layer(str(place), inputs=(str(place - 1),)) for place in range(n_layers)]
        assert len(network.network_diagram(chain).layout.shapes) == n_layers
        seen.append(len(updates))
    assert seen[0] == seen[1]
