#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""A meeting in three languages to listen to: ./dev run [--for SECONDS] [--out DIR] [--port N] [--host ADDRESS]

Starts the server, three speakers who take turns on the floor in Spanish, English and French, three
interpreters in two booths who follow some seconds later (one booth by relay, two of them handing
over), and four listeners who record. Shows live what each track hears.
"""

import argparse
import contextlib
import os
import shutil
import signal
import sys
import tempfile
import time

import numpy

import levels
import picture
import speech
from people import Failure, Person, Server, port_is_free
from script import Script
from table import Table

DEFAULT_PORT, PORTS_TRIED = 64738, 50
MEETING = "Asamblea"
CONFIG = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "config", "demo.ini")
SPEAKERS = {"Diego": "es", "Ana": "en", "Luc": "fr"}
BOOTHS = {"es": ("Booth en-es", ["Inés", "Tomás"]), "fr": ("Booth en-fr", ["Claire"])}
LISTENERS = {"Floor": (None, MEETING, "listener-floor", "floor.wav"),
             "English": ("en", f"{MEETING}/English", "listener-en", "english.wav"),
             "Español": ("es", f"{MEETING}/Español", "listener-es", "espanol.wav"),
             "Français": ("fr", f"{MEETING}/Français", "listener-fr", "francais.wav")}
PICTURE_MOST_S = 180.0
LOOKBACK_S = 8.0  # of a recording, to find its delay while the meeting runs


class Meeting:
    def __init__(self, options, directory):
        self.options, self.directory = options, directory
        self.address = (options.host if options.host != "0.0.0.0" else "127.0.0.1", options.port)
        self.programs = []
        self.people = {}
        self.start_at = None  # the demo's zero, on time.monotonic()
        self.n_began = 0
        self.acted_s = 0.0
        self.known = None  # {listener: levels.Known}
        teams = {language: team for language, (_, team) in BOOTHS.items()}
        self.script = Script(SPEAKERS, teams, options.seconds, directory)

    # ---- beginning and end ----

    def start(self):
        server = Server(self.options.server, CONFIG, self.directory, self.options.host,
                        self.options.port)
        self.programs.append(server)
        server.wait_until_ready()
        for title, (_, channel, name, file) in LISTENERS.items():
            self.join(title, name, channel, ["--record", os.path.join(self.options.out, file)])
        self.wait_for(LISTENERS, lambda person: person.recording_at is not None)
        for name, language in SPEAKERS.items():
            self.join_with_voice(name, MEETING, ["--speak", language])
        for booth, team in BOOTHS.values():
            for name in team:
                self.join_with_voice(name, f"{MEETING}/{booth}",
                                     ["--command", "!air"] if name == team[0] else [])
        self.wait_for(self.script.people(), lambda person: person.is_here)

    def join_with_voice(self, name, channel, arguments):
        sound = self.script.voice_of(name)
        if sound is not None:  # nobody's turn may come in a short play
            path = os.path.join(self.directory, f"{name}.wav")
            speech.write_wav(path, sound)
            arguments = ["--play", path, "--loop", "--start-at", "1", "--transmit", "voice",
                         *arguments]
        self.join(name, name, channel, arguments)

    def join(self, key, name, channel, arguments):
        person = Person(self.options.client, name, self.address, channel, self.directory, arguments)
        self.people[key] = person
        self.programs.append(person)

    def wait_for(self, keys, condition):
        end = time.monotonic() + 15
        while not all(condition(self.people[key]) for key in keys):
            self.check()
            if time.monotonic() > end:
                late = [key for key in keys if not condition(self.people[key])]
                raise Failure(f"{', '.join(late)} cannot join:\n{self.people[late[0]].log()}")
            time.sleep(0.05)

    def check(self):
        for program in self.programs:
            if not program.is_running():
                raise Failure(f"{program.name} ended early:\n{program.log()}")

    def end(self):
        for program in reversed(self.programs[1:]):
            program.ask_to_end()
        for program in reversed(self.programs):
            program.end()

    # ---- the clock: zero is when the first file began to be played ----

    def follow_clock(self):
        """Each file began so long before its first voice as the script says."""
        began = {}
        for name in self.script.people():
            at = self.people[name].first_voice_at
            if at is not None:
                began[name] = at - self.script.first_voice_s(name)
        if not began or len(began) == self.n_began:
            return
        self.n_began = len(began)
        self.start_at = self.start_at or min(began.values())

        def shifted(name, sound):
            shift_s = began.get(name, self.start_at) - self.start_at
            return numpy.roll(sound, int(shift_s * speech.RATE_HZ))

        voices = {key: shifted(key[0], sound) for key, sound in self.script.voices.items()}
        floor = sum(sound for (name, _), sound in voices.items() if name in SPEAKERS)
        self.known = {}
        for title, (language, *_) in LISTENERS.items():
            booths = [sound for (name, into), sound in voices.items()
                      if name not in SPEAKERS and language in (into, None)]
            self.known[title] = levels.Known(floor, sum(booths) if booths else numpy.zeros_like(floor))

    def now_s(self):
        return 0.0 if self.start_at is None else time.monotonic() - self.start_at

    def act(self):
        """What interpreters write."""
        now_s = self.now_s()
        for act in self.script.acts_between(self.acted_s, now_s):
            self.people[act.who].say(act.text)
        self.acted_s = now_s

    # ---- what is shown ----

    def heard_lately(self, title):
        person = self.people[title]
        sound, from_s = speech.read_growing_wav(person.recording_path, LOOKBACK_S)
        offset_s = person.recording_at - self.start_at + from_s
        rows = self.known[title].heard(sound, offset_s, window_s=0.8, hop_s=0.1, last_s=0.8)
        return rows[-1][1:] if rows else (levels.SILENT_DB,) * 3

    def booth_now(self, team):
        """One is on air at a time: whoever was told so last."""
        out = []
        on_air = max(team, key=lambda name: self.people[name].on_air_at or 0.0)
        for name in team:
            person = self.people[name]
            is_on_air = name == on_air and person.on_air_at is not None
            part = self.script.part_at(self.now_s(), name)
            into = f" → {part.into}{', relay' if part.is_relay else ''}" if part else ""
            out.append(f"{'🔴' if is_on_air else '  '} {name}"
                       f"{into + ' ●' if person.is_speaking else ''}")
        return "   ".join(out)

    def show(self, table):
        floor = [f"● {name} ({SPEAKERS[name]})" for name in SPEAKERS
                 if self.people["Floor"].speaking.get(name)]
        texts = [text for _, team in BOOTHS.values() for name in team
                 for text in self.people[name].texts[-1:]]
        note = max(texts, key=lambda text: text[0], default=(0, ""))[1].split("\n")[0][:90]
        table.show(self.now_s(), ", ".join(floor) or "nobody",
                   {name: self.booth_now(team) for name, team in BOOTHS.values()},
                   [(title, *self.heard_lately(title)) for title in LISTENERS], note)

    def run(self, table):
        end_s = self.options.seconds
        shown_s = -1.0
        while end_s is None or self.now_s() < end_s:
            self.check()
            self.follow_clock()
            self.act()
            if self.known is not None and self.now_s() - shown_s >= (0.25 if table.is_live else 1.0):
                shown_s = self.now_s()
                self.show(table)
            time.sleep(0.05)

    # ---- what is left behind ----

    def leave_results(self, length_s):
        length_s = min(length_s, PICTURE_MOST_S)
        panels = []
        for title, (language, *_) in LISTENERS.items():
            person = self.people[title]
            sound, _ = speech.read_growing_wav(person.recording_path)
            offset_s = person.recording_at - self.start_at
            rows = levels.steady(self.known[title].heard(
                sound[:int((length_s - offset_s) * speech.RATE_HZ)], offset_s))
            panels.append((f"{title} hears", language,
                           [row for row in rows if 0 <= row[0] <= length_s]))
        path = os.path.join(self.options.out, "levels.png")
        turns = self.script.turns_until(length_s)
        picture.write(path, f"{MEETING}: what was heard", turns, dict(BOOTHS.values()), panels,
                      length_s)
        print(f"\nrecordings: {', '.join(file for *_, file in LISTENERS.values())}, "
              f"and the levels over time: levels.png, in {self.options.out}/")


def pick_port(options):
    if options.port is not None:
        if not port_is_free(options.host, options.port):
            raise Failure(f"port {options.port} is in use; leave --port out to take the next free one")
        return options.port
    for port in range(DEFAULT_PORT, DEFAULT_PORT + PORTS_TRIED):
        if port_is_free(options.host, port):
            if port != DEFAULT_PORT:
                print(f"port {DEFAULT_PORT} is in use: the server listens on {port}")
            return port
    raise Failure(f"no free port from {DEFAULT_PORT} to {DEFAULT_PORT + PORTS_TRIED - 1}")


def head_lines(options):
    host = "127.0.0.1" if options.host == "0.0.0.0" else options.host
    return [f"Join with any Mumble client: mumble://{host}:{options.port}/{MEETING}",
            "Choose a language: enter the channel English, Español or Français, use the menu, or write "
            "!en, !es or !fr in the chat."]


def parse_options():
    parser = argparse.ArgumentParser(prog="./dev run", description="A meeting in three languages to listen to.")
    parser.add_argument("--for", dest="seconds", type=float, metavar="SECONDS",
                        help="end by itself (else Ctrl-C ends it)")
    parser.add_argument("--out", default="build/demo", metavar="DIR", help="for recordings and picture")
    parser.add_argument("--port", type=int, help="64738, or the next free one")
    parser.add_argument("--host", default="127.0.0.1", metavar="ADDRESS",
                        help="0.0.0.0 lets others on your network in")
    parser.add_argument("--server", required=True, help=argparse.SUPPRESS)
    parser.add_argument("--client", required=True, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.seconds is not None and options.seconds < 5:
        parser.error("--for needs at least 5 seconds")
    return options


def interrupt(_signal, _frame):
    raise KeyboardInterrupt


def main():
    options = parse_options()
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, interrupt)
    os.makedirs(options.out, exist_ok=True)
    directory = tempfile.mkdtemp(prefix="susurro-demo-")
    meeting, status = None, 0
    try:
        options.port = pick_port(options)
        meeting = Meeting(options, directory)
        meeting.start()
        meeting.run(Table(head_lines(options)))
    except KeyboardInterrupt:
        print()
    except Failure as failure:
        print(f"demo: {failure}", file=sys.stderr)
        status = 1
    finally:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        length_s = meeting.now_s() if meeting else 0.0
        if meeting:
            meeting.end()
        if meeting and meeting.known is not None and length_s > 3 and status == 0:
            meeting.leave_results(length_s)
        with contextlib.suppress(OSError):
            shutil.copy(os.path.join(directory, "server.log"), options.out)
        shutil.rmtree(directory, ignore_errors=True)
    return status


if __name__ == "__main__":
    sys.exit(main())
