"""Short sounds as numbers: the samples of a WAV file, and the features that describe them.

librosa and soundfile are imported only inside functions.
"""

from __future__ import annotations

import io
import struct
import sys
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from embedlab.core.errors import InputError, TooLargeError

Samples = npt.NDArray[np.float32]
#: Samples are resampled to this rate, the default of librosa, so that sounds of different rates can be compared.
SAMPLE_RATE_HZ: Final = 22_050
N_MFCC: Final = 13
#: What is read of a sound; sounds that are longer are cut.
MOST_SECONDS: Final = 30
LOWEST_RATE_HZ, HIGHEST_RATE_HZ = 4_000, 192_000
MOST_BYTES: Final = 64 * 1024**2
_MOST_CHANNELS: Final = 8
#: Encodings of samples in WAV files, as libsndfile names them: 8 to 32 bits, and floating point.
_ENCODINGS: Final = frozenset({"PCM_U8", "PCM_16", "PCM_24", "PCM_32", "FLOAT", "DOUBLE"})
#: Samples of a frame of the Fourier transform, the default of librosa.
_FRAME: Final = 2048
#: Sizes in the header of a file that was written to a stream: unknown.
_UNKNOWN_SIZES: Final = frozenset({0, 0xFFFFFFFF})
_PER_FRAME: Final = ("centroid_hz", "zero_crossing_rate", "rms")
#: Names of the features, in the order of `features_of`.
FEATURES: Final = (
    *(f"mfcc_{number}_mean" for number in range(1, N_MFCC + 1)),
    *(f"mfcc_{number}_std" for number in range(1, N_MFCC + 1)),
    *(f"{name}_{part}" for name in _PER_FRAME for part in ("mean", "std")),
    "duration_s",
)


@dataclass(frozen=True)
class Sound:
    """The samples of a sound.

    Parameters
    ----------
    samples
        `(n,)` float32 in -1 to 1 at `SAMPLE_RATE_HZ`, the mean of the channels, at most `MOST_SECONDS` of them.
    seconds
        Duration of the whole file.
    """

    samples: Samples
    seconds: float

    @property
    def is_cut(self) -> bool:
        """Whether the file is longer than what is read of it."""
        return self.seconds > MOST_SECONDS


def is_wav(start: bytes) -> bool:
    """Return whether the first bytes of a file are those of a WAV file."""
    return start[:4] == b"RIFF" and start[8:12] == b"WAVE"


def decode_wav(content: bytes) -> Sound:
    """Return the samples of a WAV file, as `librosa.load` reads them.

    Raises
    ------
    TooLargeError
        The file is larger than 64 MB.
    InputError
        It is not a WAV file, cut short, without samples, or encoded in a way that is not supported; or librosa is not
        installed.
    """
    if len(content) > MOST_BYTES:
        raise TooLargeError("The sound's file is too large.", received=f"more than {MOST_BYTES // 1024**2} MB")
    if not is_wav(content):
        raise InputError("The file is not a WAV file.")
    (n_bytes,) = struct.unpack_from("<I", content, 4)
    if n_bytes not in _UNKNOWN_SIZES and n_bytes + 8 > len(content):
        raise InputError("The sound is cut short.", received=f"{len(content):,} of {n_bytes + 8:,} bytes")
    soundfile, librosa = _libraries()
    try:
        with soundfile.SoundFile(io.BytesIO(content)) as file:
            _check(file)
            rate_hz, n_samples = int(file.samplerate), int(file.frames)
            channels = file.read(min(n_samples, MOST_SECONDS * rate_hz), dtype="float32", always_2d=True)
    except soundfile.SoundFileError as error:
        raise InputError("The sound is damaged.") from error
    if not len(channels) or not np.isfinite(channels).all():
        raise InputError("The sound has no samples." if not len(channels) else "The sound has samples that are NaN.")
    samples = librosa.resample(channels.mean(axis=1), orig_sr=rate_hz, target_sr=SAMPLE_RATE_HZ)
    return Sound(np.ascontiguousarray(samples, np.float32), n_samples / rate_hz)


def features_of(sound: Sound) -> npt.NDArray[np.float64]:
    """Return the `(n_features,)` float64 features of a sound, in the order of `FEATURES`.

    Mean and standard deviation over frames of 2,048 samples, every 512 samples, of the mel-frequency cepstral
    coefficients, the spectral centroid in Hz, the rate of sign changes and the root mean square; then the duration in
    seconds.

    Source: librosa, https://librosa.org; Davis and Mermelstein, "Comparison of parametric representations for
    monosyllabic word recognition in continuously spoken sentences", 1980.
    """
    librosa = _libraries()[1]
    samples = np.pad(sound.samples, (0, max(0, _FRAME - len(sound.samples))))
    feature: Any = librosa.feature
    frames = [
        *feature.mfcc(y=samples, sr=SAMPLE_RATE_HZ, n_mfcc=N_MFCC),
        feature.spectral_centroid(y=samples, sr=SAMPLE_RATE_HZ)[0],
        feature.zero_crossing_rate(samples)[0],
        feature.rms(y=samples)[0],
    ]
    means, spreads = [each.mean() for each in frames], [each.std() for each in frames]
    rest = [value for pair in zip(means[N_MFCC:], spreads[N_MFCC:], strict=True) for value in pair]
    return np.array([*means[:N_MFCC], *spreads[:N_MFCC], *rest, sound.seconds], np.float64)


def _check(file: Any) -> None:
    """Raise `InputError` if a file is encoded in a way that is not supported."""
    if file.format not in {"WAV", "WAVEX"} or file.subtype not in _ENCODINGS:
        raise InputError("The encoding of the sound is not supported.", received=str(file.subtype))
    if not LOWEST_RATE_HZ <= file.samplerate <= HIGHEST_RATE_HZ:
        raise InputError("The sample rate is not supported.", received=f"{file.samplerate:,} Hz")
    if file.channels > _MOST_CHANNELS:
        raise InputError("The sound has too many channels.", received=f"{file.channels:,}")


def is_loaded() -> bool:
    """Return whether librosa's functions are loaded; the first time on a machine they are compiled, and then cached."""
    return "librosa.util.utils" in sys.modules


def check_libraries() -> None:
    """Raise `InputError` if librosa is not installed."""
    _libraries()


def _libraries() -> tuple[Any, Any]:
    try:
        import librosa
        import soundfile
    except ImportError as error:
        raise InputError(
            "The package for sounds is not installed.",
            received="WAV files",
            remedy="Install it with: pip install librosa. Or import a table of features.",
        ) from error
    return soundfile, librosa
