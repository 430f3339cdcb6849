"""Archives of WAV files as tables: features of tones whose pitch is known, and files that make trouble."""

from __future__ import annotations

import io
import struct
import zipfile
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest

from embedlab.core.errors import InputError, TooLargeError
from embedlab.core.progress import ignore_progress
from embedlab.kinds.sniffing import sniff_opened
from embedlab.kinds.table import TableDataset, TableOptions, sound_features, sounds
from embedlab.kinds.table.importing import import_table
from embedlab.kinds.table.preview import preview_table
from embedlab.kinds.table.sound_features import FEATURES, decode_wav, features_of
from embedlab.reading.layouts import Layout
from embedlab.reading.limits import Limits
from embedlab.reading.opened import OpenedUpload

pytest.importorskip("librosa")
RATE = 16_000
PITCHES_HZ = {"low": 220.0, "middle": 880.0, "high": 3520.0}


def wav(samples: np.ndarray, rate_hz: int = RATE, subtype: str = "PCM_16") -> bytes:
    import soundfile

    stream = io.BytesIO()
    soundfile.write(stream, samples, rate_hz, subtype, format="WAV")
    return stream.getvalue()


def tone(pitch_hz: float, seconds: float = 0.3, rate_hz: int = RATE, seed: int = 0) -> np.ndarray:
    """Return a pure tone with a random phase and a little noise."""
    rng = np.random.default_rng(seed)
    times = np.arange(int(seconds * rate_hz)) / rate_hz
    return 0.5 * np.sin(2 * np.pi * pitch_hz * times + rng.uniform(0, 6)) + rng.normal(0, 0.001, len(times))


def archive(path: Path, files: Mapping[str, bytes]) -> OpenedUpload:
    with zipfile.ZipFile(path, "w") as packed:
        for name, content in files.items():
            packed.writestr(name, content)
    return OpenedUpload(path, Limits())


def imported(upload: OpenedUpload, folder: Path, **options: object) -> TableDataset:
    folder.mkdir()
    import_table("table", upload, TableOptions.model_validate(options), folder, ignore_progress)
    return TableDataset.open(folder)


@pytest.fixture(scope="module")
def tones(tmp_path_factory: pytest.TempPathFactory) -> OpenedUpload:
    files = {
        f"tones/{name}/{number}.wav": wav(tone(pitch * (1 + 0.02 * number), seed=number))
        for name, pitch in PITCHES_HZ.items()
        for number in range(4)
    }
    files |= {
        "tones/low/broken.wav": files["tones/low/0.wav"][:2000],
        "tones/low/notes.wav": b"these are notes",
        "tones/readme.txt": b"Tones of three pitches.",
    }
    return archive(tmp_path_factory.mktemp("tones") / "tones.zip", files)


def test_tones_of_a_pitch_are_neighbors_and_broken_files_are_named(tones: OpenedUpload, tmp_path: Path) -> None:
    guess = sniff_opened(tones)
    assert (guess.kind, guess.layout) == ("table", Layout.SOUNDS)
    table = imported(tones, tmp_path / "set")
    assert [column.name for column in table.columns] == ["file", "class", *FEATURES]
    assert table.imported.counts["rows"] == 12
    assert table.row_keys[:2] == ["tones/low/0.wav", "tones/low/1.wav"]
    assert {column.type for column in table.columns[2:]} == {"number"}
    (warning,) = [each for each in table.imported.warnings if "could not be read" in each]
    assert warning.startswith("2 sounds could not be read: tones/low/broken.wav: The sound is cut short.")
    assert "tones/low/notes.wav: The file is not a WAV file." in warning
    assert table.imported.details["left_out"]["sounds that cannot be read"]["count"] == 2
    classes = table.category_values("class")["value"].to_numpy()[table.category_codes("class")]
    mfcc = table.numeric_matrix().values[:, : sound_features.N_MFCC]
    distances = np.linalg.norm(mfcc[:, None] - mfcc[None], axis=2) + np.diag(np.full(12, np.inf))
    assert (classes[distances.argmin(axis=1)] == classes).all()
    centroids = table.numbers("centroid_hz_mean")
    assert centroids[classes == "low"].max() < centroids[classes == "middle"].min()
    assert centroids[classes == "high"] == pytest.approx(1.03 * PITCHES_HZ["high"], rel=0.1)


def test_a_target_and_types_can_be_chosen(tones: OpenedUpload, tmp_path: Path) -> None:
    table = imported(tones, tmp_path / "set", target="class", types={"duration_s": "left-out"}, layout="sounds")
    assert table.target is not None
    assert (table.target.type, table.target.n_classes) == ("category", 3)
    assert not table.column("duration_s").is_used


def test_a_preview_reads_a_few_files_from_all_over(tones: OpenedUpload, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sounds, "MOST_PREVIEWED", 4)
    seen = preview_table(tones, TableOptions())
    assert (seen.counts["rows"], seen.n_read) == (14, 3)
    assert not seen.is_complete
    assert {row[1] for row in seen.rows} == set(PITCHES_HZ)


def test_features_are_those_of_the_library(tmp_path: Path) -> None:
    import librosa

    path = tmp_path / "one.wav"
    path.write_bytes(wav(np.column_stack([tone(440, rate_hz=44_100), tone(1000, rate_hz=44_100)]), 44_100, "PCM_24"))
    samples, rate_hz = librosa.load(path)
    assert rate_hz == sound_features.SAMPLE_RATE_HZ
    sound = decode_wav(path.read_bytes())
    np.testing.assert_allclose(sound.samples, samples, atol=1e-6)
    found = dict(zip(FEATURES, features_of(sound), strict=True))
    mfcc = librosa.feature.mfcc(y=samples, sr=rate_hz, n_mfcc=13)
    np.testing.assert_allclose(
        [found[f"mfcc_{n + 1}_mean"] for n in range(13)], mfcc.mean(axis=1), rtol=1e-3, atol=1e-2
    )
    np.testing.assert_allclose([found[f"mfcc_{n + 1}_std"] for n in range(13)], mfcc.std(axis=1), rtol=1e-3, atol=1e-2)
    centroid = librosa.feature.spectral_centroid(y=samples, sr=rate_hz).mean()
    assert found["centroid_hz_mean"] == pytest.approx(centroid, rel=1e-4)
    assert found["duration_s"] == pytest.approx(0.3)


@pytest.mark.parametrize("subtype", ["PCM_U8", "PCM_16", "PCM_24", "PCM_32", "FLOAT"])
def test_all_sample_formats_mono_and_stereo_give_the_same_sound(subtype: str) -> None:
    samples = tone(440, 0.1, sound_features.SAMPLE_RATE_HZ)
    mono = decode_wav(wav(samples, sound_features.SAMPLE_RATE_HZ, subtype)).samples
    stereo = decode_wav(wav(np.column_stack([samples, samples]), sound_features.SAMPLE_RATE_HZ, subtype)).samples
    np.testing.assert_allclose(mono, samples, atol=0.01)
    np.testing.assert_allclose(stereo, mono, atol=1e-6)


def test_long_sounds_are_cut_and_short_and_silent_ones_have_features(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sound_features, "MOST_SECONDS", 1)
    long = decode_wav(wav(tone(440, 2.5)))
    assert (long.is_cut, long.seconds) == (True, 2.5)
    assert len(long.samples) == sound_features.SAMPLE_RATE_HZ
    for samples in (np.zeros(RATE // 10), tone(440, 0.001)):
        assert np.isfinite(features_of(decode_wav(wav(samples)))).all()


def _with_size(content: bytes, n_bytes: int) -> bytes:
    return content[:4] + struct.pack("<I", n_bytes) + content[8:]


def test_a_stream_of_unknown_size_is_read_and_damage_is_named() -> None:
    content = wav(tone(440, 0.1))
    assert decode_wav(_with_size(content, 0xFFFFFFFF)).seconds == pytest.approx(0.1)
    broken = {
        "cut": (content[:-500], "cut short"),
        "header only": (_with_size(content[:12], 4), "damaged"),
        "no samples": (wav(np.zeros(0)), "no samples"),
        "low rate": (wav(tone(440), 2000), "sample rate"),
        "mu-law": (wav(tone(440), subtype="ULAW"), "encoding"),
        "other": (b"ID3 music", "not a WAV"),
    }
    for damaged, message in broken.values():
        with pytest.raises(InputError, match=message):
            decode_wav(damaged)


def test_archives_without_a_readable_sound_and_with_too_many_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = wav(tone(440, 0.1))
    broken = archive(tmp_path / "broken.zip", {"a.wav": content[:500], "b.wav": content[:900]})
    with pytest.raises(InputError, match="None of the sounds can be read"):
        imported(broken, tmp_path / "set")
    (tmp_path / "one.wav").write_bytes(content)
    with pytest.raises(InputError, match=r"not a zip archive of sounds. Received: a single WAV file"):
        preview_table(OpenedUpload(tmp_path / "one.wav", Limits()), TableOptions())
    monkeypatch.setattr(sounds, "MOST_SOUNDS", 1)
    with pytest.raises(TooLargeError, match="more than 1 sounds"):
        preview_table(broken, TableOptions())
