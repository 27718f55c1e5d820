# SPDX-License-Identifier: BSD-3-Clause
"""Scenes: people who speak at given moments, people who listen, and what each ought to hear of whom.

Every voice is a real one, filtered to a band of its own, so that its level shows in what anybody
hears. All moments are seconds of the scene; its zero is where the sounds began to be played.
"""

import numpy as np

from lib import judge, sound
from lib.sound import RATE_HZ, band_shape, rms_dbfs

# A client's own gain control turns narrow bands down by 3 dB and more where they peak near -6 dBFS, for half a second,
# whatever the server does. Made even, these peak at -13, and two of them together stay below the knee of a track's limiter.
VOICE_DBFS = -31.0
BANDS_HZ = ((150.0, 1000.0), (1400.0, 2500.0), (3000.0, 4300.0), (5000.0, 6600.0))
SILENT_DB = -30.0  # a voice that is not to be heard is at least so much weaker than it was said
WITHIN_S = 0.1  # what happens by a rule happens then
HOLD_S = 2.0  # an interpreter still counts as interpreting so long after their last voice
OPEN_S, HANG_S = 0.03, 0.15  # the detector's: voice begins and ends so long after the sound
HALF_DOWN_S = 0.015  # the attack of 30 ms
HALF_UP_S = 0.2  # the floor comes back in 0.4 s, linear in dB
EDGE_S = 0.35  # around a moment at which something changes nothing is judged
SLOWER = 3  # all bands lie below 8 kHz: judged at a third of the rate
JUDGED_HZ = RATE_HZ // SLOWER
SHORTEST_PAUSE_S = 0.04
SLIP_S = 0.3  # so far a listener's playing is followed
STALL_S = 0.1  # jitter buffers move by less at a time: a machine that had no time to play does this
MATERIAL_S = 8.0  # of speech; longer parts repeat it
STEP_S = 0.01


class Voice:
    """One person's part: in which band, and when they speak."""

    def __init__(self, name, language, hz, spans, dbfs=VOICE_DBFS):
        self.name, self.language, self.hz, self.spans, self.dbfs = name, language, hz, spans, dbfs

    def samples(self, seconds):
        out = sound.silence(seconds)
        longest = min(max(end - begin for begin, end in self.spans), MATERIAL_S)
        whole = sound.band(sound.speech(self.language, 1.5 * longest + 2, pauses=False), *self.hz)
        whole = sound.band(sound.even(whole), *self.hz)
        whole = sound.without_pauses(whole, SHORTEST_PAUSE_S, 25)
        first_s, last_s = judge.sounding(whole, rms_dbfs(whole) - 6)  # so that it begins and ends with sound
        whole = whole[round(first_s * RATE_HZ):round(last_s * RATE_HZ)]
        for begin, end in self.spans:
            part = sound.at_level(np.resize(whole, round((end - begin) * RATE_HZ)), self.dbfs)
            fade = round(0.01 * RATE_HZ)
            part[:fade] *= np.linspace(0, 1, fade)
            part[-fade:] *= np.linspace(1, 0, fade)
            start = round(begin * RATE_HZ)
            out[start:start + len(part)] = part
        return out


class Bands:
    """Recordings cut into bands, at JUDGED_HZ. One spectrum for each recording, however many bands."""

    def __init__(self, take, given):
        self._sounds = {(kind, name): one for kind, sounds in (("given", given), ("said", take.said),
                                                               ("heard", take.heard))
                        for name, one in sounds.items()}
        longest = max(len(one) for one in self._sounds.values()) + 2 * RATE_HZ
        self._size = SLOWER << (longest // SLOWER).bit_length()  # its FFT is quick
        self._n_bins = self._size // SLOWER // 2 + 1
        self._hz = np.arange(self._n_bins) * RATE_HZ / self._size
        self._spectra, self._cut = {}, {}

    def _spectrum(self, of):
        if of not in self._spectra:
            whole = np.fft.rfft(self._sounds[of], self._size)
            self._spectra[of] = whole[:self._n_bins] / SLOWER
        return self._spectra[of]

    def get(self, of, hz):
        """A band of the recording `of`: ("said" or "heard", by whom)."""
        if (of, hz) not in self._cut:
            spectrum = self._spectrum(of) * band_shape(self._hz, *hz)
            n = len(self._sounds[of]) // SLOWER
            self._cut[of, hz] = np.fft.irfft(spectrum, self._size // SLOWER)[:n]
        return self._cut[of, hz]

    def lag(self, earlier, later, hz, most_s=1.5):
        """The lag (at JUDGED_HZ) at which the band of one recording fits best that of an earlier one."""
        product = self._spectrum(later) * np.conj(self._spectrum(earlier)) * band_shape(self._hz, *hz) ** 2
        fit = np.fft.irfft(product, self._size // SLOWER)
        return int(np.argmax(fit[:round(most_s * JUDGED_HZ)]))


class Scene:
    """What was said and heard, once rig.carry() has played it."""

    def __init__(self, voices, take, given):
        """given: {name: the samples that were played}."""
        self.voices = {voice.name: voice for voice in voices}
        self.take = take
        self._bands = Bands(take, given)
        # Where in the recordings each voice's own clock begins.
        self.zero_s = {one.name: self._bands.lag(("given", one.name), ("said", one.name), one.hz) / JUDGED_HZ
                       for one in voices}
        self._lags, self._gains, self._later_s = {}, {}, {}

    @classmethod
    def play(cls, rig, voices, people, listeners, seconds, acts=()):
        """people: {name: client}, who speak; listeners: clients; acts: (moment, what to call)."""
        sounds = {people[voice.name]: voice.samples(seconds) for voice in voices}
        scene = cls(voices, rig.carry(sounds, listeners, acts=acts),
                    {client.name: samples for client, samples in sounds.items()})
        rig.check_machine(scene.slips())
        return scene

    def on_one_clock(self, voice, moment):
        """A moment of that voice's clock on that of the first voice: each began to be played a little later, and
        each speaker's program takes a little longer or less to send."""
        first = next(iter(self.voices))
        return moment + self.zero_s[voice] - self.zero_s[first] + self._later_by(voice, first)

    def _later_by(self, voice, first):
        """By how much a voice is later than the first one on its way to the server: who hears both tells."""
        if voice not in self._later_s:
            both = [self.lag_s(name, voice) - self.lag_s(name, first) for name in self.take.heard
                    if self._is_heard(name, voice) and self._is_heard(name, first)]
            self._later_s[voice] = float(np.median(both)) if both else 0.0
        return self._later_s[voice]

    def _is_heard(self, listener, voice):
        return bool(self._lags_found(listener).get(voice))

    def silent_since(self, voice, end_s):
        """When the detector has heard the last of a voice that ends at end_s, on one clock."""
        return self.on_one_clock(voice, end_s + HANG_S)

    def voiced_from(self, voice, begin_s):
        """When the detector hears a voice that begins at begin_s, on one clock."""
        return self.on_one_clock(voice, begin_s + OPEN_S)

    def check_moment(self, test, what, passes, expected_s, is_up):
        """One change, that way, at that time of the one clock; returns the report."""
        with test.subTest(what):
            test.assertEqual([up for _, up in passes], [is_up], passes)
            test.assertLessEqual(abs(passes[0][0] - expected_s), WITHIN_S, (passes, expected_s))
        return f"{what}: {', '.join(f'{at:.2f}' for at, _ in passes)}, expected at {expected_s:.2f} s"

    def _said(self, voice):
        return self._bands.get(("said", voice), self.voices[voice].hz)

    def _heard(self, listener, voice):
        return self._bands.get(("heard", listener), self.voices[voice].hz)

    def _lags_of(self, listener, voice):
        """(moments, lags in samples) where the voice was heard clearly; of another, where this one never was."""
        found = self._lags_found(listener)
        rows = found.get(voice, [])
        if not rows:
            rows = max(found.values(), key=len, default=[])
        assert rows, f"{listener} heard nobody clearly"
        return np.array([row[0] for row in rows]), np.array([row[1] for row in rows])

    def _lags_found(self, listener):
        if listener not in self._lags:
            self._lags[listener] = {name: self._find_lags(listener, name)
                                    for name in self.voices if name != listener}
        return self._lags[listener]

    def slips(self):
        """Where what a listener heard of a voice that went on was suddenly played later, or earlier."""
        found = []
        for listener in self.take.heard:
            for voice, rows in self._lags_found(listener).items():
                found += [f"{listener} heard {voice} {(later - lag) / JUDGED_HZ * 1000:+.0f} ms later from {at:.1f} s on"
                          for (before, lag), (at, later) in zip(rows, rows[1:])
                          if at - before < 1 and abs(later - lag) > STALL_S * JUDGED_HZ]
        return found

    def _find_lags(self, listener, voice):
        said, heard = self._said(voice), self._heard(listener, voice)
        at = self._bands.lag(("said", voice), ("heard", listener), self.voices[voice].hz)
        rows = judge.windows(said, heard, at, 0.5, SLIP_S, JUDGED_HZ, self.voices[voice].dbfs - 20)
        return [(start + 0.25, here) for start, here, fit, gain in rows if fit > 0.8 and gain > SILENT_DB]

    def lag(self, listener, voice, at_s):
        """In samples, at that moment of the recordings."""
        moments, lags = self._lags_of(listener, voice)
        return int(lags[np.argmin(np.abs(moments - at_s))])

    def lag_s(self, listener, voice):
        """In seconds, the median."""
        return float(np.median(self._lags_of(listener, voice)[1])) / JUDGED_HZ

    def _gain(self, listener, voice, start_s, length_s):
        """(dB heard against said, dBFS said), of that much of the recordings."""
        said, heard = self._said(voice), self._heard(listener, voice)
        start, n = round(start_s * JUDGED_HZ), round(length_s * JUDGED_HZ)
        start = max(start, 0)
        here = start + self.lag(listener, voice, start_s + length_s / 2)
        said_dbfs = rms_dbfs(said[start:start + n])
        return rms_dbfs(heard[here:here + n]) - said_dbfs, said_dbfs

    def gains(self, listener, voice, window_s=0.2):
        """(moments of the voice's clock, levels in dB against what was said), where it was said."""
        if (listener, voice) not in self._gains:
            length_s = len(self._said(voice)) / JUDGED_HZ
            rows = []
            for start_s in np.arange(0, length_s - window_s, window_s):
                gain, said_dbfs = self._gain(listener, voice, start_s, window_s)
                if said_dbfs > self.voices[voice].dbfs - 12:
                    rows.append((start_s + window_s / 2 - self.zero_s[voice], gain))
            self._gains[listener, voice] = np.array(rows).T
        return self._gains[listener, voice]

    def level(self, listener, voice, begin_s, end_s):
        """The median level of that voice in dB against what was said, between two moments."""
        moments, levels = self.gains(listener, voice)
        inside = (moments >= begin_s + EDGE_S) & (moments <= end_s - EDGE_S)
        assert inside.any(), f"{voice} said nothing from {begin_s} to {end_s}"
        return float(np.median(levels[inside]))

    def part(self, listener, voice, begin_s, end_s):
        """All that the listener heard while that voice was said between two moments."""
        first = self.zero_s[voice] + begin_s + self.lag(listener, voice, self.zero_s[voice] + begin_s) / JUDGED_HZ
        return self.take.heard[listener][round(first * RATE_HZ):round((first + end_s - begin_s) * RATE_HZ)]

    def passes_s(self, listener, voice, db, begin_s, end_s):
        """The moments at which that voice's level rises or falls through db and stays so, for 0.2 s:
        [(moment, is_up)]. From begin_s to end_s of the speaker's clock; the moments are on one clock for all
        (see on_one_clock), and each is that of the word at which it happens, whatever the way to the listener
        takes. Judged only while the voice is being said."""
        zero, half = self.zero_s[voice], 2 * STEP_S
        moments, is_up = [], []
        for moment in np.arange(begin_s, end_s, STEP_S):
            gain, said_dbfs = self._gain(listener, voice, zero + moment - half, 2 * half)
            if said_dbfs > self.voices[voice].dbfs - 20:  # a syllable, not the gap after it
                moments.append(moment)
                is_up.append(gain > db)
        passes, steady = [], round(0.2 / STEP_S)
        now = is_up[0]
        for i in range(len(is_up) - steady):
            others = sum(one != now for one in is_up[i:i + steady])  # a syllable's edge says little
            if is_up[i] != now and others >= 0.8 * steady:
                now = not now
                passes.append((self.on_one_clock(voice, float(moments[i])), now))
        return passes

    def gaps_s(self, listener, voice, begin_s, end_s, least_s=0.06):
        """Where, between two moments, that voice is missing for at least so long: [(moment, length)]."""
        found, since = [], None
        for moment in np.arange(begin_s, end_s, STEP_S):
            gain, said_dbfs = self._gain(listener, voice, self.zero_s[voice] + moment, STEP_S)
            if said_dbfs < self.voices[voice].dbfs - 12:
                continue
            if gain < SILENT_DB:
                since = moment if since is None else since
            elif since is not None:
                found.append((float(since), float(moment - since)))
                since = None
        return [one for one in found if one[1] >= least_s]

    def check(self, test, rows, tolerance_db=1.5, more_db=None):
        """rows: (what, listener, voice, from, to, level in dB or None for silence). more_db: {voice: dB}, what
        is added to the levels of that voice (levelling does)."""
        report = []
        for what, listener, voice, begin_s, end_s, expected in rows:
            level = self.level(listener, voice, begin_s, end_s)
            if expected is not None:
                expected += (more_db or {}).get(voice, 0.0)
            report.append(f"{what}: {listener} hears {voice} {level:+.1f} dB "
                          f"({'silence' if expected is None else f'{expected:+.0f}'})")
            with test.subTest(what, listener=listener, voice=voice):
                if expected is None:
                    test.assertLess(level, SILENT_DB)
                else:
                    test.assertLessEqual(abs(level - expected), tolerance_db)
        return report
