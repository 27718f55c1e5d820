# SPDX-License-Identifier: BSD-3-Clause
"""Judges of sound: what was heard against what was said. Pure functions on arrays at 48 kHz.

Convention: a lag says that heard[n + lag] is what was said at said[n].
"""

import numpy as np

from lib.sound import RATE_HZ, band, rms_dbfs

FRAME = RATE_HZ // 100  # 10 ms
AUDIBLE_DBFS = -45.0  # a window of speech below this is a pause and is not judged


def lag(said, heard, most_s=3.0, least_s=0.0):
    """The lag in samples at which the two fit best, between least_s and most_s."""
    size = 1 << int(len(said) + len(heard) - 1).bit_length()
    product = np.fft.rfft(heard, size) * np.conj(np.fft.rfft(said, size))
    fit = np.fft.irfft(product, size)
    lags = np.arange(round(least_s * RATE_HZ), round(most_s * RATE_HZ) + 1)
    return int(lags[np.argmax(fit[lags % size])])


def _cut(samples, start, n):
    """samples[start:start + n], with zeros where there are none."""
    out = np.zeros(n, dtype=np.float64)
    low, high = max(start, 0), min(start + n, len(samples))
    if high > low:
        out[low - start:high - start] = samples[low:high]
    return out


def correlation(a, b):
    """Normalised, without removing a mean; 0 when either is silent."""
    energy = np.sqrt(np.dot(a, a) * np.dot(b, b))
    return float(np.dot(a, b) / energy) if energy > 0 else 0.0


def windows(said, heard, at, window_s=1.0, slip_s=0.03, rate_hz=RATE_HZ, audible_dbfs=AUDIBLE_DBFS):
    """For each window with something said: (start s, lag, correlation, level heard − said in dB).

    Within slip_s the lag follows, since a client shifts its playing when its jitter buffer does.
    """
    n = round(window_s * rate_hz)
    slip = round(slip_s * rate_hz)
    rows = []
    for start in range(0, len(said) - n + 1, n):
        a = said[start:start + n].astype(np.float64)
        if rms_dbfs(a) < audible_dbfs:
            continue
        around = _cut(heard, start + at - slip, n + 2 * slip)
        size = 1 << int(n + len(around)).bit_length()
        fit = np.fft.irfft(np.fft.rfft(around, size) * np.conj(np.fft.rfft(a, size)), size)
        here = int(np.argmax(fit[:2 * slip + 1]))
        b = around[here:here + n]
        rows.append((start / rate_hz, at - slip + here, correlation(a, b), rms_dbfs(b) - rms_dbfs(a)))
    return rows


def dropped_frames(said, heard, rows, window_s=1.0, floor_dbfs=-40.0, drop_db=15.0):
    """Times (s) of the 10 ms frames that were said but are missing in what was heard.

    `rows` is what windows() gave. A frame counts when it and both its neighbours were said above
    floor_dbfs and at the best lag there the one heard is drop_db weaker.
    """
    missing = []
    n = round(window_s * RATE_HZ)
    for start_s, at, _, _ in rows:
        start = round(start_s * RATE_HZ)
        a = said[start:start + n].astype(np.float64).reshape(-1, FRAME)
        b = _cut(heard, start + at, n).reshape(-1, FRAME)
        level_a = 10 * np.log10(np.mean(a * a, axis=1) + 1e-20)
        level_b = 10 * np.log10(np.mean(b * b, axis=1) + 1e-20)
        for i in range(1, len(a) - 1):
            if level_a[i - 1:i + 2].min() > floor_dbfs and level_b[i] < level_a[i] - drop_db:
                missing.append(round(start_s + i * 0.01, 3))
    return missing


def demodulated(samples, hz, width_s=0.02, step_s=0.005):
    """The complex amplitude of the tone of that frequency, every step_s, over width_s (Hann).

    Its magnitude is the tone's peak amplitude; index i is the moment i * step_s.
    """
    n = round(width_s * RATE_HZ)
    step = round(step_s * RATE_HZ)
    turned = samples * np.exp(-2j * np.pi * hz * np.arange(len(samples)) / RATE_HZ)
    window = np.hanning(n + 1)[:n]
    window /= window.sum()
    smooth = np.convolve(turned, window, mode="same") if len(turned) < 1 << 16 else _convolve(
        turned, window)
    return 2.0 * smooth[::step]


def _convolve(samples, window):
    """np.convolve(mode="same") by FFT."""
    size = 1 << int(len(samples) + len(window)).bit_length()
    full = np.fft.ifft(np.fft.fft(samples, size) * np.fft.fft(window, size))
    start = (len(window) - 1) // 2
    return full[start:start + len(samples)]


def tone_dbfs(samples, hz, width_s=0.1, step_s=0.01):
    """The level (dBFS, of the mean power) of the tone of that frequency, every step_s."""
    peak = np.abs(demodulated(samples, hz, width_s, step_s))
    return 20.0 * np.log10(np.maximum(peak, 1e-9) / np.sqrt(2.0))


def tone_breaks(samples, hz, most_db=1.0, most_rad=0.3):
    """Times (s) at which a steady tone is not steady: a dip or swell, or a jump of its phase.

    A lost or doubled 10 ms is a jump unless it is a whole number of periods: choose hz so that
    hz / 100 is not near an integer. Breaks within 50 ms are one.
    """
    turning = demodulated(samples, hz)
    step_s = 0.005
    level = 20 * np.log10(np.maximum(np.abs(turning), 1e-9))
    away = np.abs(level - np.median(level)) > most_db
    phase = np.unwrap(np.angle(turning))
    span = 6  # 30 ms: longer than the window, so that a jump is seen whole
    drift = np.median(phase[span:] - phase[:-span]) if len(phase) > span else 0.0
    jumps = np.zeros(len(phase), dtype=bool)
    jumps[span:] = np.abs(phase[span:] - phase[:-span] - drift) > most_rad
    edge = 10  # the convolution's own ends
    times = [i * step_s for i in np.flatnonzero(away | jumps) if edge <= i < len(level) - edge]
    return [t for i, t in enumerate(times) if i == 0 or t - times[i - 1] > 0.05]


def clicks(samples, low_hz, high_hz, over_db=12.0, floor_dbfs=-70.0):
    """Clicks: (time s, dB over the context) where a band that ought to be empty has a burst.

    A step in a signal is wide-band, a smooth ramp is not. In frames of 5 ms the band's energy is
    compared to the 95th percentile of the second around it.
    """
    step = RATE_HZ // 200
    high = band(samples, low_hz, high_hz, edge_hz=200.0)
    n = len(high) // step
    power = np.mean(np.square(high[:n * step].reshape(n, step), dtype=np.float64), axis=1)
    level = 10 * np.log10(power + 1e-20)
    found = []
    for i in range(4, n - 4):
        context = np.concatenate([level[max(0, i - 100):max(0, i - 3)], level[i + 4:i + 100]])
        over = level[i] - max(np.percentile(context, 95), floor_dbfs)
        if over > over_db and level[i] == level[max(0, i - 8):i + 9].max():
            found.append((round(i * step / RATE_HZ, 3), round(float(over), 1)))
    return found


class Heard:
    """The whole verdict on speech: median correlation, level, delay, missing frames."""

    def __init__(self, said, heard, most_s=3.0, least_s=0.0):
        self.lag = lag(said, heard, most_s, least_s)
        self.rows = windows(said, heard, self.lag)
        assert self.rows, "nothing was said"
        self.correlation = float(np.median([row[2] for row in self.rows]))
        self.worst = float(min(row[2] for row in self.rows))
        self.level_db = float(np.median([row[3] for row in self.rows]))
        lags = [row[1] for row in self.rows]
        # A client that shifts its playing in mid-window leaves part of that window out of line.
        steady = [row for i, row in enumerate(self.rows)
                  if np.ptp(lags[max(0, i - 1):i + 2]) < RATE_HZ // 200]
        self.n_steady = len(steady)
        self.missing = dropped_frames(said, heard, steady)
        self.slip_ms = (max(lags) - min(lags)) * 1000.0 / RATE_HZ

    def __str__(self):
        return (f"correlation {self.correlation:.3f} (worst second {self.worst:.3f}), level "
                f"{self.level_db:+.2f} dB, lag slips {self.slip_ms:.1f} ms, "
                f"missing frames {len(self.missing)} in {self.n_steady} steady of "
                f"{len(self.rows)} s {self.missing[:8]}")


def gains(said, heard, at, low_hz, high_hz, window_s=0.2, quiet_dbfs=-38.0):
    """How a band of the sound was changed on its way: arrays (middle of the window in s, dB).

    By energy, which the codec keeps even where it bends the waveform. Windows in which the band
    was said below quiet_dbfs are left out. Time is that of `said`. The lag follows by the half
    second where the two are alike: a listener's jitter buffer moves.
    """
    return gains_of_bands(band(said, low_hz, high_hz), band(heard, low_hz, high_hz), at, window_s,
                          quiet_dbfs)


def gains_of_bands(a, b, at, window_s=0.2, quiet_dbfs=-38.0):
    """The same of sounds that are cut to the band already."""
    n = round(window_s * RATE_HZ)
    alike = [row for row in windows(a, b, at, 0.5, 0.06) if row[2] > 0.75]
    times, levels = [], []
    for start in range(0, len(a) - n + 1, n):
        said_dbfs = rms_dbfs(a[start:start + n])
        if said_dbfs > quiet_dbfs:
            middle = (start + n / 2) / RATE_HZ
            here = min(alike, key=lambda row: abs(row[0] + 0.25 - middle))[1] if alike else at
            times.append(middle)
            levels.append(rms_dbfs(_cut(b, start + here, n)) - said_dbfs)
    return np.array(times), np.array(levels)


def sounding(samples, over_dbfs=-38.0):
    """(first, last) moment in s at which a 10 ms frame is above over_dbfs."""
    n = len(samples) // FRAME
    power = np.mean(np.square(samples[:n * FRAME].reshape(n, FRAME), dtype=np.float64), axis=1)
    loud = np.flatnonzero(10 * np.log10(power + 1e-20) > over_dbfs)
    assert len(loud), "there is no sound"
    return loud[0] * 0.01, (loud[-1] + 1) * 0.01


class Duck:
    """A floor speaker under an interpreter, each in a band of their own, as one listener hears them.

    All times are on the floor's own clock (what was said); levels in dB against what was said.
    """

    def __init__(self, floor, interpreter, heard, floor_band, interpreter_band):
        floor_heard = band(heard, *floor_band)
        self.floor_lag = lag(floor, floor_heard)
        self.interpreter_lag = lag(interpreter, band(heard, *interpreter_band))
        self.times, self.floor_db = gains(floor, heard, self.floor_lag, *floor_band)
        _, self.interpreter_db = gains(interpreter, heard, self.interpreter_lag, *interpreter_band)
        shift = (self.interpreter_lag - self.floor_lag) / RATE_HZ
        first, last = sounding(interpreter)
        self.begin_s, self.end_s = first + shift, last + shift
        top = min(floor_band[1], interpreter_band[1]), max(floor_band[1], interpreter_band[1])
        self.clicks = [(round(t - self.floor_lag / RATE_HZ, 3), over)
                       for t, over in clicks(heard, top[1] + 900, top[1] + 3900)]

    def floor(self, from_s, to_s):
        """The floor's median level between two moments."""
        inside = (self.times >= from_s) & (self.times <= to_s)
        assert inside.any(), f"the floor was silent from {from_s:.2f} to {to_s:.2f}"
        return float(np.median(self.floor_db[inside]))

    def interpreter(self):
        return float(np.median(self.interpreter_db))

    def back_s(self, within_db=1.5):
        """How long after the interpreter's end the floor is back, and stays, within_db of full."""
        # The median of three: a single quiet 100 ms says little through a codec.
        calm = np.array([np.median(self.floor_db[max(0, i - 1):i + 2])
                         for i in range(len(self.floor_db))])
        low = self.times[(self.times > self.end_s) & (calm < -within_db)]
        if not len(low):
            return 0.0
        later = self.times[self.times > low[-1]]
        return float(later[0] - self.end_s) if len(later) else float("inf")

    def clicks_between(self, from_s, to_s):
        return [one for one in self.clicks if from_s <= one[0] <= to_s]
