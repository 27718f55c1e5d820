# SPDX-License-Identifier: BSD-3-Clause
"""How loud each known voice is inside a mix.

The voices are known, so a recording R is explained by them: in each band of the spectrum and each
frame of 20 ms its power should be a·F + b·I, with F and I the powers of the floor and of the
interpreter. The gains a and b that fit best over a window are what the listener hears. Phase plays
no part, so coding twice does not disturb it.
"""

import numpy

from speech import RATE_HZ

HOP = RATE_HZ // 50
EDGES_HZ = numpy.geomspace(150, 6000, 19)
SILENT_DB = -90.0
LAG_MOST_FRAMES = 40


def band_powers(sound):
    """frames × bands."""
    n = len(sound) // HOP - 1
    if n < 1:
        return numpy.zeros((0, len(EDGES_HZ) - 1))
    frames = numpy.lib.stride_tricks.sliding_window_view(sound, 2 * HOP)[::HOP][:n]
    power = numpy.abs(numpy.fft.rfft(frames * numpy.hanning(2 * HOP), axis=1)) ** 2
    bins = (EDGES_HZ * 2 * HOP / RATE_HZ).astype(int)
    # 0.375 is the mean square of the window, and both halves of the spectrum count.
    return numpy.add.reduceat(power, bins, axis=1)[:, :-1] / (0.375 * (2 * HOP) ** 2) * 2


def decibels(power):
    return 10 * numpy.log10(numpy.maximum(power, 1e-9))


def lag_frames(heard, expected):
    """How many frames later the recording is than what was said."""
    n = min(len(heard), len(expected))
    if n < LAG_MOST_FRAMES * 2:
        return 0
    a = numpy.maximum(decibels(heard[:n].sum(axis=1)), -60)
    b = numpy.maximum(decibels(expected[:n].sum(axis=1)), -60)
    if a.std() < 1 or b.std() < 1:
        return 0
    a, b = a - a.mean(), b - b.mean()
    return int(numpy.argmax([a[lag:] @ b[:n - lag] for lag in range(LAG_MOST_FRAMES)]))


def fit(heard, floor, interpreter):
    """The two power gains, not negative, that explain heard best; bands count alike."""
    weight = 1 / (heard.mean(axis=0) + floor.mean(axis=0) + interpreter.mean(axis=0) + 1e-9)
    r, f, i = ((x * weight).ravel() for x in (heard, floor, interpreter))
    ff, ii, fi, fr, ir = f @ f, i @ i, f @ i, f @ r, i @ r
    floor_alone = fr / ff if ff > 0 else 0.0
    interpreter_alone = ir / ii if ii > 0 else 0.0
    determinant = ff * ii - fi * fi
    if determinant <= 1e-6 * ff * ii or ff == 0 or ii == 0:
        return (floor_alone, 0.0) if ff >= ii else (0.0, interpreter_alone)
    a, b = (fr * ii - ir * fi) / determinant, (ir * ff - fr * fi) / determinant
    if a < 0:
        return 0.0, interpreter_alone
    if b < 0:
        return floor_alone, 0.0
    return a, b


def row_levels(heard, floor, interpreter):
    """dBFS of the floor, the interpreter and all; what is 20 dB below the rest cannot be told."""
    total = decibels(heard.sum(axis=1).mean())
    gains = fit(heard, floor, interpreter)
    parts = [decibels(gain * voice.sum(axis=1).mean())
             for gain, voice in zip(gains, (floor, interpreter))]
    return [float(level) if level > max(-65, total - 20) else SILENT_DB for level in (*parts, total)]


class Known:
    """What was said on the floor and in the booth, as band powers on the demo's clock."""

    def __init__(self, floor, interpreter):
        self.floor = band_powers(floor)
        self.interpreter = band_powers(interpreter)

    def heard(self, recording, offset_s, window_s=0.5, hop_s=0.1, last_s=None, lag=None):
        """Rows (time, floor dBFS, interpreter dBFS, all dBFS) of a recording that begins at offset_s
        on the demo's clock; only the last last_s when given. SILENT_DB where nothing is."""
        powers = band_powers(recording)
        shift = int(round(offset_s * RATE_HZ / HOP))
        index = numpy.arange(len(powers)) + shift
        inside = (index >= 0)
        floor, interpreter = (numpy.zeros_like(powers) for _ in range(2))
        if len(self.floor):
            floor[inside] = self.floor[index[inside] % len(self.floor)]
            interpreter[inside] = self.interpreter[index[inside] % len(self.interpreter)]
        if lag is None:
            lag = lag_frames(powers, floor + interpreter)
        floor, interpreter = (numpy.roll(x, lag, axis=0) for x in (floor, interpreter))
        window, hop = int(window_s * RATE_HZ / HOP), int(hop_s * RATE_HZ / HOP)
        first = max(0, len(powers) - int(last_s * RATE_HZ / HOP)) if last_s else 0
        rows = []
        for start in range(first, len(powers) - window + 1, hop):
            part = slice(start, start + window)
            rows.append(((start + window / 2 + shift) * HOP / RATE_HZ,
                         *row_levels(powers[part], floor[part], interpreter[part])))
        return rows
