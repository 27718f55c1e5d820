# SPDX-License-Identifier: BSD-3-Clause
"""Instructions in the inner loops, counted by callgrind: the same in every run of one build."""

import os
import re
import subprocess
import tempfile

from tables import cell

KEPT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "instructions.txt")
LIMIT_S = 300
FANOUT_LISTENERS, FANOUT_PACKETS = 129, 50
TICK_LISTENERS, TICK_SECONDS = 100, 4
TICK_WARM_TICKS = 200  # before it counts its own
LISTENERS, LISTENER_SECONDS = (200, 1000), 2


def collected(program, function, *arguments):
    """Instructions inside that function, in one run of the program."""
    with tempfile.TemporaryDirectory() as directory:
        done = subprocess.run(
            ["valgrind", "--tool=callgrind", f"--toggle-collect={function}",
             f"--callgrind-out-file={directory}/out", program, *map(str, arguments)], stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, text=True, timeout=LIMIT_S, check=True)
    return int(re.search(r"Collected : (\d+)", done.stdout).group(1))


def fanout(build):
    """One packet to one listener."""
    program = os.path.join(build, "tests", "sim", "voice_fanout_bench")
    return (collected(program, "fanout_local", FANOUT_LISTENERS, FANOUT_PACKETS)
            / ((FANOUT_LISTENERS - 1) * FANOUT_PACKETS))


def tick(build):
    """Ten milliseconds of a meeting: the difference of a long and a short run, in which all else is the same."""
    program = os.path.join(build, "tests", "unit", "mixer_tick_bench")
    short, long = (collected(program, "mixer_on_clock", TICK_LISTENERS, seconds)
                   for seconds in (1, 1 + TICK_SECONDS))
    return (long - short) / (TICK_SECONDS * 100)


def listener(build):
    """One listener more of a mix, a packet: what the mixer does for it."""
    program = os.path.join(build, "tests", "unit", "mixer_tick_bench")
    few, many = (collected(program, "mixer_on_clock", n, LISTENER_SECONDS) for n in LISTENERS)
    a_second = 0.9 * 50 + 0.1 * 100 / 6  # every tenth is on `minimum`
    return (many - few) / ((LISTENERS[1] - LISTENERS[0]) * a_second * (LISTENER_SECONDS + TICK_WARM_TICKS / 100))


def counted(build):
    """{name: (now, kept)}."""
    with open(KEPT, encoding="utf-8") as file:
        kept = dict(line.split() for line in file if line.strip() and not line.startswith("#"))
    now = {"fanout": fanout(build), "tick": tick(build), "listener": listener(build)}
    return {name: (value, float(kept[name]) if name in kept else None) for name, value in now.items()}


def table(counts):
    what = {"fanout": "a packet to one listener, from route to sealed datagram",
            "tick": "10 ms of a meeting: a voice, an interpreter, 100 listeners on 2 tracks and 2 tiers",
            "listener": "a mixed packet to one listener more, in the mixer"}
    rows = [[what[name], cell(now, "{:.0f}"), cell(kept, "{:.0f}"),
             cell(None if kept is None else (now / kept - 1) * 100, "{:+.1f}")] for name, (now, kept) in counts.items()]
    return {"title": "Instructions in the inner loops, by callgrind", "heads": ["what", "now", "kept", "% more"],
            "rows": rows}
