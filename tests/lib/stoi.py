# SPDX-License-Identifier: BSD-3-Clause
"""How intelligible speech is that has been through something, from 0 to 1: STOI.

C. H. Taal, R. C. Hendriks, R. Heusdens, J. Jensen: "An Algorithm for Intelligibility Prediction of Time-Frequency
Weighted Noisy Speech", IEEE Trans. Audio, Speech, Lang. Process. 19(7), 2011. Signals at 10 kHz; frames of 256 samples,
half overlapping, Hann, 512 points; fifteen third-octave bands from 150 Hz; segments of 30 frames (384 ms), brought
to the same energy in each band and clipped at -15 dB; the mean correlation of clean and degraded.

unit.stoi (tests/unit/stoi_test.py) is its own check: clean speech is 1, and noise makes it worse, the more the worse.
"""

import numpy as np

RATE_HZ = 10000
_FRAME, _POINTS, _SEGMENT = 256, 512, 30
_BANDS, _LOWEST_HZ, _CLIP_DB, _SILENT_DB = 15, 150.0, -15.0, 40.0
_WINDOW = np.hanning(_FRAME + 2)[1:-1]


def resample(samples, from_hz, to_hz):
    """Band-limited, through the spectrum of the whole signal."""
    samples = np.asarray(samples, dtype=float)
    n = int(round(len(samples) * to_hz / from_hz))
    spectrum = np.fft.rfft(samples)
    out = np.zeros(n // 2 + 1, dtype=complex)
    m = min(len(out), len(spectrum))
    out[:m] = spectrum[:m]
    return np.fft.irfft(out, n) * (n / len(samples))


def _frames(samples):
    starts = range(0, len(samples) - _FRAME + 1, _FRAME // 2)
    return np.array([samples[at:at + _FRAME] * _WINDOW for at in starts])


def _without_silence(clean, degraded):
    """Both, without the frames in which the clean one is 40 dB below its loudest."""
    a, b = _frames(clean), _frames(degraded)
    energy_db = 20 * np.log10(np.linalg.norm(a, axis=1) + 1e-12)
    keep = energy_db > energy_db.max() - _SILENT_DB
    out = []
    for frames in (a[keep], b[keep]):
        signal = np.zeros((len(frames) - 1) * _FRAME // 2 + _FRAME)
        for i, frame in enumerate(frames):
            signal[i * _FRAME // 2:i * _FRAME // 2 + _FRAME] += frame
        out.append(signal)
    return out


def _bands():
    """One row a band: which of the points belong to it."""
    hz = np.arange(_POINTS // 2 + 1) * RATE_HZ / _POINTS
    rows = np.zeros((_BANDS, len(hz)))
    for i in range(_BANDS):
        centre = _LOWEST_HZ * 2 ** (i / 3)
        low, high = (int(np.argmin(np.abs(hz - centre * 2 ** (side / 6)))) for side in (-1, 1))
        rows[i, low:high] = 1
    return rows


def _envelopes(samples, bands):
    power = np.abs(np.fft.rfft(_frames(samples), _POINTS, axis=1)) ** 2
    return np.sqrt(power @ bands.T).T  # (band, frame)


def stoi(clean, degraded, rate_hz=RATE_HZ):
    """Of two signals that are aligned to within a few ms. A lower score is less intelligible."""
    n = min(len(clean), len(degraded))
    clean, degraded = (np.asarray(one[:n], dtype=float) for one in (clean, degraded))
    if rate_hz != RATE_HZ:
        clean, degraded = (resample(one, rate_hz, RATE_HZ) for one in (clean, degraded))
    clean, degraded = _without_silence(clean, degraded)
    bands = _bands()
    x, y = _envelopes(clean, bands), _envelopes(degraded, bands)
    if x.shape[1] < _SEGMENT:
        raise ValueError("less than 384 ms of speech")
    clip = 1 + 10 ** (-_CLIP_DB / 20)
    scores = []
    for end in range(_SEGMENT, x.shape[1] + 1):
        a, b = x[:, end - _SEGMENT:end], y[:, end - _SEGMENT:end]
        scale = np.linalg.norm(a, axis=1, keepdims=True) / (np.linalg.norm(b, axis=1, keepdims=True) + 1e-12)
        b = np.minimum(b * scale, a * clip)
        a, b = a - a.mean(axis=1, keepdims=True), b - b.mean(axis=1, keepdims=True)
        norms = np.linalg.norm(a, axis=1) * np.linalg.norm(b, axis=1) + 1e-12
        scores.append(np.mean(np.sum(a * b, axis=1) / norms))
    return float(np.mean(scores))


def align(clean, degraded, rate_hz, most_s=1.0):
    """The degraded signal moved to where it fits the clean one best, by at most most_s."""
    n = 1 << (len(clean) + len(degraded)).bit_length()  # a length with a large prime factor takes seconds
    found = np.fft.irfft(np.fft.rfft(degraded, n) * np.conj(np.fft.rfft(clean, n)), n)
    most = int(most_s * rate_hz)
    lags = np.concatenate([np.arange(0, most), np.arange(-most, 0)])
    lag = int(lags[np.argmax(found[lags])])
    moved = np.concatenate([np.zeros(max(0, -lag)), degraded[max(0, lag):]])
    out = np.zeros(len(clean))
    out[:min(len(clean), len(moved))] = moved[:len(clean)]
    return out
