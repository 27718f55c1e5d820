# SPDX-License-Identifier: BSD-3-Clause
"""The play: who says what, when, in which language. One object that all parts of the demo read."""

from dataclasses import dataclass, replace

import numpy

import speech

INTERPRETER_LAG_S = 3.0
PAUSE_S = 0.8
LONGEST_TURN_S = 9.0
TURNS = 4


@dataclass
class Turn:
    """Somebody speaks on the floor, and is interpreted."""
    speaker: str
    language: str
    start_s: float
    end_s: float
    interpreter: str
    into: str
    interpreted_from_s: float
    interpreted_until_s: float


class Script:
    """speakers: {name: language}; voices: {name: sound}, all of the same length.

    With for_s the play ends by then, after at least one turn; without, it has TURNS turns and is
    played again and again.
    """

    def __init__(self, speakers, interpreter, for_s, directory):
        longest_turn_s = LONGEST_TURN_S
        if for_s:
            fits_s = for_s / 2 - INTERPRETER_LAG_S - 2 * PAUSE_S + 0.3
            longest_turn_s = min(LONGEST_TURN_S, max(2.5, fits_s))
        self.interpreter = interpreter
        self.turns = []
        placed = []
        at_s, index = PAUSE_S, 0
        names = list(speakers)
        while True:
            speaker = names[index % len(names)]
            language = speakers[speaker]
            into = "es" if language == "en" else "en"
            said = speech.phrase(index, language, longest_turn_s, directory)
            again = speech.phrase(index, into, longest_turn_s, directory)
            turn = Turn(speaker, language, at_s, at_s + len(said) / speech.RATE_HZ, interpreter, into,
                        at_s + INTERPRETER_LAG_S,
                        at_s + INTERPRETER_LAG_S + len(again) / speech.RATE_HZ)
            end_s = max(turn.end_s, turn.interpreted_until_s)
            if self.turns and end_s + PAUSE_S / 2 > for_s if for_s else len(self.turns) == TURNS:
                break
            self.turns.append(turn)
            placed += [(speaker, turn.start_s, said), (interpreter, turn.interpreted_from_s, again)]
            at_s, index = end_s + PAUSE_S, index + 1
        self.length_s = max(for_s or 0, at_s)
        n = int(self.length_s * speech.RATE_HZ)
        self.voices = {name: numpy.zeros(n, numpy.float32) for name in [*names, interpreter]}
        for name, start_s, sound in placed:
            start = int(start_s * speech.RATE_HZ)
            self.voices[name][start:start + len(sound)] += sound

    def turns_until(self, time_s):
        """All turns, played again and again, that begin before time_s."""
        out, played_s = [], 0.0
        while played_s < time_s:
            for t in self.turns:
                out.append(replace(t, start_s=t.start_s + played_s, end_s=t.end_s + played_s,
                                   interpreted_from_s=t.interpreted_from_s + played_s,
                                   interpreted_until_s=t.interpreted_until_s + played_s))
            played_s += self.length_s
        return [t for t in out if t.start_s < time_s]

    def turn_at(self, time_s):
        time_s %= self.length_s
        return next((t for t in self.turns
                     if t.start_s <= time_s < max(t.end_s, t.interpreted_until_s)), None)

    def first_voice_s(self, name):
        return next(t.start_s if name == t.speaker else t.interpreted_from_s for t in self.turns
                    if name in (t.speaker, t.interpreter))
