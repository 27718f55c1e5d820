#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""A bilingual meeting to listen to: ./dev run [--for SECONDS] [--out DIR] [--port N] [--host ADDRESS]

Starts the server, two speakers who take turns on the floor in English and in Spanish, an interpreter
who follows three seconds later, and three listeners who record. Shows live what each track hears.
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
SPEAKERS = {"Ana": "en", "Diego": "es"}
INTERPRETER = "Inés"
BOOTH = f"{MEETING}/Booth en-es"
LISTENERS = {"Floor": (MEETING, "listener-floor", "floor.wav"),
             "English": (f"{MEETING}/English", "listener-en", "english.wav"),
             "Español": (f"{MEETING}/Español", "listener-es", "espanol.wav")}
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
        self.known = None
        self.script = Script(SPEAKERS, INTERPRETER, options.seconds, directory)

    # ---- beginning and end ----

    def start(self):
        server = Server(self.options.server, CONFIG, self.directory, self.options.host,
                        self.options.port)
        self.programs.append(server)
        server.wait_until_ready()
        for title, (channel, name, file) in LISTENERS.items():
            self.join(title, name, channel, ["--record", os.path.join(self.options.out, file)])
        self.wait_for(LISTENERS, lambda person: person.recording_at is not None)
        for name in (*SPEAKERS, INTERPRETER):
            path = os.path.join(self.directory, f"{name}.wav")
            speech.write_wav(path, self.script.voices[name])
            is_interpreter = name == INTERPRETER
            self.join(name, name, BOOTH if is_interpreter else MEETING,
                      ["--play", path, "--loop", "--start-at", "1", "--transmit", "voice",
                       *(["--command", "!air"] if is_interpreter else ["--speak", SPEAKERS[name]])])
        self.wait_for(SPEAKERS, lambda person: person.is_here)

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
        began = {name: self.people[name].first_voice_at - self.script.first_voice_s(name)
                 for name in (*SPEAKERS, INTERPRETER) if self.people[name].first_voice_at is not None}
        if not began or len(began) == self.n_began:
            return
        self.n_began = len(began)
        self.start_at = self.start_at or min(began.values())

        def shifted(name):
            shift_s = began.get(name, self.start_at) - self.start_at
            return numpy.roll(self.script.voices[name], int(shift_s * speech.RATE_HZ))

        self.known = levels.Known(sum(shifted(name) for name in SPEAKERS), shifted(INTERPRETER))

    def now_s(self):
        return 0.0 if self.start_at is None else time.monotonic() - self.start_at

    # ---- what is shown ----

    def heard_lately(self, title):
        person = self.people[title]
        sound, from_s = speech.read_growing_wav(person.recording_path, LOOKBACK_S)
        offset_s = person.recording_at - self.start_at + from_s
        rows = self.known.heard(sound, offset_s, window_s=0.8, hop_s=0.1, last_s=0.8)
        return rows[-1][1:] if rows else (levels.SILENT_DB,) * 3

    def show(self, table):
        floor = [f"● {name} ({SPEAKERS[name]})" for name in SPEAKERS
                 if self.people["Floor"].speaking.get(name)]
        interpreter = self.people[INTERPRETER]
        turn = self.script.turn_at(self.now_s())
        booth = ("● " if interpreter.is_speaking else "  ") + INTERPRETER
        if interpreter.is_speaking and turn:
            booth += f" ({turn.into})"
        booth += ", on air" if interpreter.is_on_air else ", not on air"
        note = next(iter(interpreter.texts[-1:]), "").split("\n")[0][:90]
        table.show(self.now_s(), ", ".join(floor) or "nobody", booth,
                   [(title, *self.heard_lately(title)) for title in LISTENERS], note)

    def run(self, table):
        end_s = self.options.seconds
        shown_s = -1.0
        while end_s is None or self.now_s() < end_s:
            self.check()
            self.follow_clock()
            if self.known is not None and self.now_s() - shown_s >= (0.25 if table.is_live else 1.0):
                shown_s = self.now_s()
                self.show(table)
            time.sleep(0.05)

    # ---- what is left behind ----

    def leave_results(self, length_s):
        length_s = min(length_s, PICTURE_MOST_S)
        panels = []
        for title in LISTENERS:
            person = self.people[title]
            sound, _ = speech.read_growing_wav(person.recording_path)
            offset_s = person.recording_at - self.start_at
            rows = levels.steady(self.known.heard(
                sound[:int((length_s - offset_s) * speech.RATE_HZ)], offset_s))
            panels.append((f"{title} hears", [row for row in rows if 0 <= row[0] <= length_s]))
        path = os.path.join(self.options.out, "levels.png")
        turns = self.script.turns_until(length_s)
        picture.write(path, f"{MEETING}: what was heard", turns, panels, length_s)
        print(f"\nrecordings: {', '.join(file for _, _, file in LISTENERS.values())}, "
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
            f"Choose a language: enter the channel English or Español, use the menu, or write !en or "
            "!es in the chat."]


def parse_options():
    parser = argparse.ArgumentParser(prog="./dev run", description="A bilingual meeting to listen to.")
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
