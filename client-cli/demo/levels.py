# SPDX-License-Identifier: BSD-3-Clause
"""How loud each known voice is inside a mix.

The voices are known, so a recording is explained by them: R = a·F + b·I, with F the floor and I the
interpreter, each delayed by what coding and buffers took. Two people's speech is nearly orthogonal
as a waveform, and Opus keeps the waveform well below 4 kHz, so the gains a and b that fit best over
half a second are what the listener hears. The work is done at 8 kHz.
"""

import numpy

from speech import RATE_HZ

LOW_RATE_HZ = 8000
BAND_HZ = (250, 3400)
SILENT_DB = -90.0
LAG_MOST_S = 0.8
WANDER = LOW_RATE_HZ * 30 // 1000  # from one window to the next
TAPS = 33
SURE, ALIKE = 0.5, 0.18  # correlations: the lag is this; the voice is there (less is codec noise)
QUIET_DB = -65.0


def decibels(power):
    return 10 * numpy.log10(numpy.maximum(power, 1e-9))


def narrowed(sound):
    """At 8 kHz, and only the band in which codecs keep the waveform."""
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


class Voice:
    """One known voice, played again and again; places are samples at 8 kHz on the demo's clock."""

    def __init__(self, sound):
        self.low = narrowed(sound)
        self.wide = sound

    def part(self, start, n):
        return self.low[(start + numpy.arange(n)) % len(self.low)]

    def level_db(self, start, n):
        first = start * RATE_HZ // LOW_RATE_HZ
        wide = self.wide[(first + numpy.arange(n * RATE_HZ // LOW_RATE_HZ)) % len(self.wide)]
        return float(decibels((wide ** 2).mean()))

    def lag(self, heard, start):
        """By how much the recording is later than the voice."""
        most = int(LAG_MOST_S * LOW_RATE_HZ)
        said = self.part(start - most, len(heard) + most)
        return most - int(numpy.argmax(correlation(said, heard)))

    def is_silent(self, start, n):
        part = self.part(start, n)
        return part @ part < 1e-5 * n

    def best_fit(self, heard, start, least_lag, most_lag):
        """(part, lag, likeness): what fits heard best with a lag from least_lag to most_lag."""
        around = self.part(start - most_lag, len(heard) + most_lag - least_lag)
        scores = correlation(around, heard)
        best = int(numpy.argmax(scores))
        part = around[best:best + len(heard)]
        size = numpy.sqrt((part @ part) * (heard @ heard))
        return part, most_lag - best, float(scores[best] / size) if size > 1e-4 else 0.0


class Follower:
    """One voice in one recording: its lag wanders, since buffers grow and shrink."""

    def __init__(self, voice, heard, start):
        self.voice = voice
        self.lag = voice.lag(heard, start)

    def fit(self, heard, start):
        """(part, likeness), and keeps the lag."""
        part, lag, likeness = self.voice.best_fit(heard, start, self.lag - WANDER, self.lag + WANDER)
        if likeness < SURE:
            found = self.voice.best_fit(heard, start, 0, int(LAG_MOST_S * LOW_RATE_HZ))
            if found[2] >= SURE:
                part, lag, likeness = found
        if likeness >= SURE:
            self.lag = lag
        return part, likeness

    def level_db(self, start, n, power_factor):
        return self.voice.level_db(start - self.lag, n) + float(decibels(power_factor))


def factor_of(part, heard):
    return max(0.0, float(part @ heard) / (float(part @ part) + 1e-9))


def without(heard, voice, start, lag):
    """heard less all that a voice explains, filtered a little: codecs colour, buffers stretch."""
    around = voice.part(start - lag - TAPS // 2, len(heard) + TAPS - 1)
    copies = numpy.lib.stride_tricks.sliding_window_view(around, len(heard))
    square = copies @ copies.T
    square += numpy.eye(TAPS) * (1e-4 * square.trace() / TAPS + 1e-9)
    return heard - numpy.linalg.solve(square, copies @ heard) @ copies


def factors(heard, followers, start):
    """The factor with which each of two voices is in heard: the one that is most like it first, the
    other in what is left when the first is taken out; 0 where it is not like anything there."""
    fits = [follower.fit(heard, start) for follower in followers]
    parts = [part for part, _ in fits]
    silent = [f.voice.is_silent(start - f.lag, len(heard)) for f in followers]
    first = int(numpy.argmax([likeness for _, likeness in fits]))
    second = 1 - first
    out = [0.0, 0.0]
    if silent[0] != silent[1]:  # nobody else can be what is heard
        first = silent.index(False)
        out[first] = numpy.sqrt(heard @ heard / (parts[first] @ parts[first] + 1e-9))
        return out, parts
    if fits[first][1] < ALIKE:
        return out, parts
    out[first] = factor_of(parts[first], heard)
    rest = without(heard, followers[first].voice, start, followers[first].lag)
    parts[second], likeness = followers[second].fit(rest, start)
    if likeness >= ALIKE:
        out[second] = factor_of(parts[second], rest)
        out[first] = factor_of(parts[first], heard - out[second] * parts[second])
    return out, parts


class Known:
    """What was said on the floor and in the booth."""

    def __init__(self, floor, interpreter):
        self.voices = [Voice(floor), Voice(interpreter)]

    @staticmethod
    def row(heard, start, followers, all_db):
        if all_db <= QUIET_DB:
            return [SILENT_DB] * 3
        found, parts = factors(heard, followers, start)
        # Buffers that stretch the sound cost likeness, not loudness: what is there is shared out.
        explained = sum(factor ** 2 * (part @ part) for factor, part in zip(found, parts))
        share = heard @ heard / explained if explained > 0 else 1.0
        levels_db = [follower.level_db(start, len(heard), share * factor ** 2) if factor else SILENT_DB
                     for follower, factor in zip(followers, found)]
        return [level_db if level_db > QUIET_DB else SILENT_DB for level_db in (*levels_db, all_db)]

    def heard(self, recording, offset_s, window_s=0.4, hop_s=0.1, last_s=None):
        """Rows (time, floor dBFS, interpreter dBFS, all dBFS) of a recording that begins at offset_s
        on the demo's clock; only the last last_s when given. SILENT_DB where nothing is."""
        low = narrowed(recording)
        begins = int(round(offset_s * LOW_RATE_HZ))
        if not len(low):
            return []
        followers = [Follower(voice, low, begins) for voice in self.voices]
        window, hop = int(window_s * LOW_RATE_HZ), int(hop_s * LOW_RATE_HZ)
        first = max(0, len(low) - int(last_s * LOW_RATE_HZ)) if last_s else 0
        rows = []
        for at in range(first, len(low) - window + 1, hop):
            wide = recording[at * RATE_HZ // LOW_RATE_HZ:(at + window) * RATE_HZ // LOW_RATE_HZ]
            all_db = float(decibels((wide ** 2).mean()))
            rows.append(((begins + at + window / 2) / LOW_RATE_HZ,
                         *self.row(low[at:at + window], begins + at, followers, all_db)))
        return rows
