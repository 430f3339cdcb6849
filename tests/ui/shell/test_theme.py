"""The themes: readable by contrast as WCAG 2.1 defines it, and nothing looked up outside."""

import itertools
import re
import tomllib

import pytest

from embedlab.ui.server import routes
from embedlab.ui.shell import navigation, urls

CONFIG = tomllib.loads((navigation.FOLDER.parent / ".streamlit" / "config.toml").read_text(encoding="utf-8"))


def luminance(color):
    parts = [int(color[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(a, b):
    high, low = sorted((luminance(a), luminance(b)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def test_contrast_is_the_published_one():
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("name", ["light", "dark"])
def test_text_contrast_on_every_background(name):
    theme = CONFIG["theme"][name]
    grounds = [theme[key] for key in ("backgroundColor", "secondaryBackgroundColor")]
    grounds += [theme["sidebar"][key] for key in ("backgroundColor", "secondaryBackgroundColor")]
    for ground, key in itertools.product(grounds, ("textColor", "linkColor", "primaryColor")):
        assert contrast(theme[key], ground) >= 4.5, (key, ground)


@pytest.mark.parametrize("name", ["light", "dark"])
def test_points_of_every_category_have_contrast(name):
    theme = CONFIG["theme"][name]
    assert len(set(theme["chartCategoricalColors"])) == 12
    for color in theme["chartCategoricalColors"]:
        assert contrast(color, theme["backgroundColor"]) >= 3, color


@pytest.mark.parametrize("name", ["light", "dark"])
def test_scale_contrast_increases_monotonically(name):
    theme = CONFIG["theme"][name]
    steps = [contrast(color, theme["backgroundColor"]) for color in theme["chartSequentialColors"]]
    assert len(steps) == 10
    assert steps == sorted(steps)
    assert steps[0] >= 1.6


def test_the_browser_script_falls_back_to_the_same_colors():
    script = (urls.STATIC / "map" / "colors.js").read_text(encoding="utf-8")
    light = CONFIG["theme"]["light"]
    assert (
        re.findall(r'"(#[0-9a-f]{6})"', script)[:22] == light["chartCategoricalColors"] + light["chartSequentialColors"]
    )


def test_the_server_is_private_by_default():
    assert CONFIG["server"]["address"] == "127.0.0.1"
    assert CONFIG["server"]["maxUploadSize"] == 1024
    assert CONFIG["browser"]["gatherUsageStats"] is False
    assert CONFIG["client"]["showErrorDetails"] == "none"


def test_no_own_file_contains_an_external_url():
    for name in routes.static_files():
        if not name.endswith(".png"):
            text = (urls.STATIC / name).read_text(encoding="utf-8")
            addresses = set(re.findall(r"https?://[^\s\"'`)]+", text))
            assert addresses <= {"http://www.w3.org/2000/svg"}, name
