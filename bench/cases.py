# SPDX-License-Identifier: BSD-3-Clause
"""What is measured. Each case has a server of its own and yields (row, what susurro_load printed).

Clients are added step by step to one server: who has 2,000 had 10 before. A step that the server could not
do with one core, by what it used for the step before, is left out: `beyond` stands in its place.
"""

import os
import time

from generator import Generator
from servers import SUPERUSER_PASSWORD, Janus, ManyMeetings, Murmur, Susurro

CORE = 0.95  # of one: more would measure the scheduler
BEYOND = {"beyond": True}
LOGIN_LIMIT_S = 16  # after which susurrod looks once whether those who came have logged in
TIERS = ("full", "standard", "thin", "minimum", "lifeline")
TRACKS = {"English": "", "Español": "Booth en-es", "Français": "Booth en-fr"}


class Sizes:
    """How much of it there is."""

    def __init__(self, quick):
        self.is_quick = quick
        self.seconds = 1 if quick else 2
        self.direct = [10, 100] if quick else [10, 100, 500, 1000, 2000]
        self.murmur_once = 2000  # a step that it takes a minute to reach
        self.tunnel = [10, 100] if quick else [10, 100, 200, 500, 1000]
        self.many_speakers = (10, 100)  # listeners of each of ten
        self.two_speakers = 100 if quick else 1000
        self.rooms = 10 if quick else 50
        self.track = [10, 100] if quick else [10, 100, 500]
        self.janus = [10, 50] if quick else [10, 100, 200]
        self.connects = 20 if quick else 100
        self.storm = 100 if quick else 500
        self.bare = [10, 100] if quick else [10, 100, 500]
        self.meetings = 10 if quick else ManyMeetings.N_MEETINGS
        self.idle_s = 3 if quick else 10

    @property
    def most(self):
        return self.direct[-1]


class Stage:
    """A server, and the load generator that talks to it."""

    def __init__(self, load, directory, kind):
        self.server = kind(os.path.join(directory, kind.__name__))
        self.generator = Generator(load, self.server)
        self.n = 0

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.generator.__exit__(*error)
        self.server.stop()

    def connect(self, n, way="udp", path="/"):
        """n more; their first index."""
        first, self.n = self.n, self.n + n
        self.joined = self.generator.tell("connect", n, way, path)
        return first

    def speak(self, first, count, step=1):
        self.generator.tell("speak", first, count, step)

    def say(self, first, count, text):
        self.generator.tell("say", first, count, text)

    def direct(self, seconds):
        return self.generator.tell("measure", seconds, "direct")

    def mixed(self, seconds, ear):
        result = self.generator.tell("measure", seconds, "mixed", ear)
        if result["received"] == 0:
            raise RuntimeError(f"{self.n} are there, and nobody hears anything")
        return result


def kib_each(stage, before_kib):
    return {"rss_kib_per_client": (stage.joined["rss_kib"] - before_kib) / stage.n}


def resident_kib(pid):
    with open(f"/proc/{pid}/status", encoding="ascii") as file:
        return int(next(line for line in file if line.startswith("VmRSS")).split()[1])


def spoken(stage, row, count, seconds, share):
    """Measures so many speakers; `share` is what one core would have to do for it, if known."""
    if share > CORE:
        return row, BEYOND
    stage.speak(0, count)
    return row, stage.direct(seconds)


def direct(stage, sizes, way, number):
    """One room: every step of listeners with one speaker, some with two and with ten."""
    before_kib, share, listeners = resident_kib(stage.server.pid), 0.0, 0
    for n in sizes.direct if way == "udp" else sizes.tunnel:
        if n >= sizes.murmur_once and number > 0 and isinstance(stage.server, Murmur):
            break
        share = share * n / listeners if listeners else 0.0
        if share > CORE:
            yield (way, n, 1), BEYOND
            continue
        stage.connect(n + 1 - stage.n, way)
        result = spoken(stage, (way, n, 1), 1, sizes.seconds, share)
        share, listeners = result[1]["cpu_share"], n
        yield (way, n, "joined"), {**stage.joined, **kib_each(stage, before_kib)}
        yield result
        if n in sizes.many_speakers:
            yield spoken(stage, (way, n, 10), 10, sizes.seconds, 10 * share)
        if n == sizes.two_speakers and way == "udp":
            yield spoken(stage, (way, n, 2), 2, sizes.seconds, 2 * share)


def rooms(stage, sizes):
    """As many rooms with a speaker and ten listeners each."""
    stage.generator.tell("rooms", sizes.rooms, SUPERUSER_PASSWORD)
    stage.connect(11 * sizes.rooms, "udp", "room-#11")
    stage.speak(0, sizes.rooms, 11)
    yield ("rooms", sizes.rooms, sizes.rooms), stage.direct(sizes.seconds)


def two_threads(stage, sizes):
    """What a packet costs when two voice threads share the listeners."""
    n = sizes.two_speakers
    stage.connect(n + 1)
    stage.speak(0, 1)
    yield ("two threads", n, 1), stage.direct(sizes.seconds)


def track(stage, sizes):
    """One voice on the floor, and more and more listeners of one track."""
    stage.connect(1, "udp", "Bench")
    ear = 1
    for n in sizes.track:
        first = stage.connect(n + 1 - stage.n, "udp", "Bench/English")
        stage.say(first, stage.n - first, "!tier standard")
        stage.speak(0, 1)
        yield ("listeners", n), stage.mixed(2 * sizes.seconds, ear)


def meeting(stage, sizes):
    """Ten listeners a track; then more voices, more tiers, more tracks, and all of it."""
    seconds = 2 * sizes.seconds

    def tiers(first, *names):
        """Two listeners of each, or all ten of one."""
        for index, name in enumerate(names):
            each = 10 // len(names)
            stage.say(first + each * index, each, f"!tier {name}")

    voices = stage.connect(4, "udp", "Bench")
    ear = stage.connect(10, "udp", "Bench/English")
    tiers(ear, "standard")
    for n in (1, 4):
        stage.speak(voices, n)
        yield ("voices", n), stage.mixed(seconds, ear)
    tiers(ear, *TIERS)
    stage.speak(voices, 1)
    yield ("tiers", len(TIERS)), stage.mixed(seconds, ear)
    tiers(ear, "standard")
    booths = [stage.connect(1, "udp", f"Bench/{booth}") for booth in TRACKS.values() if booth]
    others = [stage.connect(10, "udp", f"Bench/{name}") for name, booth in TRACKS.items() if booth]
    for first in others:
        tiers(first, "standard")
    stage.generator.tell("speak-all", voices, *booths)
    yield ("tracks", len(TRACKS)), stage.mixed(seconds, ear)
    for first in (ear, *others):
        tiers(first, *TIERS)
    stage.generator.tell("speak-all", *range(voices, voices + 4), *booths)
    yield ("meeting", 4), stage.mixed(seconds, ear)


def janus(stage, sizes):
    """The same shapes in an AudioBridge room, where everybody has a mix of their own."""
    seconds = 2 * sizes.seconds

    def join(room, n, n_talkers):
        first, stage.n = stage.n, stage.n + n
        for i, port in enumerate(stage.generator.tell("rtp", n)["ports"]):
            stage.generator.tell("peer", first + i, stage.server.join(room, port, i >= n_talkers))
        return first

    stage.server.make_room(1, Janus.LEAST)
    talkers = join(1, 4, 4)
    share, listeners = 0.0, 0
    for n in sizes.janus:
        share = share * n / listeners if listeners else 0.0
        if share > 2 * CORE:  # it has a thread for each, and this machine two cores at least
            yield ("listeners", n), BEYOND
            continue
        ear = join(1, n - (stage.n - 4), 0)
        stage.speak(talkers, 1)
        result = stage.mixed(seconds, ear)
        share, listeners = result["cpu_share"], n
        yield ("listeners", n), result
        if n == sizes.janus[0]:
            stage.speak(talkers, 4)
            yield ("voices", 4), stage.mixed(seconds, ear)


def janus_default(stage, sizes):
    """Its delay as it comes."""
    stage.server.make_room(1, None)
    ports = stage.generator.tell("rtp", 11)["ports"]
    for i, port in enumerate(ports):
        stage.generator.tell("peer", i, stage.server.join(1, port, i > 0))
    stage.speak(0, 1)
    yield ("default", 10), stage.mixed(2 * sizes.seconds, 10)


# ---- silence ----

def switches(pid):
    """{thread's name: times that it went to sleep or had to wait}, threads of one name together."""
    found = {}
    for thread in os.listdir(f"/proc/{pid}/task"):
        with open(f"/proc/{pid}/task/{thread}/status", encoding="ascii") as file:
            status = dict(line.rstrip("\n").split(":\t", 1) for line in file if ":\t" in line)
        found[status["Name"]] = found.get(status["Name"], 0) + int(status["voluntary_ctxt_switches"]) + \
            int(status["nonvoluntary_ctxt_switches"])
    return found


def cpu_ns(pid):
    total = 0
    for thread in os.listdir(f"/proc/{pid}/task"):
        with open(f"/proc/{pid}/task/{thread}/schedstat", encoding="ascii") as file:
            total += int(file.read().split()[0])
    return total


def over(stage, seconds):
    """Wake-ups a second of each thread, and the CPU's share."""
    pid = stage.server.pid
    before, before_ns = switches(pid), cpu_ns(pid)
    stage.generator.tell("wait", seconds)
    after, after_ns = switches(pid), cpu_ns(pid)
    return {"wakes": {name: (n - before.get(name, 0)) / seconds for name, n in after.items()},
            "wakes_per_s": (sum(after.values()) - sum(before.values())) / seconds,
            "cpu_share": (after_ns - before_ns) / 1e9 / seconds}


def quiet(stage, limit_s):
    """Nothing is left to do since everybody came: no thread ran for two seconds."""
    end = time.monotonic() + limit_s
    while time.monotonic() < end and over(stage, 2)["wakes_per_s"] > 0:
        pass


def idle(stage, sizes):
    """Meetings of ten silent people: first without their pings, then with them."""
    before_kib = resident_kib(stage.server.pid)
    has_meetings = isinstance(stage.server, ManyMeetings)
    people = ManyMeetings.PEOPLE * sizes.meetings if has_meetings else SilentMurmur.PEOPLE
    path = f"Meeting #{ManyMeetings.PEOPLE}" if has_meetings else "/"
    stage.connect(people, "udp", path)
    yield ("idle", "memory"), {**stage.joined, **kib_each(stage, before_kib)}
    stage.generator.tell("pings", "off")
    stage.generator.tell("wait", LOGIN_LIMIT_S)
    quiet(stage, 10)
    yield ("idle", "silent"), over(stage, sizes.idle_s)
    stage.generator.tell("pings", "on")
    yield ("idle", "pings"), over(stage, sizes.idle_s)


# ---- all ----

class TwoThreads(Susurro):
    """With a voice thread more than this machine would give it."""

    def configuration(self):
        return super().configuration().replace("users=", "voice_threads=2\nusers=", 1)


class SilentMurmur(Murmur):
    """The same program; a directory of its own."""

    PEOPLE = 200


def of_round(sizes, number):
    """(name, the servers, how): in each round, of which this is that number; the servers take turns."""
    yield "UDP", (Susurro, Murmur), lambda stage: direct(stage, sizes, "udp", number)
    yield "tunnel", (Susurro, Murmur), lambda stage: direct(stage, sizes, "tunnel", number)
    yield "rooms", (Susurro, Murmur), lambda stage: rooms(stage, sizes)
    yield "two threads", (TwoThreads,), lambda stage: two_threads(stage, sizes)
    yield "track", (Susurro,), lambda stage: track(stage, sizes)
    yield "meeting", (Susurro,), lambda stage: meeting(stage, sizes)
    yield "AudioBridge", (Janus,), lambda stage: janus(stage, sizes)


def of_once(sizes):
    """What need not be repeated: it does not depend on the moment."""
    yield "janus, as it comes", (Janus,), lambda stage: janus_default(stage, sizes)
    yield "idle", (ManyMeetings,) if sizes.is_quick else (ManyMeetings, SilentMurmur), lambda stage: idle(stage, sizes)
