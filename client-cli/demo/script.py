# SPDX-License-Identifier: BSD-3-Clause
"""The play: who says what, when, in which language. One object that all parts of the demo read.

Three people speak in turn on the floor, in Spanish, English and French. Two booths interpret, en-es
and en-fr; what neither knows directly comes to it over English (relay). In the English turn the
interpreters of the first booth change places in mid-speech.
"""

from dataclasses import dataclass, field, replace

import numpy

import speech

LEAD_S = 0.8  # before the first word
PAUSE_S, SHORT_PAUSE_S = 2.4, 0.8  # between turns: the interpreters' hold runs out; in a short play
LONGEST_TURN_S = 9.0
SHORTEST_TURN_S = 2.5
LAG_S, SHORT_LAG_S = 3.0, 2.0  # of interpreters; in a play that has to be short
SHORT_PLAY_S = 40.0
PIVOT = "en"
ASK_BEFORE_S, CONFIRM_BEFORE_S = 1.6, 0.8  # of the moment at which the successor begins


@dataclass
class Part:
    """One interpreter's share of a turn."""
    who: str
    into: str
    start_s: float
    end_s: float
    is_relay: bool = False


@dataclass
class Turn:
    """Somebody speaks on the floor, and is interpreted."""
    speaker: str
    language: str
    start_s: float
    end_s: float
    parts: list = field(default_factory=list)

    def until_s(self):
        return max([self.end_s, *(part.end_s for part in self.parts)])

    def moved(self, by_s):
        return replace(self, start_s=self.start_s + by_s, end_s=self.end_s + by_s, parts=[
            replace(part, start_s=part.start_s + by_s, end_s=part.end_s + by_s)
            for part in self.parts])


@dataclass
class Act:
    """Something that an interpreter writes to the server."""
    at_s: float
    who: str
    text: str
    is_again_only: bool = False  # not when the play is played for the first time


class Script:
    """speakers: {name: language}, in their order; booths: {language beside PIVOT: [interpreters]}.

    With for_s the play ends by then, after at least one turn; without, it has one turn a speaker
    and is played again and again. voices: {(name, language): sound}, all of the same length.
    """

    def __init__(self, speakers, booths, for_s, directory):
        self.speakers, self.booths, self.directory = speakers, booths, directory
        self.turns, self.acts, self.placed = [], [], []
        self.on_air = {other: team[0] for other, team in booths.items()}
        is_short = for_s and for_s < SHORT_PLAY_S
        self.lag_s = SHORT_LAG_S if is_short else LAG_S
        pause_s = SHORT_PAUSE_S if is_short else PAUSE_S
        longest_s = LONGEST_TURN_S
        if for_s:  # so that two turns fit, the first with a relay
            longest_s = min(longest_s, max(SHORTEST_TURN_S,
                                           (for_s - LEAD_S - 2 * pause_s - 3 * self.lag_s) / 2 - 0.5))
        at_s = LEAD_S
        for index, (name, language) in enumerate(speakers.items()):
            n_placed, n_acts = len(self.placed), len(self.acts)
            turn = self._turn(index, name, language, at_s, longest_s)
            if self.turns and for_s and turn.until_s() + pause_s / 2 > for_s:
                del self.placed[n_placed:], self.acts[n_acts:]
                break
            self.turns.append(turn)
            at_s = turn.until_s() + pause_s
        fits_again = for_s is None or for_s > at_s + SHORT_PLAY_S / 4
        self.length_s = at_s if fits_again else max(for_s, at_s)
        self._take_back()
        self.voices = self._voices()

    # ---- a turn ----

    def _turn(self, index, name, language, at_s, longest_s):
        def said(by, into, start_s):
            sound = speech.phrase(index, into, longest_s, self.directory)
            self.placed.append((by, into, start_s, sound))
            return start_s + len(sound) / speech.RATE_HZ

        turn = Turn(name, language, at_s, said(name, language, at_s))
        direct_s, relay_s = at_s + self.lag_s, at_s + 2 * self.lag_s
        for other, team in self.booths.items():
            if language == PIVOT:  # everybody works straight from the floor
                turn.parts += self._shared(team, other, direct_s, index, longest_s)
            elif language == other:
                who = self.on_air[other]
                turn.parts.append(Part(who, PIVOT, direct_s, said(who, PIVOT, direct_s)))
            else:
                who = self.on_air[other]
                turn.parts.append(Part(who, other, relay_s, said(who, other, relay_s), True))
        return turn

    def _shared(self, team, into, start_s, index, longest_s):
        """The first interpreter begins, the second goes on: that is what handing over sounds like."""
        sound = speech.phrase(index, into, longest_s, self.directory)
        end_s = start_s + len(sound) / speech.RATE_HZ
        if len(team) == 1:
            self.placed.append((team[0], into, start_s, sound))
            return [Part(team[0], into, start_s, end_s)]
        cut = speech.pause_near(sound, len(sound) // 2)
        change_s = start_s + cut / speech.RATE_HZ
        self.placed.append((team[0], into, start_s, sound[:cut]))
        self.placed.append((team[1], into, change_s, sound[cut:]))
        self.on_air[into] = team[1]
        self.acts += [Act(change_s - ASK_BEFORE_S, team[0], "!handover"),
                      Act(change_s - CONFIRM_BEFORE_S, team[1], "!handover")]
        return [Part(team[0], into, start_s, change_s), Part(team[1], into, change_s, end_s)]

    def _take_back(self):
        """Played again, the play begins with the first interpreter on air."""
        if self.acts:
            self.acts.append(Act(LEAD_S / 4, self.acts[0].who, "!take", True))

    def _voices(self):
        n = int(self.length_s * speech.RATE_HZ)
        voices = {}
        for name, language, start_s, sound in self.placed:
            voice = voices.setdefault((name, language), numpy.zeros(n, numpy.float32))
            start = int(start_s * speech.RATE_HZ)
            sound = sound[:max(0, n - start)]
            voice[start:start + len(sound)] += sound
        return voices

    # ---- questions ----

    def people(self):
        return [*self.speakers, *(name for team in self.booths.values() for name in team)]

    def voice_of(self, name):
        """All that this person says, or None."""
        sounds = [sound for (who, _), sound in self.voices.items() if who == name]
        return sum(sounds) if sounds else None

    def turns_until(self, time_s):
        """All turns, played again and again, that begin before time_s."""
        out, played_s = [], 0.0
        while played_s < time_s:
            out += [turn.moved(played_s) for turn in self.turns]
            played_s += self.length_s
        return [turn for turn in out if turn.start_s < time_s]

    def part_at(self, time_s, name):
        """What this interpreter says then, or None."""
        time_s %= self.length_s
        return next((part for turn in self.turns for part in turn.parts
                     if part.who == name and part.start_s <= time_s < part.end_s + LEAD_S), None)

    def first_voice_s(self, name):
        return min(start_s for who, _, start_s, _ in self.placed if who == name)

    def acts_between(self, from_s, until_s):
        """Those that come due after from_s, until_s included."""
        out = []
        for act in self.acts:
            number = max(0, int((from_s - act.at_s) // self.length_s))
            for round_ in (number, number + 1):
                due_s = act.at_s + round_ * self.length_s
                if from_s < due_s <= until_s and not (act.is_again_only and round_ == 0):
                    out.append((due_s, act))
        return [act for _, act in sorted(out, key=lambda due: due[0])]
