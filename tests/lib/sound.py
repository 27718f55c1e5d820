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


def band_shape(hz, low_hz, high_hz, edge_hz=60.0):
    """What of each frequency a band lets through: raised-cosine edges."""
    up = np.clip((hz - low_hz) / edge_hz + 0.5, 0.0, 1.0)
    down = np.clip((high_hz - hz) / edge_hz + 0.5, 0.0, 1.0)
    return (0.5 - 0.5 * np.cos(np.pi * up)) * (0.5 - 0.5 * np.cos(np.pi * down))


def band(samples, low_hz, high_hz, edge_hz=60.0):
    """What lies between low_hz and high_hz, with raised-cosine edges; no delay."""
    size = 1 << len(samples).bit_length()  # a length with a large prime factor takes seconds
    spectrum = np.fft.rfft(samples, size)
    shape = band_shape(np.fft.rfftfreq(size, 1.0 / RATE_HZ), low_hz, high_hz, edge_hz)
    return np.fft.irfft(spectrum * shape, size)[:len(samples)].astype(np.float32)


def even(samples, step_s=0.01):
    """The same voice with its loud and soft moments brought together: its peaks stand 14 dB above its mean instead
    of 22, so that whoever limits or levels voices leaves it alone."""
    step = round(step_s * RATE_HZ)
    n = len(samples) // step
    power = np.mean(np.square(samples[:n * step].reshape(n, step), dtype=np.float64), axis=1)
    level = np.sqrt(np.convolve(power, [0.25, 0.5, 0.25], "same"))
    level += amplitude(-20) * np.sqrt(power.mean())
    return (samples / np.interp(np.arange(len(samples)), (np.arange(n) + 0.5) * step, level)).astype(np.float32)


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


def everything(language, seconds, dbfs=SPEECH_DBFS):
    """Real speech for that long: some twenty minutes of each language before it repeats."""
    folder = os.path.join("/usr/share/asterisk/sounds", VOICES[language])
    names = sorted(os.listdir(folder)) if os.path.isdir(folder) else []
    raw = b""
    for name in names:
        if name.endswith(".g722") and len(raw) < 8000 * seconds:
            with open(os.path.join(folder, name), "rb") as file:
                raw += file.read()
    whole = _decode([path_of("ffmpeg"), "-loglevel", "error", "-f", "g722", "-i", "-", "-f", "f32le",
                     "-ar", str(RATE_HZ), "-ac", "1", "-"], raw) if raw else _recording(language)
    return at_level(np.resize(whole, round(seconds * RATE_HZ)), dbfs)


def loudness_lufs(samples):
    """Integrated loudness by EBU R 128, pauses left out, as ffmpeg measures it."""
    done = subprocess.run(
        [path_of("ffmpeg"), "-f", "f32le", "-ar", str(RATE_HZ), "-ac", "1", "-i", "-",
         "-af", "ebur128", "-f", "null", "-"], input=np.asarray(samples, "<f4").tobytes(),
        capture_output=True, check=True, timeout=60).stderr.decode()
    return float(done.rsplit("I:", 1)[1].split()[0])


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


@functools.lru_cache(maxsize=None)
def _recording_without_pauses(language):
    return without_pauses(_recording(language))


def speech(language, seconds, dbfs=SPEECH_DBFS, pauses=True, skip_s=0.0):
    """That many seconds of speech at that mean level, from skip_s into the recording on."""
    whole = _recording(language) if pauses else _recording_without_pauses(language)
    n = round(seconds * RATE_HZ)
    start = round(skip_s * RATE_HZ)
    whole = np.resize(whole, max(len(whole), start + n))  # repeats when it is too short
    return at_level(whole[start:start + n], dbfs)


# What people make besides speech, and what machines make. Each from its own seed: always the same.

def _phase(hz):
    """The phase of a frequency that moves."""
    return 2.0 * np.pi * np.cumsum(hz) / RATE_HZ


def _wander(seconds, per_s, seed):
    """A slow random walk around 0, of standard deviation 1, with that many turns a second."""
    n, points = round(seconds * RATE_HZ), max(4, round(seconds * per_s))
    values = np.random.default_rng(seed).standard_normal(points)
    return np.interp(np.linspace(0, points - 1, n), np.arange(points), values)


def song(seconds, dbfs=SPEECH_DBFS, seed=1, note_s=0.6, root_hz=220.0):
    """A voice that sings notes: a glottal source with vibrato behind the formants of a vowel."""
    rng = np.random.default_rng(seed)
    scale = np.array([0, 2, 4, 5, 7, 9, 11, 12])
    n = round(seconds * RATE_HZ)
    notes = rng.choice(scale, size=int(seconds / note_s) + 2)
    steps = np.repeat(notes, round(note_s * RATE_HZ))[:n].astype(np.float64)
    glide = np.convolve(np.pad(steps, (2400, 0), "edge"), np.ones(2401) / 2401, "valid")[:n]
    t = np.arange(n) / RATE_HZ
    hz = root_hz * 2.0 ** ((glide + 0.3 * np.sin(2 * np.pi * 5.4 * t)
                            + 0.1 * _wander(seconds, 8, seed)) / 12.0)
    phase, wave = _phase(hz), np.zeros(n)
    for k in range(1, 25):
        at = k * hz
        formants = sum(gain / (1.0 + ((at - centre) / width) ** 2)
                       for centre, width, gain in ((650, 90, 1.0), (1080, 110, 0.6), (2650, 200, 0.2)))
        wave += (0.03 + formants) / k ** 0.7 * np.sin(k * phase)
    beat = np.minimum(1.0, (t % note_s) / 0.05) * np.minimum(1.0, (note_s - t % note_s) / 0.04)
    return at_level(wave * (0.25 + 0.75 * beat), dbfs)


def chords(seconds, dbfs=SPEECH_DBFS, seed=2, chord_s=0.8):
    """Plucked strings, three notes at a time, each dying away."""
    rng = np.random.default_rng(seed)
    n = round(seconds * RATE_HZ)
    wave, each = np.zeros(n + 2 * RATE_HZ), round(chord_s * RATE_HZ)
    t = np.arange(2 * RATE_HZ) / RATE_HZ
    for start in range(0, n, each):
        root = 146.8 * 2.0 ** (rng.choice([0, 3, 5, 7]) / 12.0)
        for step in (0, 4, 7, 12):
            hz = root * 2.0 ** (step / 12.0)
            for k in range(1, 9):
                wave[start:start + len(t)] += (np.sin(2 * np.pi * k * hz * t) / k ** 1.2
                                               * np.exp(-t * (1.5 + 0.6 * k)))
    return at_level(wave[:n], dbfs)


def applause(seconds, dbfs=SPEECH_DBFS, seed=3, people=40):
    """Many hands: short bursts of noise, each hand in its own rhythm and colour."""
    rng = np.random.default_rng(seed)
    n = round(seconds * RATE_HZ)
    wave = np.zeros(n + RATE_HZ)
    t = np.arange(round(0.03 * RATE_HZ)) / RATE_HZ
    for _ in range(people):
        hz, at = rng.uniform(700, 2500), rng.uniform(0, 0.3)
        while at < seconds:
            clap = rng.standard_normal(len(t)) * np.exp(-t / 0.004)
            clap += 0.7 * np.sin(2 * np.pi * hz * t) * np.exp(-t / 0.003)
            start = round(at * RATE_HZ)
            wave[start:start + len(t)] += clap * rng.uniform(0.3, 1.0)
            at += rng.normal(0.25, 0.02)
    return at_level(wave[:n], dbfs)


def whistle(seconds, dbfs=SPEECH_DBFS, seed=4, note_s=0.5):
    """A tune whistled with the lips: one partial and breath, never quite still."""
    rng = np.random.default_rng(seed)
    n = round(seconds * RATE_HZ)
    notes = rng.choice([0, 2, 4, 5, 7, 9], size=int(seconds / note_s) + 2)
    steps = np.repeat(notes, round(note_s * RATE_HZ))[:n].astype(np.float64)
    glide = np.convolve(np.pad(steps, (2880, 0), "edge"), np.ones(2881) / 2881, "valid")[:n]
    t = np.arange(n) / RATE_HZ
    hz = 1150.0 * 2.0 ** ((glide + 0.12 * _wander(seconds, 12, seed)
                           + 0.1 * np.sin(2 * np.pi * 5.0 * t)) / 12.0)
    breath = band(rng.standard_normal(n), 900, 5000) * 0.05
    beat = np.minimum(1.0, (t % note_s) / 0.04) * np.minimum(1.0, (note_s - t % note_s) / 0.04)
    wave = np.sin(_phase(hz)) * (1.0 + 0.12 * _wander(seconds, 15, seed + 1)) + breath
    return at_level(wave * (0.1 + 0.9 * beat), dbfs)


def drum(seconds, dbfs=SPEECH_DBFS, seed=5, beat_s=0.25):
    """A drum: strokes on a skin, deep and high in turn."""
    rng = np.random.default_rng(seed)
    n = round(seconds * RATE_HZ)
    wave = np.zeros(n + RATE_HZ)
    t = np.arange(RATE_HZ) / RATE_HZ
    for i, at in enumerate(np.arange(0.0, seconds, beat_s)):
        start = round((at + rng.normal(0, 0.004)) * RATE_HZ) if i else 0
        hz = 90.0 if i % 2 == 0 else 210.0
        skin = np.sin(2 * np.pi * (hz * t + 0.4 * hz * 0.03 * (1 - np.exp(-t / 0.03))))
        stroke = skin * np.exp(-t / 0.12) + 0.5 * rng.standard_normal(len(t)) * np.exp(-t / 0.01)
        wave[start:start + len(t)] += stroke * rng.uniform(0.6, 1.0)
    return at_level(wave[:n], dbfs)


def howl(seconds, hz=2300.0, db_per_s=35.0, from_dbfs=-60.0, most_dbfs=-3.0):
    """A loop of loudspeaker and microphone: a tone that grows until something gives."""
    t = np.arange(round(seconds * RATE_HZ)) / RATE_HZ
    level = np.minimum(amplitude(from_dbfs + db_per_s * t), amplitude(most_dbfs))
    return (np.sqrt(2.0) * level * np.sin(2.0 * np.pi * hz * t)).astype(np.float32)


def dial(seconds, low_hz=770.0, high_hz=1336.0, dbfs=-6.0):
    """Two tones at once, as telephones send them."""
    return (tone(low_hz, seconds, dbfs - 3.0) + tone(high_hz, seconds, dbfs - 3.0)).astype(np.float32)
