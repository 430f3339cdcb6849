"""The map's JavaScript modules on their own: names by zoom, palettes, legends, layers. No server is needed."""

from __future__ import annotations

from pathlib import Path

import pytest

from embedlab.figures.map.colors import CATEGORY_COLORS

STATIC = Path(__file__).resolve().parents[2] / "embedlab" / "ui" / "static"
ORIGIN = "http://modules.test"
TYPES = {".js": "text/javascript", ".css": "text/css"}
LIGHT = (
    "{dark: false, background: '#fcfcfa', other: '#a4acb3', categories: CATEGORIES, sequence: ['#000000', '#ffffff']}"
)
OKABE = (
    "['#0072b2','#cc7a00','#00855f','#c4629a','#c94f00','#3397cf','#8a6d00','#5e3c99','#7a1f4b','#38988b','#8a8a28',"
    "'#332288']"
)
DARK = (
    "['#4da3e6','#f2b134','#2fc79b','#e79ac6','#f47c3c','#9ad4f7','#f0e442','#b79ce8','#de7fae','#7fd9c8','#c9cc5a',"
    "'#8f8cf0']"
)


@pytest.fixture(scope="module")
def run(chromium):
    """Evaluate a function body with the modules of the map."""
    page = chromium.new_page()

    def serve(route) -> None:
        path = STATIC / route.request.url.removeprefix(f"{ORIGIN}/")
        if path.is_file():
            route.fulfill(body=path.read_bytes(), content_type=TYPES[path.suffix])
        else:
            route.fulfill(body="<!doctype html><body></body>", content_type="text/html")

    page.route(f"{ORIGIN}/**", serve)
    page.goto(f"{ORIGIN}/")

    def evaluate(body: str):
        names = ("label_plan", "palettes", "colors", "emphasis", "legend", "cluster_view", "overlay", "shapes", "data")
        names += ("density", "draw_order", "label_emphasis")
        loads = "\n".join(f"const {name} = await import('{ORIGIN}/map/{name}.js');" for name in names)
        return page.evaluate(
            f"async () => {{ {loads} const CATEGORIES = {OKABE}; const theme = {LIGHT}; {{ {body} }} }}"
        )

    yield evaluate
    page.close()


_PLAN = """
  let state = 11;
  const random = () => (state = (state * 16807) % 2147483647) / 2147483647;
  const n = 3000;
  const points = Float32Array.from({ length: 2 * n }, () => random() + random() + random());
  // 12 coarse names, 36 finer and 108 finest ones around them, as crowded as on a real map.
  const groups = [];
  for (let g = 0; g < 156; g += 1) {
    const layer = g < 12 ? 0 : g < 48 ? 1 : 2;
    const near = layer ? groups[g % 12].at : null;
    const at = [0, 1].map((axis) => (near ? near[axis] + 0.4 * (random() - 0.5) : 3 * random()));
    groups.push({ at, layer, width: 60 + 120 * random(), height: 23 - 3 * layer });
  }
  const sizeOf = (i) => [20 + 7 * (i % 9), 16];
  const order = Array.from({ length: n }, (_, i) => i);
  const plan = new label_plan.LabelPlan(points, 660, 600, order, sizeOf, groups);
  const scales = Array.from({ length: 70 }, (_, at) => plan.home * 2 ** (at / 11 - 0.7));
  const overlaps = (a, b) => a[0] < b[0] + b[2] && b[0] < a[0] + a[2] && a[1] < b[1] + b[3] && b[1] < a[1] + a[3];
  const nOverlaps = scales.map((scale) => {
    const names = plan.groupsAt(scale).map((g) => {
      const { at, width, height } = groups[g];
      return [at[0] * scale - width / 2, -at[1] * scale - height / 2 + plan.groupShift[g], width, height];
    });
    const labels = plan.at(scale).map((i) => [points[2 * i] * scale + 6, -points[2 * i + 1] * scale - 8, ...sizeOf(i)]);
    let count = 0;
    names.forEach((a, at) => {
      for (const b of names.slice(0, at)) count += overlaps(a, b);
      for (const b of labels) count += overlaps(a, b);
    });
    // Labels only move apart, so the most crowded scales are the first ones.
    if (labels.length < 700) labels.forEach((a, at) => labels.slice(0, at).forEach((b) => (count += overlaps(a, b))));
    return count;
  });
  // Each label is shown in one interval of scales.
  const intervals = groups.map((_, g) => scales.map((scale) => Number(plan.groupsAt(scale).includes(g))).join(''));
  let vanished = 0;
  scales.slice(1).forEach((scale, at) => {
    const now = new Set(plan.at(scale));
    vanished += plan.at(scales[at]).filter((i) => !now.has(i)).length;
  });
  const layersAt = (factor) => {
    const shown = plan.groupsAt(factor * plan.home).map((g) => groups[g].layer);
    return [0, 1, 2].map((layer) => shown.filter((each) => each === layer).length);
  };
  const direct = new label_plan.LabelPlan(points, 660, 600, order, sizeOf, groups);
  const same = JSON.stringify(direct.at(scales[40])) === JSON.stringify(plan.at(scales[40]));
  const torn = intervals.filter((text) => /10+1/.test(text)).length;
  return { nOverlaps, torn, vanished, same, layers: [1, 2.5, 6].map(layersAt), far: layersAt(30) };
"""


def test_names_never_overlap_and_each_has_one_interval_of_scales(run):
    found = run(_PLAN)
    assert set(found["nOverlaps"]) == {0}
    assert (found["torn"], found["vanished"], found["same"]) == (0, 0, True)
    # Coarse names far out, finer ones nearer, and none in the details.
    (coarse, none, no_fine), middle, near = found["layers"]
    assert coarse >= 8
    assert (none, no_fine, middle[2], near[0]) == (0, 0, 0, 0)
    assert middle[1] >= 10
    assert near[2] >= 20
    assert found["far"] == [0, 0, 0]


def test_overlap_of_two_labels_has_a_closed_form(run):
    # Anchors 2 apart, boxes 10 wide: they overlap until 2 * scale = 10. One 5 lower never meets a box of height 4.
    assert run("return label_plan.overlapInterval([0, 0, 0, 0, 10, 4], [2, 0, 0, 0, 10, 4])") == [0, 5]
    assert run("return label_plan.overlapInterval([0, 0, 0, 0, 10, 4], [2, 0, 0, 5, 10, 4])") is None
    # Moved down by 20, the first one meets the second only while zooming in: 16 < 4 * scale < 24.
    assert run("return label_plan.overlapInterval([0, 0, 0, 20, 10, 4], [0, 4, 0, 0, 10, 4])") == [4, 6]


@pytest.mark.parametrize("palette", ["okabe-ito", "tol", "generated"])
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_colors_differ_for_everybody(run, palette, dark):
    least = run(
        f"""
        const shown = {{ ...theme, dark: {str(dark).lower()}, background: {"'#11161c'" if dark else "'#fcfcfa'"},
              categories: {DARK if dark else OKABE} }};
        const leastOf = (n) => {{
          const colors = palettes.categoryColors(n, shown, '{palette}');
          const others = (a, at) => colors.slice(0, at).map((b) => palettes.colorDistance(a, b));
          return [Math.min(...colors.flatMap(others)), new Set(colors).size];
        }};
        return [12, 30].map(leastOf);
        """
    )
    # A difference of 0.02 in OKLab is about the smallest that people notice.
    assert least[0][0] > 0.03
    assert least[1][0] > 0.02
    assert [n for _, n in least] == [12, 30]


def test_saved_pages_have_the_colors_of_the_map(run):
    assert run("return palettes.categoryColors(30, theme)") == list(CATEGORY_COLORS)


def test_five_hundred_categories_have_as_many_colors(run):
    assert run("return new Set(palettes.categoryColors(500, theme)).size") == 500


def test_color_distance_knows_color_blindness(run):
    # Red and green of the same lightness differ for normal vision, and hardly for deuteranopia.
    assert run("return palettes.colorDistance('#000000', '#ffffff')") == pytest.approx(1, abs=0.01)
    red_green, blue_orange = run(
        "return [['#d4564a', '#8a8a2e'], ['#0072b2', '#cc7a00']].map(([a, b]) => palettes.colorDistance(a, b))"
    )
    assert red_green < 0.1 < blue_orange


def test_parts_of_a_cluster_have_colors_like_its_own(run):
    near, far, distinct = run(
        """
        const colors = palettes.categoryColors(6, theme, 'okabe-ito', [0, 0, 0, 1, 1, 1]);
        const hue = (color) => { const [, a, b] = palettes.oklab(color); return Math.atan2(b, a); };
        const apart = (a, b) => {
          const difference = Math.abs(hue(a) - hue(b)) % (2 * Math.PI);
          return Math.min(difference, 2 * Math.PI - difference);
        };
        return [Math.max(...[0, 1, 2].map((at) => apart(colors[at], CATEGORIES[0]))),
          Math.min(...[0, 1, 2].map((at) => apart(colors[at], CATEGORIES[1]))), new Set(colors).size];
        """
    )
    assert near < 0.5 < far
    assert distinct == 6


_COLUMN = """
  // Films: Drama and Crime, Crime, Comedy, none, something rare.
  const rest = { n_other: 1, n_missing: 1, other_code: 254, missing_code: 255 };
  const legend = { kind: 'categories', categories: [['Drama', 1], ['Crime', 2], ['Comedy', 1]], ...rest };
  const further = { rows: new Uint32Array([0]), codes: new Uint16Array([1]) };
  const column = { legend, values: new Uint8Array([0, 1, 2, 255, 254]), further };
  const groups = colors.groupsOf(column, theme, { n_categories: 2 });
  const emphasis_ = new emphasis.Emphasis();
  const paint = () => {
    emphasis_.filter(column);
    const { codes, colors: all, faintFrom } = emphasis_.apply(emphasis_.recolored(groups, column, theme), 5);
    return Array.from(codes ?? [], (code) => [all[code], code >= faintFrom]);
  };
"""


def test_a_chosen_category_includes_further_values_and_gets_a_color(run):
    drama, crime, gray = OKABE.split("'")[1], OKABE.split("'")[3], "#a4acb3"
    first, by_crime, by_comedy, both, none = run(
        _COLUMN
        + """
        const first = paint();
        emphasis_.chooseCategory(1, false);
        const byCrime = paint();
        emphasis_.chooseCategory(2, false);
        const byComedy = paint();
        emphasis_.chooseCategory(1, true);
        const both = paint();
        emphasis_.chooseCategory(1, false);
        emphasis_.chooseCategory(1, false);
        return [first, byCrime, byComedy, both, paint()];
        """
    )
    assert [color for color, _ in first] == [drama, crime, gray, gray, gray]
    # The first film is a crime film too.
    assert by_crime == [[crime, False], [crime, False], [gray, True], [gray, True], [gray, True]]
    assert [is_faint for _, is_faint in by_comedy] == [True, True, False, True, True]
    assert by_comedy[2][0] not in {drama, crime, gray}
    assert [is_faint for _, is_faint in both] == [False, False, False, True, True]
    assert none == first


def test_five_hundred_categories_have_codes_of_two_bytes(run):
    kinds = run(
        """
        const categories = Array.from({ length: 500 }, (_, at) => [`c${at}`, 1]);
        const legend = { kind: 'categories', categories, other_code: 65534, missing_code: 65535 };
        const column = { legend, values: Uint16Array.from({ length: 502 }, (_, at) => (at < 500 ? at : 65034 + at)) };
        const all = colors.groupsOf(column, theme, { n_categories: 500 });
        const few = colors.groupsOf(column, theme, { n_categories: 12 });
        const described = ({ codes }, start, end) => [codes.constructor.name, Array.from(codes.slice(start, end))];
        return [...described(all, 498), all.colors.length, ...described(few, 10, 14)];
        """
    )
    assert kinds == ["Uint16Array", [498, 499, 500, 501], 502, "Uint8Array", [10, 11, 12, 12]]


def test_numbers_of_both_signs_have_a_middle_color(run):
    codes, n = run(
        """
        const legend = { kind: 'numbers', min: -1, max: 4, middle: 0, log: false };
        const found = colors.groupsOf({ legend, values: new Float32Array([0, -4, 4, -1, NaN]) }, theme, {});
        return [Array.from(found.codes), found.nColored];
        """
    )
    assert (codes, n) == ([5, 0, 10, 4, 11], 11)


def test_numbers_beyond_the_reach_of_the_colors_have_the_last_color(run):
    codes = run(
        """
        const legend = { kind: 'numbers', min: -9, max: 30, middle: 0, reach: 2, log: false };
        const found = colors.groupsOf({ legend, values: new Float32Array([0, -9, 30, -2, 2, NaN]) }, theme, {});
        return Array.from(found.codes);
        """
    )
    assert codes == [5, 0, 10, 0, 10, 11]


def test_faint_points_are_fainter_on_the_densest_map_too(run):
    found = run(
        """
        const groups = { nColored: 1, faintFrom: 1 };
        return [100, 10_000, 100_000, 1_000_000, 10_000_000].map((n) => {
          const { opacity } = density.pointStyle(n, 700, 600, true);
          return density.groupOpacity(1, groups, opacity) / density.groupOpacity(0, groups, opacity);
        });
        """
    )
    assert max(found) <= 0.25


def test_one_list_shows_color_and_shape_of_the_same_column(run):
    found = run(
        """
        const categories = [['image', 5], ['name', 2]];
        const legend_ = { kind: 'categories', categories, other_code: 254, missing_code: 255 };
        const column = { legend: legend_, values: new Uint8Array(7) };
        const fill = (shapes) => {
          const node = document.createElement('div');
          legend.fillLegend(node, 'kind', column, theme, {
            isPressed: () => false, onPress: () => {}, look: { n_categories: 12, shape: 'kind' },
            groups: colors.groupsOf(column, theme, { n_categories: 12 }), shapes,
          });
          const swatches = [...node.querySelectorAll('button .swatch')];
          return [node.querySelectorAll('.title').length, swatches.map((each) => each.textContent)];
        };
        return { same: fill(column), other: fill({ ...column }), none: fill(null) };
        """
    )
    assert found == {"same": [1, ["●", "■"]], "other": [2, ["", ""]], "none": [1, ["", ""]]}


def test_the_legend_filters_searches_and_walks_by_keyboard(run):
    found = run(
        """
        // The last one has no points on an isolated map, and no button.
        const categories = Array.from({ length: 41 }, (_, at) => [`<b>name ${at}</b>`, 40 - at]);
        const legend_ = { kind: 'categories', categories, other_code: 254, missing_code: 255, n_categories: 90 };
        const column = { legend: legend_, values: new Uint8Array(40) };
        const node = document.createElement('div');
        document.body.append(node);
        const pressed = new Set();
        const calls = [];
        legend.fillLegend(node, 'Genre', column, theme, {
          isPressed: (code) => pressed.has(code),
          onPress: (code, isAdded) => { calls.push([code, isAdded]); pressed.add(code); },
          look: { n_categories: 12 }, groups: colors.groupsOf(column, theme, { n_categories: 12 }),
        });
        const buttons = [...node.querySelectorAll('button')];
        buttons[3].click();
        buttons[5].dispatchEvent(new MouseEvent('click', { shiftKey: true }));
        const isPressed = (each) => each.getAttribute('aria-pressed') === 'true';
        const states = buttons.filter(isPressed).map((each) => Number(each.dataset.code));
        const key = (target, key_) => target.dispatchEvent(new KeyboardEvent('keydown', { key: key_, bubbles: true }));
        buttons[0].focus();
        key(buttons[0], 'ArrowDown');
        key(document.activeElement, 'End');
        key(document.activeElement, 'ArrowUp');
        const walked = Number(document.activeElement.dataset.code);
        const input = node.querySelector('input');
        input.value = 'NAME 3';
        input.dispatchEvent(new Event('input'));
        const shown = buttons.filter((each) => !each.parentNode.hidden).length;
        input.value = 'nothing has this name';
        input.dispatchEvent(new Event('input'));
        const none = node.querySelector('.none').textContent;
        input.value = '';
        input.dispatchEvent(new Event('input'));
        const cleared = node.querySelector('.none').textContent;
        const { placeholder } = input;
        const [markup, text] = [node.querySelectorAll('b').length, buttons[0].textContent];
        return { n: buttons.length, calls, states, walked, shown, none, cleared, placeholder, markup, text };
        """
    )
    assert found["calls"] == [[3, False], [5, True]]
    assert found["states"] == [3, 5]
    assert (found["n"], found["walked"]) == (40, 38)
    # 3 and 30 to 39.
    assert (found["shown"], found["placeholder"]) == (11, "Search 90 categories")
    assert (found["none"], found["cleared"]) == ("Nothing found", "")
    # Markup in names is text.
    assert (found["markup"], found["text"]) == (0, "<b>name 0</b>40")


def test_a_finer_name_that_repeats_the_coarser_one_replaces_it(run):
    found = run(
        """
        const points = Float32Array.from({ length: 200 }, (_, i) => (i * 37) % 101);
        const group = (layer, x, repeats) => ({ at: [x, 50], layer, repeats, width: 60, height: 16 });
        const groups = [group(0, 20, false), group(1, 22, true), group(1, 80, false)];
        const plan = new label_plan.LabelPlan(points, 660, 600, [], () => [20, 16], groups);
        const scales = Array.from({ length: 60 }, (_, at) => plan.home * 2 ** (at / 10 - 1));
        const shown = scales.map((scale) => plan.groupsAt(scale));
        return {
          together: shown.filter((each) => each.includes(0) && each.includes(1)).length,
          repeated: shown.filter((each) => each.includes(1)).length,
          beside: shown.filter((each) => each.includes(0) && each.includes(2)).length,
          names: [["John, David", "John, David, Michael"], ["game", "games, team"], ["film, story", "film, music"]]
            .map(([fine, coarse]) => cluster_view.isRepeated(fine, coarse)),
        };
        """
    )
    assert found["together"] == 0
    assert found["repeated"] > 0
    assert found["beside"] > 0
    assert found["names"] == [True, False, False]


def test_layers_of_clusters_follow_from_the_finest(run):
    found = run(
        """
        const layer = (n, parents) => ({ categories: Array.from({ length: n }, (_, at) => [`${at}`, 1]), parents });
        const layers = new cluster_view.Layers({
          values: new Uint16Array([0, 3, 2, 65535, 1]),
          legend: { missing_code: 65535, layers: [layer(2, []), layer(3, [1, 0, 1]), layer(4, [0, 0, 1, 2])] },
        });
        return [Array.from(layers.codesOf(1)), Array.from(layers.codesOf(0)), layers.rowsOf(0, 1), layers.ancestors(2)];
        """
    )
    assert found == [[0, 2, 1, 65535, 0], [1, 1, 0, 65535, 1], [0, 1, 4], [1, 1, 0, 1]]


def test_names_without_emphasized_points_recede(run):
    found = run(
        """
        const coarse = new Uint16Array([0, 0, 1, 1]);
        const fine = new Uint16Array([0, 1, 2, 3]);
        const map = { clusters: { marked: null }, emphasis: { selected: null } };
        const labels = new label_emphasis.LabelEmphasis(map);
        const look = () => [
          [0, 1, 2, 3].map((row) => labels.isFaint(row)),
          [0, 1].map((group) => labels.isFaintGroup(coarse, group)),
          [0, 1, 2, 3].map((group) => labels.isFaintGroup(fine, group)),
        ];
        const all = look();
        map.emphasis.selected = new Uint8Array([0, 1, 0, 0]);
        const selected = look();
        map.clusters.marked = { group: 1, codes: coarse, all: [2, 3] };
        return [all, selected, look()];
        """
    )
    no, yes = False, True
    assert found == [
        [[no] * 4, [no] * 2, [no] * 4],
        [[yes, no, yes, yes], [no, yes], [yes, no, yes, yes]],
        [[yes, yes, no, no], [yes, no], [yes, yes, no, no]],
    ]


def test_the_order_of_drawing_depends_on_colors_only_where_layers_differ(run):
    found = run(
        """
        const colors = ["red", "blue", "gray"];
        const groups = (codes) => ({ codes: codes && new Uint8Array(codes), colors, nColored: 2, faintFrom: 3 });
        return [null, [0, 1, 0], [2, 2], [0, 2], [3]].map((codes) => draw_order.onlyLayer(
          codes?.[0] === 3 ? { ...groups([1]), faintFrom: 0 } : groups(codes)));
        """
    )
    assert found == [2, 2, 1, -1, 0]


def test_zooming_to_a_cluster_leaves_its_outliers_out(run):
    corners = run(
        """
        const points = new Float32Array(200);
        for (let i = 0; i < 99; i += 1) points.set([i / 98, 2], 2 * i);
        points.set([1000, -1000], 198);
        return cluster_view.cornersOf(Array.from({ length: 100 }, (_, i) => i), points, 2);
        """
    )
    center, low, high = corners
    assert center == pytest.approx([0.5, 2], abs=0.05)
    assert low == pytest.approx([0.05, 2], abs=0.05)
    assert high == pytest.approx([0.95, 2], abs=0.05)


def test_labels_of_the_last_frame_come_first(run):
    assert run("return overlay.first([5, 1, 4, 2], new Set([4, 1, 9]), (each) => each)") == [1, 4, 5, 2]
    assert run("return overlay.first([5, 1], undefined, (each) => each)") == [5, 1]


def test_shapes_are_those_of_the_most_frequent_values(run):
    shapes = run(
        """
        const legend = { kind: 'categories', categories: [['a', 3], ['b', 2]] };
        const column = { legend, values: new Uint8Array([1, 0, 255, 1]) };
        return [Array.from(shapes.shapesOf(column)), shapes.shapesOf(undefined)];
        """
    )
    assert shapes == [[1, 0, 0, 1], None]


def test_the_groups_of_a_file_are_those_that_are_seen(run):
    plain, pressed, selected, numbers, grid = run(
        _COLUMN
        + """
        const page = await import(`${location.origin}/map/picture/page.js`);
        const seen = () => {
          emphasis_.filter(column);
          const applied = emphasis_.apply(emphasis_.recolored(groups, column, theme), 5);
          const found = page.groupsFor(column, applied, emphasis_.categories, 0.8, 0.5);
          const codes = applied.codes ?? groups.codes;
          const parts = ({ name, color, state, opacity }) => [name, color, state, opacity];
          return Array.from(codes, (code) => parts(found[code]));
        };
        const plain = seen();
        emphasis_.chooseCategory(2, false);
        const pressed = seen();
        emphasis_.chooseCategory(2, false);
        emphasis_.show(new Uint8Array([1, 0, 0, 0, 0]));
        const selected = seen();
        const scale = { legend: { kind: 'numbers', min: 0, max: 1 }, values: new Float32Array([0, NaN]) };
        const steps = colors.groupsOf(scale, theme, {});
        const numbers = page.namesOf(scale, { ...steps, faintFrom: steps.colors.length }).map(({ name }) => name);
        const square = { legend: { kind: 'grid' }, values: new Uint8Array([8, 255]) };
        const cells = colors.groupsOf(square, theme, {});
        const grid = page.namesOf(square, { ...cells, faintFrom: cells.colors.length }).map(({ name }) => name);
        return [plain, pressed, selected, numbers, grid.slice(-2)];
        """
    )
    drama, crime, gray = OKABE.split("'")[1], OKABE.split("'")[3], "#a4acb3"
    assert [each[:3] for each in plain] == [
        ["Drama", drama, "shown"],
        ["Crime", crime, "shown"],
        ["other", gray, "shown"],
        ["missing", gray, "shown"],
        ["other", gray, "shown"],
    ]
    assert plain[0][3] == pytest.approx(0.4), "as faint as all points are behind a pick"
    # Comedy has a color of its own once it is chosen, and the others are one click in the legend away, not faint.
    assert [(name, state) for name, _, state, _ in pressed] == [
        ("Drama", "hidden"),
        ("Crime", "hidden"),
        ("Comedy", "shown"),
        ("missing", "hidden"),
        ("other", "hidden"),
    ]
    assert pressed[0][3] == pytest.approx(0.4)
    assert [state for _, _, state, _ in selected] == ["shown", "faint", "faint", "faint", "faint"]
    assert selected[1][3] < 0.1
    assert numbers == ["", "", "missing"]
    assert grid == ["many false, many missing neighbors", "not measured"]


def test_a_sample_keeps_the_picked_point(run):
    few, many = run(
        """
        const page = await import(`${location.origin}/map/picture/page.js`);
        return [Array.from(page.sampleOf(5, 10, 3)), Array.from(page.sampleOf(1000, 10, 500))];
        """
    )
    assert few == [0, 1, 2, 3, 4]
    assert (len(many), many[0], many[-1], 500 in many, many == sorted(many)) == (10, 0, 999, True, True)


def test_exported_images_have_the_shapes_of_the_points(run):
    svg, pixels = run(
        """
        const { pointsInPicture } = await import(`${location.origin}/map/picture/points.js`);
        const { svgText } = await import(`${location.origin}/map/picture/svg.js`);
        const { drawPointsAndPictures, newCanvas } = await import(`${location.origin}/map/picture/canvas.js`);
        const view = { matrix: [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1], width: 60, height: 60 };
        const points = new Float32Array([-0.5, 0, 0, 0, 0.5, 0]);
        const groups = { codes: null, colors: ['#ff0000'], nColored: 1, faintFrom: 1 };
        const drawn = pointsInPicture(view, points, 2, groups, null, 20, new Uint8Array([0, 1, 5]));
        const look = { background: '#fff', groups, opacity: 1, shade: 0.5, shapes: [] };
        const picture = { title: 't', width: 60, height: 60, points: drawn, ...look };
        const canvas = newCanvas(picture, 1);
        drawPointsAndPictures(canvas, picture);
        const alpha = (x, y) => canvas.getContext('2d').getImageData(x, y, 1, 1).data[3];
        return [svgText(picture), [alpha(15, 30), alpha(22, 22), alpha(7, 22), alpha(45, 30)]];
        """
    )
    assert svg.count("<circle") == 2
    assert 'fill="none" stroke-width="1"' in svg
    assert '<path d="M21.0 21.0h18.0v18.0h-18.0Z"/>' in svg
    center, corner_of_square, corner_of_circle, center_of_ring = pixels
    assert center == pytest.approx(128, abs=2), "the opacity of all points"
    assert (corner_of_square > 100, corner_of_circle < 20, center_of_ring) == (True, True, 0)
