# SPDX-License-Identifier: BSD-3-Clause
"""Scenes: people who speak at given moments, people who listen, and what each ought to hear of whom.

Every voice is a real one, filtered to a band of its own, so that its level shows in what anybody
hears. All moments are seconds of the scene; its zero is where the sounds began to be played.
"""

import numpy as np

from lib import judge, sound
from lib.sound import RATE_HZ, band, rms_dbfs

# Peaks of a narrow band stand 22 dB above its mean: they stay below the knee of the limiters.
VOICE_DBFS = -28.0
BANDS_HZ = ((150.0, 1000.0), (1400.0, 2500.0), (3000.0, 4300.0), (5000.0, 6600.0))
SILENT_DB = -30.0  # a voice that is not to be heard is at least so much weaker than it was said
EDGE_S = 0.35  # around a moment at which something changes nothing is judged


class Voice:
    """One person's part: in which band, and when they speak."""

    def __init__(self, name, language, hz, spans, dbfs=VOICE_DBFS):
        self.name, self.language, self.hz, self.spans, self.dbfs = name, language, hz, spans, dbfs

    def samples(self, seconds):
        out = sound.silence(seconds)
        longest = max(end - begin for begin, end in self.spans)
        whole = sound.band(sound.speech(self.language, longest + 1, pauses=False), *self.hz)
        for begin, end in self.spans:
            part = sound.at_level(whole[:round((end - begin) * RATE_HZ)].copy(), self.dbfs)
            fade = round(0.01 * RATE_HZ)
            part[:fade] *= np.linspace(0, 1, fade)
            part[-fade:] *= np.linspace(1, 0, fade)
            start = round(begin * RATE_HZ)
            out[start:start + len(part)] = part
        return out


class Scene:
    """What was said and heard, once rig.carry() has played it."""

    def __init__(self, voices, take):
        self.voices = {voice.name: voice for voice in voices}
        self.take = take
        self.zero_s = {}  # of each voice's clock
        for voice in voices:
            first, _ = judge.sounding(take.said[voice.name], voice.dbfs - 15)
            self.zero_s[voice.name] = first - voice.spans[0][0]
        self._lags, self._gains, self._bands = {}, {}, {}

    @classmethod
    def play(cls, rig, voices, people, listeners, seconds, acts=()):
        """people: {name: client}, who speak; listeners: clients; acts: (moment, what to call)."""
        sounds = {people[voice.name]: voice.samples(seconds) for voice in voices}
        return cls(voices, rig.carry(sounds, listeners, acts=acts))

    def _said(self, voice):
        return self._band(self.take.said[voice], voice, "said")

    def _heard(self, listener, voice):
        return self._band(self.take.heard[listener], voice, listener)

    def _band(self, samples, voice, where):
        if (voice, where) not in self._bands:
            self._bands[voice, where] = band(samples, *self.voices[voice].hz)
        return self._bands[voice, where]

    def lag(self, listener, voice):
        """In samples; of a voice that this listener does not hear, that of one that they do."""
        if (listener, voice) not in self._lags:
            found = []
            for name in self.voices:
                if name == listener:
                    continue
                said, heard = self._said(name), self._heard(listener, name)
                at = judge.lag(said, heard, most_s=1.5)
                shifted = heard[at:at + len(said)]
                fit = judge.correlation(said[:len(shifted)], shifted)
                self._lags[listener, name] = (at, fit)
                found.append((fit, at))
            best = max(found)[1] if found else 0
            for name in self.voices:
                at, fit = self._lags.get((listener, name), (best, 0.0))
                self._lags[listener, name] = at if fit > 0.3 else best
        return self._lags[listener, voice]

    def level(self, listener, voice, begin_s, end_s):
        """The median level of that voice in dB against what was said, between two moments."""
        if (listener, voice) not in self._gains:
            self._gains[listener, voice] = judge.gains_of_bands(
                self._said(voice), self._heard(listener, voice), self.lag(listener, voice),
                quiet_dbfs=self.voices[voice].dbfs - 12)
        times, levels = self._gains[listener, voice]
        at = times - self.zero_s[voice]
        inside = (at >= begin_s + EDGE_S) & (at <= end_s - EDGE_S)
        assert inside.any(), f"{voice} said nothing from {begin_s} to {end_s}"
        return float(np.median(levels[inside]))

    def passes_s(self, listener, voice, db, begin_s, end_s, step_s=0.02):
        """The moments at which that voice's level rises or falls through db and stays so for 0.2 s:
        [(moment, is_up)]. Judged only while the voice is being said."""
        said, heard = self._said(voice), self._heard(listener, voice)
        at, n, zero = self.lag(listener, voice), round(step_s * RATE_HZ), self.zero_s[voice]
        moments = np.arange(begin_s, end_s, step_s)
        is_up = []
        for moment in moments:
            start = round((zero + moment) * RATE_HZ)
            part = slice(max(start - 2 * n, 0), start + 3 * n)
            gain = rms_dbfs(heard[part.start + at:part.stop + at]) - rms_dbfs(said[part])
            is_up.append(gain > db)
        passes, steady = [], round(0.2 / step_s)
        now = is_up[0]
        for i in range(len(is_up) - steady):
            if is_up[i] != now and all(one != now for one in is_up[i:i + steady]):
                now = not now
                passes.append((float(moments[i]), now))
        return passes

    def check(self, test, rows, tolerance_db=1.5):
        """rows: (what, listener, voice, from, to, level in dB or None for silence)."""
        report = []
        for what, listener, voice, begin_s, end_s, expected in rows:
            level = self.level(listener, voice, begin_s, end_s)
            report.append(f"{what}: {listener} hears {voice} {level:+.1f} dB "
                          f"({'silence' if expected is None else f'{expected:+.0f}'})")
            with test.subTest(what, listener=listener, voice=voice):
                if expected is None:
                    test.assertLess(level, SILENT_DB)
                else:
                    test.assertLessEqual(abs(level - expected), tolerance_db)
        return report
