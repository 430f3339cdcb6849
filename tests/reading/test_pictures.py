from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from embedlab.core.errors import InputError, TooLargeError
from embedlab.reading import pictures
from embedlab.reading.pictures import decode, fitted
from tests.kinds.images.pictures import encoded, gray


def notes(content: bytes) -> str:
    return " ".join(decode(content).notes)


def test_gray_pixels_survive_as_they_are():
    pixels = np.arange(30, dtype=np.uint8).reshape(6, 5)
    for mode in ("L", "RGB"):
        np.testing.assert_array_equal(decode(encoded(Image.fromarray(pixels).convert(mode))).pixels, pixels)


def test_colors_have_three_channels():
    pixels = np.zeros((2, 3, 3), np.uint8)
    pixels[..., 0] = 200
    np.testing.assert_array_equal(decode(encoded(pixels)).pixels, pixels)


def test_16_bits_are_reduced_to_8():
    content = encoded(np.array([[0, 257, 65535]], np.uint16))
    np.testing.assert_array_equal(decode(content).pixels, [[0, 1, 255]])
    assert "16 bits" in notes(content)


def test_transparency_is_drawn_over_white():
    pixels = np.zeros((1, 2, 4), np.uint8)
    pixels[0, 0] = (0, 0, 0, 255)
    content = encoded(pixels)
    np.testing.assert_array_equal(decode(content).pixels, [[0, 255]])
    assert "transparency" in notes(content)
    assert notes(encoded(np.full((1, 2, 4), 255, np.uint8))) == ""


def test_an_image_is_turned_upright_as_exif_says():
    exif = Image.Exif()
    exif[0x0112] = 6
    content = encoded(np.arange(6, dtype=np.uint8).reshape(2, 3), exif=exif)
    np.testing.assert_array_equal(decode(content).pixels, np.rot90(np.arange(6).reshape(2, 3), -1))
    assert "upright" in notes(content)


def test_the_first_frame_of_an_animation_is_read():
    frames = [Image.fromarray(gray(value)) for value in (10, 200)]
    content = encoded(frames[0], "GIF", save_all=True, append_images=frames[1:])
    assert np.unique(decode(content).pixels).tolist() == [10]
    assert "first frame" in notes(content)


def test_cmyk_is_converted_to_rgb():
    content = encoded(Image.new("CMYK", (4, 4), (0, 255, 255, 0)), "JPEG", quality=100)
    red, green, blue = decode(content).pixels[0, 0].tolist()
    assert red > 200
    assert max(green, blue) < 60
    assert "CMYK" in notes(content)


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"this is a text", id="text"),
        pytest.param(b"", id="empty"),
        pytest.param(encoded(gray(9))[:40], id="cut short"),
        pytest.param(b"\x89PNG\r\n\x1a\n" + bytes(range(256)), id="only the magic"),
        pytest.param(encoded(gray(9), "TIFF"), id="other format"),
        pytest.param(b"<svg xmlns='http://www.w3.org/2000/svg'/>", id="svg"),
    ],
)
def test_what_is_no_whole_picture_is_refused(content):
    with pytest.raises(InputError) as caught:
        decode(content)
    assert caught.value.remedy
    # Not the name of an error of Pillow.
    assert "Error" not in str(caught.value)


def test_a_decompression_bomb_is_refused_before_it_is_decoded(monkeypatch):
    # A few hundred bytes that would be 100 million pixels.
    bomb = encoded(Image.new("1", (10_000, 10_000)))
    assert len(bomb) < 20_000
    monkeypatch.setattr(Image.Image, "load", lambda self: pytest.fail("the bomb was decoded"))
    with pytest.raises(TooLargeError, match=r"at most.*fewer pixels"):
        decode(bomb)


def test_a_file_that_is_too_large_is_refused(monkeypatch):
    monkeypatch.setattr(pictures, "MOST_BYTES", 10)
    with pytest.raises(TooLargeError, match="Choose one of at most"):
        decode(encoded(gray(9)))


def test_halving_a_picture_is_the_mean_of_its_pixels():
    pixels = np.array([[0, 40, 100, 200], [80, 120, 100, 200]], np.uint8)
    np.testing.assert_array_equal(fitted(pixels, 1, 2, 1), [[60, 150]])
    assert fitted(pixels, 2, 4, 3).shape == (2, 4, 3)
