# SPDX-License-Identifier: BSD-3-Clause
"""Test signals, float32 at 48 kHz: real speech in two languages, tones, and bands of either.

Speech is Debian's asterisk-core-sounds (one woman reading the same prompts in each language), or
espeak-ng where that is not installed.
"""

import functools
import os
import subprocess

import numpy as np

from lib.process import path_of

RATE_HZ = 48000
SPEECH_DBFS = -23.0  # loud enough for every voice detector, quiet enough for no client to turn down
VOICES = {"en": "en_US_f_Allison", "es": "es_MX_f_Allison", "fr": "fr_CA_f_June"}
PROMPTS = ("demo-instruct", "demo-congrats", "demo-abouttotry", "demo-moreinfo")
TEXTS = {
    "en": "Good evening and welcome to the assembly. The first item is the report of the treasurer. ",
    "es": "Buenas noches y bienvenidas a la asamblea. El primer punto es el informe de tesorería. ",
    "fr": "Bonsoir et bienvenue à l'assemblée. Le premier point est le rapport du trésorier. ",
}


def amplitude(dbfs):
    """The factor of a level in dB."""
    return 10.0 ** (dbfs / 20.0)


def rms_dbfs(samples):
    """Level of the mean power, 0 dBFS = 1.0; never below −200."""
    power = float(np.mean(np.square(samples, dtype=np.float64))) if len(samples) else 0.0
    return 10.0 * np.log10(max(power, 1e-20))


def at_level(samples, dbfs):
    """The samples scaled to that mean level."""
    return (samples * amplitude(dbfs - rms_dbfs(samples))).astype(np.float32)


def silence(seconds):
    return np.zeros(round(seconds * RATE_HZ), dtype=np.float32)


def tone(hz, seconds, dbfs=-20.0, fade_s=0.02):
    """A sine of that mean level, faded in and out."""
    n = round(seconds * RATE_HZ)
    wave = np.sin(2.0 * np.pi * hz * np.arange(n) / RATE_HZ) * amplitude(dbfs) * np.sqrt(2.0)
    ramp = min(round(fade_s * RATE_HZ), n // 2)
    if ramp:
        edge = 0.5 - 0.5 * np.cos(np.pi * np.arange(ramp) / ramp)
        wave[:ramp] *= edge
        wave[n - ramp:] *= edge[::-1]
    return wave.astype(np.float32)


def band(samples, low_hz, high_hz, edge_hz=60.0):
    """What lies between low_hz and high_hz, with raised-cosine edges; no delay."""
    size = 1 << len(samples).bit_length()  # a length with a large prime factor takes seconds
    spectrum = np.fft.rfft(samples, size)
    hz = np.fft.rfftfreq(size, 1.0 / RATE_HZ)
    up = np.clip((hz - low_hz) / edge_hz + 0.5, 0.0, 1.0)
    down = np.clip((high_hz - hz) / edge_hz + 0.5, 0.0, 1.0)
    shape = (0.5 - 0.5 * np.cos(np.pi * up)) * (0.5 - 0.5 * np.cos(np.pi * down))
    return np.fft.irfft(spectrum * shape, size)[:len(samples)].astype(np.float32)


def _decode(argv, text=None):
    raw = subprocess.run(argv, input=text, capture_output=True, check=True, timeout=60).stdout
    return np.frombuffer(raw, dtype="<f4")


@functools.lru_cache(maxsize=None)
def _recording(language):
    """All there is of that language, joined."""
    folder = os.path.join("/usr/share/asterisk/sounds", VOICES[language])
    paths = [os.path.join(folder, f"{prompt}.g722") for prompt in PROMPTS]
    to_float = ["-f", "f32le", "-ar", str(RATE_HZ), "-ac", "1", "-"]
    ffmpeg = [path_of("ffmpeg"), "-nostdin", "-loglevel", "error"]
    if all(os.path.exists(path) for path in paths):
        parts = [_decode([*ffmpeg, "-f", "g722", "-i", path, *to_float]) for path in paths]
        return np.concatenate(parts)
    wav = subprocess.run([path_of("espeak-ng"), "-v", language, "--stdout", TEXTS[language] * 8],
                         capture_output=True, check=True, timeout=60).stdout
    return _decode([path_of("ffmpeg"), "-loglevel", "error", "-i", "-", *to_float], wav)


def without_pauses(samples, longest_s=0.12, below_db=30.0):
    """The speech with its pauses cut to longest_s: someone who never stops for breath."""
    step = RATE_HZ // 100
    n = len(samples) // step
    frames = samples[:n * step].reshape(n, step)
    power = np.mean(np.square(frames, dtype=np.float64), axis=1)
    loud = power > np.percentile(power, 95) * amplitude(-below_db) ** 2
    keep = np.zeros(n, dtype=bool)
    run = 0
    for i in range(n):
        run = 0 if loud[i] else run + 1
        keep[i] = run <= longest_s * 100
    return frames[keep].reshape(-1)


def speech(language, seconds, dbfs=SPEECH_DBFS, pauses=True, skip_s=0.0):
    """That many seconds of speech at that mean level, from skip_s into the recording on."""
    whole = _recording(language)
    if not pauses:
        whole = without_pauses(whole)
    n = round(seconds * RATE_HZ)
    start = round(skip_s * RATE_HZ)
    whole = np.resize(whole, max(len(whole), start + n))  # repeats when it is too short
    return at_level(whole[start:start + n], dbfs)
