# SPDX-License-Identifier: BSD-3-Clause
"""How loud each known voice is inside a mix.

The voices are known, so a recording is explained by them: in each cell of the spectrogram its power
should be a·F + b·I, with F the floor's power there and I the interpreter's. The gains a and b are
those of least Kullback-Leibler divergence over half a second. That measure heeds the cells between
the harmonics and words of the louder voice, where the softer one shows; and since phase plays no
part, neither coding twice nor buffers that stretch the sound disturb it. The work is done at 8 kHz.
"""

import numpy

from speech import RATE_HZ

LOW_RATE_HZ = 8000
BAND_HZ = (250, 3400)
SIZE, HOP = 512, 80  # samples of a frame of the spectrogram, and from one to the next: 10 ms
FRAMES_S = HOP / LOW_RATE_HZ
SMOOTH = 3           # frames
STEPS = 10           # of the fit
LAG_S = (-0.3, 0.8)  # below zero, since the moment a voice began is known but roughly
WANDER = (-9, -6, -4, -2, -1, 0, 1, 2, 4, 6, 9)  # frames, from one row to the next
CLEARLY = 0.2        # of the power: enough to learn a lag from
SILENT_DB, QUIET_DB = -90.0, -65.0
TOLD_BELOW_DB = 20   # a voice so far below the rest cannot be told from the codec's noise
SHORTEST_ROWS = 5    # what is seen for less is chance likeness


def decibels(power):
    return 10 * numpy.log10(numpy.maximum(power, 1e-9))


def narrowed(sound):
    """At 8 kHz, and only the band that every codec keeps."""
    n = len(sound) * LOW_RATE_HZ // RATE_HZ
    if n < 2:
        return numpy.zeros(0)
    spectrum = numpy.fft.rfft(sound)
    hz = numpy.fft.rfftfreq(len(sound), 1 / RATE_HZ)
    spectrum[(hz < BAND_HZ[0]) | (hz > BAND_HZ[1])] = 0
    return numpy.fft.irfft(spectrum[:n // 2 + 1], n) * n / len(sound)


def correlation(a, b):
    """c[k] = Σ a[i + k] b[i], for k from 0 to len(a) - len(b)."""
    n = 1 << int(len(a) + len(b) - 1).bit_length()
    product = numpy.fft.irfft(numpy.fft.rfft(a, n) * numpy.conj(numpy.fft.rfft(b, n)), n)
    return product[:max(0, len(a) - len(b)) + 1]


def spectrogram(low):
    """frames × pairs of bins, smoothed over time."""
    if len(low) < SIZE:
        return numpy.zeros((0, 1))
    frames = numpy.lib.stride_tricks.sliding_window_view(low, SIZE)[::HOP]
    power = numpy.abs(numpy.fft.rfft(frames * numpy.hanning(SIZE), axis=1)) ** 2 / SIZE
    first, last = (int(hz * SIZE / LOW_RATE_HZ) // 2 * 2 for hz in BAND_HZ)
    power = power[:, first:last:2] + power[:, first + 1:last + 1:2]
    out = numpy.zeros_like(power)
    for shift in range(-(SMOOTH // 2), SMOOTH // 2 + 1):
        out += numpy.roll(power, shift, axis=0) / SMOOTH
    return out


class Voice:
    """One known voice, played again and again."""

    def __init__(self, sound):
        self.wide, self.low = sound, narrowed(sound)
        self.power = spectrogram(numpy.concatenate([self.low, self.low[:SIZE]]))

    def part(self, frame, n):
        return self.power[(frame + numpy.arange(n)) % len(self.power)]

    def level_db(self, frame, n):
        step = HOP * RATE_HZ // LOW_RATE_HZ
        wide = self.wide[(frame * step + numpy.arange(n * step)) % len(self.wide)]
        return float(decibels((wide ** 2).mean()))

    def lag(self, low, start):
        """By how many samples a recording that begins at start is later than the voice, and how
        clearly so."""
        least, most = (int(limit_s * LOW_RATE_HZ) for limit_s in LAG_S)
        said = self.low[(start - most + numpy.arange(len(low) + most - least)) % len(self.low)]
        scores = correlation(said, low)
        best = int(numpy.argmax(scores))
        return most - best, float(scores[best])


def divergence_fit(heard, voices):
    """The divergence that is left, and the power gain of each voice."""
    sums = [voice.sum() for voice in voices]
    gains = [1.0 if total > 1e-3 else 0.0 for total in sums]
    for _ in range(STEPS):
        ratio = heard / (sum(gain * voice for gain, voice in zip(gains, voices)) + 1e-9)
        gains = [gain * (ratio * voice).sum() / total if gain > 0 else 0.0
                 for gain, voice, total in zip(gains, voices, sums)]
    model = sum(gain * voice for gain, voice in zip(gains, voices)) + 1e-9
    return float((model - heard * numpy.log(model)).sum()), gains


class Known:
    """What was said on the floor and in the booth."""

    def __init__(self, floor, interpreter):
        self.voices = [Voice(floor), Voice(interpreter)]

    def fit(self, heard, frame, lags):
        """The gains at the best lags near those given. A voice that is clearly there keeps its lag
        for the next row."""
        used = list(lags)
        best = divergence_fit(heard, self.parts(frame, used, len(heard)))
        for index in range(len(lags)):
            for near in set(lags):  # both came the same way, so one may tell of the other
                for lag in (near + change for change in WANDER):
                    tried = [*used[:index], lag, *used[index + 1:]]
                    found = divergence_fit(heard, self.parts(frame, tried, len(heard)))
                    if found[0] < best[0]:
                        best, used = found, tried
        for index, (voice, gain) in enumerate(zip(self.parts(frame, used, len(heard)), best[1])):
            if gain * voice.sum() > CLEARLY * heard.sum():
                lags[index] = used[index]
        return best[1]

    def parts(self, frame, lags, n):
        return [voice.part(frame - lag, n) for voice, lag in zip(self.voices, lags)]

    def row(self, heard, frame, lags, all_db):
        if all_db <= QUIET_DB:
            return [SILENT_DB] * 3
        levels_db = []
        for voice, lag, gain in zip(self.voices, lags, self.fit(heard, frame, lags)):
            level_db = voice.level_db(frame - lag, len(heard)) + float(decibels(gain))
            is_told = gain > 0 and level_db > max(QUIET_DB, all_db - TOLD_BELOW_DB)
            levels_db.append(min(level_db, all_db) if is_told else SILENT_DB)
        return [*levels_db, all_db]

    def heard(self, recording, offset_s, window_s=0.5, hop_s=0.1, last_s=None):
        """Rows (time, floor dBFS, interpreter dBFS, all dBFS) of a recording that begins at offset_s
        on the demo's clock; only the last last_s when given. SILENT_DB where nothing is."""
        low = narrowed(recording)
        start = int(offset_s * LOW_RATE_HZ)
        if len(low) < 2 * SIZE:
            return []
        found = [voice.lag(low, start) for voice in self.voices]
        clearest = max(found, key=lambda lag_and_score: lag_and_score[1])[0]
        cut = (clearest - start) % HOP  # from here on, its frames and the recording's are the same
        low, start, recording = low[cut:], start + cut, recording[cut * RATE_HZ // LOW_RATE_HZ:]
        power, begins = spectrogram(low), start // HOP
        lags = [begins - round((start - lag) / HOP) for lag, _ in found]
        window, hop = int(window_s / FRAMES_S), int(hop_s / FRAMES_S)
        first = max(0, len(power) - int(last_s / FRAMES_S)) if last_s else 0
        step = HOP * RATE_HZ // LOW_RATE_HZ
        rows = []
        for at in range(first, len(power) - window + 1, hop):
            wide = recording[at * step:(at + window) * step]
            all_db = float(decibels((wide ** 2).mean()))
            rows.append(((begins + at + window / 2) * FRAMES_S,
                         *self.row(power[at:at + window], begins + at, lags, all_db)))
        return rows


def steady(rows):
    """The rows without what was seen for a moment only."""
    columns = [list(column) for column in zip(*rows)]
    for column in columns[1:3]:
        began = 0
        for index, level_db in enumerate([*column, SILENT_DB]):
            if level_db <= SILENT_DB:
                if index - began < SHORTEST_ROWS:
                    column[began:index] = [SILENT_DB] * (index - began)
                began = index + 1
    return list(zip(*columns))
