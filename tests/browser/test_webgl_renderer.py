"""The WebGL renderer and its cameras, without a server of the app: pictures are read back pixel by pixel."""

from __future__ import annotations

import math
from collections.abc import Iterator

import pytest

from tests.browser.modules import static_server

# Two disjoint modules share these: a renderer with given points, and the color at a pixel of its canvas.
_HELPERS = """
const { WebglRenderer, MOST_MOVING } = await import("/map/webgl_renderer.js");
const { PlaneCamera, OrbitCamera } = await import("/map/camera.js");
const { drawOrder, sampleRanges, strideOf } = await import("/map/draw_order.js");
const geometry = await import("/map/geometry.js");
const host = document.querySelector(".embedlab-map");
const COLORS = ["#ff0000", "#0000ff", "#00aa00", "#888888"];
const random = (() => { let s = 7; return () => (s = (s * 16807) % 2147483647) / 2147483647; })();
const groupsOf = (codes, more = {}) => ({ codes, colors: COLORS, nColored: 3, faintFrom: 4, ...more });
const make = async (points, d, groups, size = 12, opacity = 1) => {
  const renderer = new WebglRenderer(host, d);
  renderer.setPoints(points);
  renderer.setGroups(groups, null, size, opacity);
  await renderer.draw();
  return renderer;
};
const colorAt = (renderer, { x, y }) => {
  const { gl } = renderer;
  const pixel = new Uint8Array(4);
  gl.bindFramebuffer(gl.FRAMEBUFFER, null);
  gl.readPixels(Math.round(x), renderer.node.height - 1 - Math.round(y), 1, 1, gl.RGBA, gl.UNSIGNED_BYTE, pixel);
  return Array.from(pixel);
};
const place = (renderer, i) => geometry.project(renderer.view(), renderer.points, renderer.nComponents, i);
const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const until = async (condition) => {
  for (let i = 0; i < 400 && !condition(); i += 1) await wait(25);
  return condition();
};
"""


@pytest.fixture(scope="module")
def page(chromium) -> Iterator[object]:
    """A page that can import the modules."""
    with static_server() as origin:
        context = chromium.new_context(viewport={"width": 1280, "height": 720})
        page = context.new_page()
        errors: list[str] = []
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.goto(f"{origin}/page")
        yield page
        context.close()
        assert errors == []


def run(page, script: str, argument: object = None):
    """Run the body of a function after the helpers."""
    return page.evaluate(f"async (argument) => {{ {_HELPERS} {script} }}", argument)


def test_plane_camera_zooms_at_the_cursor_and_pans_by_pixels(page):
    found = run(
        page,
        """
        const points = Float32Array.from([0, 0, 10, 0, 10, 6, 3, 2]);
        const camera = new PlaneCamera(points, { width: 800, height: 600 });
        const at = (i) => geometry.project(camera.view(), points, 2, i);
        const before = at(3);
        camera.zoom(3, before.x, before.y);
        const zoomed = [at(3), at(0), at(1)];
        const state = camera.state();
        camera.drag(25, -10);
        const dragged = at(3);
        camera.restore(state);
        camera.flyTo([[10, 6]]);
        const flown = at(2);
        camera.resize({ width: 400, height: 300 });
        return { before, zoomed, dragged, restored: state, flown, resized: at(2) };
        """,
    )
    before, (fixed, left, right) = found["before"], found["zoomed"]
    assert (fixed["x"], fixed["y"]) == pytest.approx((before["x"], before["y"]))
    assert (found["dragged"]["x"], found["dragged"]["y"]) == pytest.approx((before["x"] + 25, before["y"] - 10))
    # At home, 10 units cover the window without its padding of 84 + 56 pixels.
    assert right["x"] - left["x"] == pytest.approx(3 * (800 - 140))
    assert (found["flown"]["x"], found["flown"]["y"]) == pytest.approx((400, 300))
    assert (found["resized"]["x"], found["resized"]["y"]) == pytest.approx((200, 150))


def test_orbit_camera_keeps_its_target_and_shows_everything(page):
    found = run(
        page,
        """
        const points = Float32Array.from({ length: 3000 }, () => random() * 4 + 7);
        const camera = new OrbitCamera(points, { width: 800, height: 600 });
        const at = (place) => geometry.project(camera.view(), Float32Array.from(place), 3, 0);
        const outside = [];
        for (let i = 0; i < 1000; i += 1) {
          const p = at(points.subarray(3 * i, 3 * i + 3));
          if (!p || p.x < 0 || p.y < 0 || p.x > 800 || p.y > 600) outside.push(i);
          if (!p || p.depth < -1 || p.depth > 1) throw new Error(`Point ${i} is cut off.`);
        }
        const middle = camera.middle;
        const home = camera.state();
        camera.drag(300, 80);
        const turned = at(middle);
        camera.restore(home);
        // A full turn, in pixels.
        for (let i = 0; i < 8; i += 1) camera.drag((2 * Math.PI) / 0.0075 / 8, 0);
        const around = camera.state();
        camera.drag(0, 1e5);
        const pole = camera.view().matrix.every(Number.isFinite);
        camera.restore(home);
        const target = points.slice(0, 3);
        camera.flyTo([target]);
        const flown = at(target);
        camera.restore(home);
        camera.zoom(2, 250, 450);
        // What was under the cursor at the distance of the center.
        const { eye, center } = camera.state();
        const closer = Math.hypot(eye.x - center.x, eye.y - center.y, eye.z - center.z);
        const distance = Math.hypot(home.eye.x, home.eye.y, home.eye.z);
        // Panels cover 200 pixels on the left and 100 on the right: the middle is between them.
        geometry.setInsets({ left: 200, right: 100, top: 40 });
        camera.home();
        const between = at(middle);
        const wider = camera.state().eye;
        geometry.setInsets({ left: 0, right: 0, top: 0 });
        const further = Math.hypot(wider.x, wider.y, wider.z) / distance;
        return { outside, turned, home, around, pole, flown, ratio: distance / closer, between, further };
        """,
    )
    assert (found["between"]["x"], found["between"]["y"]) == pytest.approx((450, 320))
    assert found["further"] > 1
    # A few outliers must not make all others small.
    assert len(found["outside"]) <= 10
    assert (found["turned"]["x"], found["turned"]["y"]) == pytest.approx((400, 300))
    assert found["around"]["eye"] == pytest.approx(found["home"]["eye"])
    assert found["pole"] is True
    assert (found["flown"]["x"], found["flown"]["y"]) == pytest.approx((400, 300), abs=1e-3)
    assert found["ratio"] == pytest.approx(2)


def test_drawing_order_is_a_permutation_in_layers_and_its_start_a_fair_sample(page):
    found = run(
        page,
        """
        const n = 240007;
        // A tenth has no color, another tenth is faint; rows are sorted by frequency.
        const codes = Uint8Array.from({ length: n }, (_, i) => (i % 10 === 0 ? 3 : i % 10 === 1 ? 4 : i % 3));
        const { order, starts } = drawOrder(n, { codes, colors: [...COLORS, ...COLORS], nColored: 3, faintFrom: 4 });
        const ranges = sampleRanges(starts, 24000);
        const sampled = ranges.flatMap(([, first, count]) => Array.from(order.subarray(first, first + count)));
        const quarterOf = (row) => Math.floor((4 * row) / n);
        const shares = [0, 1, 2, 3].map((quarter) => sampled.filter((row) => quarterOf(row) === quarter).length);
        const visited = (k) => new Set(Array.from({ length: k }, (_, i) => (i * strideOf(k)) % k)).size;
        return {
          isPermutation: Array.from(order).sort((a, b) => a - b).every((row, i) => row === i),
          layers: ranges.map(([layer, , count]) => [layer, count]),
          bottom: [...new Set(Array.from(order.subarray(starts[0], starts[1]), (row) => codes[row]))],
          gray: [...new Set(Array.from(order.subarray(starts[1], starts[2]), (row) => codes[row]))],
          shares, total: sampled.length,
          strides: [1, 2, 3, 10, 1000, 99991].map(visited),
          one: Array.from(drawOrder(3, groupsOf(null)).starts),
        };
        """,
    )
    assert found["isPermutation"] is True
    assert found["bottom"] == [4]
    assert found["gray"] == [3]
    assert [layer for layer, _ in found["layers"]] == [0, 1, 2]
    assert [count / found["total"] for _, count in found["layers"]] == pytest.approx([0.1, 0.1, 0.8], abs=0.001)
    assert [share / found["total"] for share in found["shares"]] == pytest.approx([0.25] * 4, abs=0.01)
    assert found["strides"] == [1, 2, 3, 10, 1000, 99991]
    assert found["one"] == [0, 0, 0, 3, 3]


def test_the_few_points_of_a_rare_shape_are_drawn_over_all_others_unless_they_are_faint(page):
    found = run(
        page,
        """
        const groups = { colors: COLORS, nColored: 3, faintFrom: 2 };
        const codes = Uint8Array.from({ length: 100 }, (_, i) => (i === 7 ? 2 : 0));
        // Two squares, one of them faint, and as many diamonds as circles.
        const shapes = Uint8Array.from({ length: 100 }, (_, i) => (i === 7 || i === 8 ? 1 : 2 * (i % 2)));
        const top = ({ order, starts }) => Array.from(order.subarray(starts[3], starts[4]));
        return [drawOrder(100, { ...groups, codes }, shapes), drawOrder(100, { ...groups, codes: null }, shapes),
                drawOrder(100, { ...groups, codes })].map((found) => top(found).sort());
        """,
    )
    assert found == [[8], [7, 8], []]


def test_a_category_has_its_color_and_faint_points_are_faint(page):
    found = run(
        page,
        """
        // Hundreds of faint points are in the last place.
        const points = Float32Array.from({ length: 600 }, (_, i) => (i % 2 ? 0 : Math.min(i / 2, 4)));
        const codes = Uint8Array.from({ length: 300 }, (_, i) => Math.min(i, 4));
        const colors = [...COLORS, "rgb(255, 0, 0)"];
        const renderer = await make(points, 2, groupsOf(codes, { colors }));
        const first = [0, 1, 2, 3, 4].map((i) => colorAt(renderer, place(renderer, i)));
        // Other colors for the same codes, as after a change of the theme.
        renderer.setGroups(groupsOf(codes, { colors: ["#00ff00", ...colors.slice(1)] }), null, 12, 0.5);
        await renderer.draw();
        const second = [0, 1].map((i) => colorAt(renderer, place(renderer, i)));
        // Codes beyond a byte.
        const many = Array.from({ length: 600 }, (_, code) => (code === 599 ? "#0000ff" : "#ff0000"));
        const wide = Uint16Array.from(codes, (_, i) => [0, 599, 1, 2, 3][Math.min(i, 4)]);
        renderer.setGroups({ codes: wide, colors: many, nColored: 600, faintFrom: 600 }, null, 12, 1);
        await renderer.draw();
        const third = [0, 1].map((i) => colorAt(renderer, place(renderer, i)));
        renderer.destroy();
        return { first, second, third };
        """,
    )
    # Premultiplied by the opacity; gray has 55 % of it, and faint points 13 %, no matter how many are over each other.
    assert found["first"][:3] == [[255, 0, 0, 255], [0, 0, 255, 255], [0, 170, 0, 255]]
    assert found["first"][3][3] == pytest.approx(0.55 * 255, abs=1)
    assert found["first"][4] == pytest.approx([33, 0, 0, 33], abs=1)
    assert found["second"][0] == pytest.approx([0, 127, 0, 127], abs=1)
    assert found["second"][1] == pytest.approx([0, 0, 127, 127], abs=1)
    assert found["third"] == [[255, 0, 0, 255], [0, 0, 255, 255]]


def test_points_have_their_shape(page):
    found = run(
        page,
        """
        const points = Float32Array.from([0, 0, 1, 0, 2, 0, 3, 0, 4, 0, 5, 0]);
        const renderer = await make(points, 2, groupsOf(null), 40);
        renderer.setShapes(Uint8Array.from([0, 1, 2, 3, 4, 5]));
        await renderer.draw();
        // The center, the right, the corner, and halfway to the corner.
        const offsets = [[0, 0], [15, 0], [15, 15], [7, 7]];
        const shown = [0, 1, 2, 3, 4, 5].map((i) => {
          const { x, y } = place(renderer, i);
          return offsets.map(([dx, dy]) => (colorAt(renderer, { x: x + dx, y: y + dy })[3] > 128 ? 1 : 0)).join("");
        });
        renderer.destroy();
        return shown;
        """,
    )
    assert found == ["1101", "1111", "1101", "1100", "1001", "0100"]


@pytest.mark.parametrize("order", [[0, 1], [1, 0]], ids=["near-first", "far-first"])
def test_in_space_the_point_in_front_is_seen_and_picked(page, order):
    found = run(
        page,
        """
        // Corners, so that the camera is known; then a near and a far point on one ray through the center of the view.
        const corners = [];
        for (const x of [-1, 1]) for (const y of [-1, 1]) for (const z of [-1, 1]) corners.push(x, y, z);
        const { eye } = new OrbitCamera(Float32Array.from(corners), { width: 800, height: 600 }).state();
        const length = Math.hypot(eye.x, eye.y, eye.z);
        const onRay = (t) => [(eye.x * t) / length, (eye.y * t) / length, (eye.z * t) / length];
        const pair = [onRay(0.5), onRay(-0.5)];
        const points = Float32Array.from([...corners, ...argument.flatMap((each) => pair[each])]);
        const codes = Uint8Array.from([...Array(8).fill(2), ...argument]);
        const renderer = await make(points, 3, groupsOf(codes));
        const { width, height } = renderer.view();
        const center = { x: width / 2, y: height / 2 };
        const color = colorAt(renderer, center);
        const picked = geometry.nearestProjected(renderer.view(), points, 3, center.x, center.y, 8);
        // From behind, the other one is in front.
        renderer.drag(Math.PI / 0.0075, (-2 * Math.asin(eye.z / length)) / 0.0075);
        await renderer.draw();
        const behind = colorAt(renderer, center);
        const other = geometry.nearestProjected(renderer.view(), points, 3, center.x, center.y, 8);
        renderer.destroy();
        return { color, picked: codes[picked], behind, other: codes[other] };
        """,
        order,
    )
    # Near is red (0), far is blue (1); haze mixes in some white.
    assert (found["picked"], found["other"]) == (0, 1)
    assert found["color"][0] == 255
    assert found["color"][2] < 150
    assert found["behind"][2] == 255
    assert found["behind"][0] < 150


def test_a_moving_view_draws_a_sample_and_a_still_one_everything(page):
    found = run(
        page,
        """
        const n = 130_000;
        const points = Float32Array.from({ length: 2 * n }, () => random());
        const renderer = await make(points, 2, groupsOf(null), 3, 0.5);
        const all = renderer.nDrawn;
        renderer.drag(5, 0);
        await renderer.nextFrame();
        const moving = renderer.nDrawn;
        renderer.drag(5, 0);
        const wasInterrupted = renderer.drawing === null;
        const still = await until(() => renderer.nDrawn === n);
        renderer.destroy();
        return { all, moving, still, wasInterrupted, most: MOST_MOVING };
        """,
    )
    assert found["all"] == 130_000
    assert found["moving"] == found["most"] == 100_000
    assert found["still"] is True
    assert found["wasInterrupted"] is True


def test_points_move_without_a_change_of_the_view(page):
    found = run(
        page,
        """
        const points = Float32Array.from([0, 0, 10, 0, 5, 4]);
        const renderer = await make(points, 2, groupsOf(Uint8Array.from([0, 1, 2])));
        const before = place(renderer, 2);
        await renderer.setPositions(Float32Array.from([0, 0, 10, 0, 8, 4]));
        const after = place(renderer, 2);
        const colors = [colorAt(renderer, before), colorAt(renderer, after)];
        renderer.destroy();
        return { shift: after.x - before.x, perUnit: (800 - 140) / 10, colors };
        """,
    )
    assert found["shift"] == pytest.approx(3 * found["perUnit"])
    assert found["colors"] == [[0, 0, 0, 0], [0, 170, 0, 255]]


@pytest.mark.parametrize("n_components", [2, 3])
def test_a_lost_context_is_filled_and_drawn_again(page, n_components):
    found = run(
        page,
        """
        const points = Float32Array.from({ length: 300 * argument }, () => random());
        const codes = Uint8Array.from({ length: 300 }, (_, i) => i % 3);
        const renderer = await make(points, argument, groupsOf(codes));
        renderer.setGroups(groupsOf(codes), Float32Array.from({ length: 300 }, (_, i) => 0.5 + (i % 2)), 12, 0.8);
        renderer.zoom(1.3, 100, 100);
        await renderer.draw();
        const read = () => {
          const { gl, node } = renderer;
          const pixels = new Uint8Array(4 * node.width * node.height);
          gl.readPixels(0, 0, node.width, node.height, gl.RGBA, gl.UNSIGNED_BYTE, pixels);
          return pixels;
        };
        const before = read();
        const heard = [];
        renderer.onContext = (isLost) => heard.push(isLost);
        const lose = renderer.gl.getExtension("WEBGL_lose_context");
        lose.loseContext();
        await until(() => heard.length === 1);
        // Everything that happens meanwhile is harmless.
        renderer.drag(0, 0);
        await renderer.draw();
        lose.restoreContext();
        await until(() => heard.length === 2);
        const same = await until(() => {
          const after = read();
          return before.every((value, i) => value === after[i]);
        });
        renderer.destroy();
        return { heard, same, drawn: before.some((value) => value > 0) };
        """,
        n_components,
    )
    assert found == {"heard": [True, False], "same": True, "drawn": True}


def test_destroyed_renderers_free_their_contexts(page):
    lost = run(
        page,
        """
        const contexts = [];
        for (let i = 0; i < 20; i += 1) {
          const renderer = await make(Float32Array.from([0, 0, 1, 1]), 2, groupsOf(null));
          contexts.push(renderer.gl);
          renderer.destroy();
        }
        // A context that a browser takes away because there are too many would have no error code of its own.
        const renderer = await make(Float32Array.from([0, 0, 1, 1]), 2, groupsOf(null));
        const color = colorAt(renderer, place(renderer, 0));
        renderer.destroy();
        const left = host.querySelectorAll("canvas").length;
        return { lost: contexts.every((gl) => gl.isContextLost()), color, left };
        """,
    )
    assert lost == {"lost": True, "color": [255, 0, 0, 255], "left": 0}


def test_wheel_zooms_at_the_cursor_and_drags_follow_the_pointer(page):
    run(
        page,
        """
        window.renderer = await make(Float32Array.from([0, 0, 10, 0, 10, 6, 3, 2]), 2, groupsOf(null));
        window.place = (i) => geometry.project(renderer.view(), renderer.points, 2, i);
        """,
    )
    at = page.evaluate("() => place(3)")
    page.mouse.move(at["x"], at["y"])
    page.mouse.wheel(0, -200)
    page.wait_for_function("() => renderer.camera().x[1] - renderer.camera().x[0] < 9.5")
    assert page.evaluate("() => place(3)") == pytest.approx(at)
    page.mouse.down()
    page.mouse.move(at["x"] + 40, at["y"] + 30, steps=3)
    page.mouse.up()
    moved = page.evaluate("() => place(3)")
    assert (moved["x"], moved["y"]) == pytest.approx((at["x"] + 40, at["y"] + 30))
    # Two fingers that move apart enlarge by the ratio of their distances.
    ratio = page.evaluate(
        """() => {
          const send = (type, pointerId, clientX, clientY) =>
            renderer.node.dispatchEvent(new PointerEvent(type, { pointerId, clientX, clientY, button: 0 }));
          const before = renderer.camera().x;
          send("pointerdown", 101, 300, 300);
          send("pointerdown", 102, 400, 300);
          send("pointermove", 101, 250, 300);
          send("pointermove", 102, 450, 300);
          send("pointerup", 101, 250, 300);
          send("pointerup", 102, 450, 300);
          const after = renderer.camera().x;
          return (before[1] - before[0]) / (after[1] - after[0]);
        }"""
    )
    assert math.isclose(ratio, 2, rel_tol=1e-6)
    page.evaluate("() => renderer.destroy()")


@pytest.mark.parametrize(
    ("points", "components", "moves", "supported", "name"),
    [
        (1_000_000, 2, False, True, "webgl"),
        (10_000, 2, False, True, "webgl"),
        (5_000, 3, False, True, "webgl"),
        (300, 2, False, True, "plotly"),
        (300, 2, True, True, "webgl"),
        (300, 3, False, True, "plotly"),
        (1_000_000, 3, False, False, "canvas"),
        (300, 2, True, False, "canvas"),
    ],
    ids=["million", "2d", "3d", "small", "small-moves", "small-3d", "without", "small-without"],
)
def test_choice_of_the_renderer(page, points, components, moves, supported, name):
    chosen = page.evaluate(
        """async (choice) => (await import("/map/renderers.js")).chooseRenderer(choice)""",
        {"nPoints": points, "nComponents": components, "moves": moves, "webgl2": supported},
    )
    assert chosen == name


def test_opacity_and_size_follow_the_points_in_view(page):
    found = page.evaluate(
        """async () => {
          const { pointStyle } = await import("/map/density.js");
          return [100, 1000, 20000, 100000, 1000000].map((n) => pointStyle(n, 800, 600, true));
        }"""
    )
    sizes, opacities = [style["size"] for style in found], [style["opacity"] for style in found]
    assert sizes == sorted(sizes, reverse=True)
    assert opacities == sorted(opacities, reverse=True)
    assert opacities[0] > 0.9
    assert opacities[-1] <= 0.1
    assert sizes[-1] < 2


def test_without_a_graphics_card_the_points_are_painted_as_one_would_draw_them(page):
    """Blended squares and discs, all sizes and shapes, gray and faint ones, and opaque ones in space."""
    found = run(
        page,
        """
        const n = 3000;
        const codes = Uint8Array.from({ length: n }, (_, i) => i % 8);
        const faint = { codes, colors: [...COLORS, ...COLORS], nColored: 3, faintFrom: 4 };
        const sizes = Float32Array.from({ length: n }, () => 0.5 + 2 * random());
        const shapes = Uint8Array.from({ length: n }, (_, i) => i % 6);
        const scenes = {
          squares: [2, 2.4, 0.3, null, null],
          discs: [2, 9, 0.4, sizes, null],
          shapes: [2, 14, 0.8, sizes, shapes],
          space: [3, 9, 0.9, sizes, null],
          shapesInSpace: [3, 14, 0.9, null, shapes],
        };
        const pixels = async (paints, points, [d, size, opacity, sizes, shapes]) => {
          const renderer = new WebglRenderer(host, d, null, paints);
          renderer.setPoints(points);
          renderer.setShapes(shapes);
          renderer.setGroups(faint, sizes, size, opacity);
          await renderer.draw();
          const { gl, node } = renderer;
          const bytes = new Uint8Array(4 * node.width * node.height);
          gl.bindFramebuffer(gl.FRAMEBUFFER, null);
          gl.readPixels(0, 0, node.width, node.height, gl.RGBA, gl.UNSIGNED_BYTE, bytes);
          renderer.destroy();
          return bytes;
        };
        const found = {};
        for (const [name, scene] of Object.entries(scenes)) {
          const points = Float32Array.from({ length: n * scene[0] }, () => random() - random());
          const [drawn, painted] = [await pixels(false, points, scene), await pixels(true, points, scene)];
          let [sum, most, nOther, nDrawn] = [0, 0, 0, 0];
          for (let i = 0; i < drawn.length; i += 4) {
            let difference = 0;
            for (let c = 0; c < 4; c += 1) difference = Math.max(difference, Math.abs(drawn[i + c] - painted[i + c]));
            if (drawn[i + 3] || painted[i + 3]) nDrawn += 1;
            sum += difference;
            most = Math.max(most, difference);
            if (difference > 8) nOther += 1;
          }
          found[name] = { mean: sum / nDrawn, other: nOther / nDrawn, most, nDrawn };
        }
        return found;
        """,
    )
    for name, each in found.items():
        assert each["nDrawn"] > 5000, name
        # Pixels at the border of a point, which are most of a small one, may be decided differently.
        is_small = name == "squares"
        assert each["mean"] < (4 if is_small else 1.5), (name, each)
        assert each["other"] < (0.08 if is_small else 0.02), (name, each)
