#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Measures susurrod beside Debian's mumble-server: ./dev bench [--quick] [--instructions].

The servers alternate within each round, and the median of the rounds is printed, so that whatever
else the machine does falls on both. Everything stays on the loopback. Results go to
build/bench/results.json and build/bench/results.svg.
"""

import argparse
import json
import os
import platform
import re
import shutil
import statistics
import subprocess
import sys
import tempfile

import plot
from servers import Murmur, Susurro

LOAD_TIMEOUT_S = 300
KEPT_INSTRUCTIONS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "instructions.txt")
FANOUT_LISTENERS, FANOUT_PACKETS = 129, 50


def direct_case(transport, listeners, seconds):
    arguments = ["--listeners", str(listeners), "--seconds", str(seconds)]
    if transport == "tunnel":
        arguments.append("--tunnel")
    return {"kind": "direct", "name": f"{transport} {listeners}", "transport": transport,
            "listeners": listeners, "arguments": arguments}


def mixed_case(listeners, seconds):
    return {"kind": "mixed", "name": f"track {listeners}", "listeners": listeners, "arguments": [
        "--listeners", str(listeners), "--seconds", str(seconds), "--mixed",
        "--speak", "Bench", "--listen", "Bench/English"]}


def connect_case(count):
    return {"kind": "connect", "name": "connect", "arguments": ["--connect", str(count)]}


def storm_case(count):
    return {"kind": "storm", "name": f"storm {count}", "count": count, "arguments": ["--storm", str(count)]}


def cases(quick):
    listeners, seconds = ([10, 100], 2) if quick else ([10, 100, 500], 4)
    yield from (direct_case("UDP", n, seconds) for n in listeners)
    yield from (direct_case("tunnel", n, seconds) for n in listeners)
    yield from (mixed_case(n, 2 * seconds) for n in listeners)
    yield connect_case(20 if quick else 100)
    yield storm_case(100 if quick else 500)


class Bench:
    def __init__(self, build, rounds, quick):
        self.load = os.path.join(build, "bench", "susurro_load")
        self.questions = os.path.join(build, "bench", "susurro_rights")
        self.rounds = rounds
        self.quick = quick
        self.directory = tempfile.mkdtemp(prefix="susurro-bench-")
        os.chmod(self.directory, 0o755)
        self.results = {}  # (case name, server name) -> list of what susurro_load printed

    def generate(self, *arguments):
        done = subprocess.run([self.load, *arguments], stdout=subprocess.PIPE, timeout=LOAD_TIMEOUT_S,
                              stderr=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True, check=False)
        if done.returncode != 0:
            raise RuntimeError(done.stderr.strip())
        return json.loads(done.stdout)

    def measure(self, case, kind, number):
        with kind(os.path.join(self.directory, kind.name)) as server:
            try:
                result = self.generate("--port", str(server.port), "--pid", str(server.pid),
                                       *case["arguments"])
            except RuntimeError as error:
                result = None
                print(f"  round {number + 1}: {kind.name}: {case['name']}: {error}", file=sys.stderr)
        if result is not None:
            self.results.setdefault((case["name"], kind.name), []).append(result)

    def run(self, kinds):
        for number in range(self.rounds):
            for case in cases(self.quick):
                for kind in kinds if number % 2 == 0 else kinds[::-1]:
                    if case["kind"] == "mixed" and not kind.has_tracks:
                        continue
                    progress(f"round {number + 1} of {self.rounds}: {case['name']}: {kind.name}")
                    self.measure(case, kind, number)
        progress("")

    def bare(self):
        """µs a packet: without pauses for 500 receivers, and with pauses for each count."""

        def once(count, *more):
            return self.generate("--bare", "--listeners", str(count), "--seconds", "2", *more)

        rows = {"500, without pauses": once(500)}
        rows.update((f"{count}, 50 times a second", once(count, "--pauses"))
                    for count in (10, 100, 500))
        return {name: result["bare_us_per_packet"] for name, result in rows.items()}

    def rights(self):
        """What questions about permissions cost, from a program of its own without a server."""
        done = subprocess.run([self.questions], stdout=subprocess.PIPE, timeout=LOAD_TIMEOUT_S,
                              stdin=subprocess.DEVNULL, text=True, check=True)
        return json.loads(done.stdout)

    def median(self, case, server, key):
        values = [r[key] for r in self.results.get((case, server), []) if r.get(key) is not None]
        return statistics.median(values) if values else None

    def close(self):
        shutil.rmtree(self.directory, ignore_errors=True)


def progress(text):
    if sys.stderr.isatty():
        print(f"\r\033[K{text}", end="", file=sys.stderr, flush=True)
    elif text:
        print(text, file=sys.stderr, flush=True)


def cell(value, form="{:.2f}"):
    return "-" if value is None else form.format(value)


def print_rows(title, heads, rows):
    widths = [max(len(str(row[i])) for row in [heads, *rows]) for i in range(len(heads))]
    print(f"\n{title}")
    for row in [heads, ["-" * w for w in widths], *rows]:
        print("  " + "  ".join(str(v).ljust(w) if i == 0 else str(v).rjust(w)
                               for i, (v, w) in enumerate(zip(row, widths))))


def print_direct(bench, kinds, bare):
    heads = ["1 speaker, N listeners"]
    for kind in kinds:
        heads += [f"{kind.name} µs/packet", "p50 ms", "p99 ms", "lost"]
    rows = [[f"bare loop to {n}", cell(us)] + ["-"] * (len(heads) - 2)
            for n, us in bare.items()]
    for case in cases(bench.quick):
        if case["kind"] != "direct":
            continue
        row = [f"{case['transport']}, {case['listeners']} listeners"]
        for kind in kinds:
            row += [cell(bench.median(case["name"], kind.name, key), form) for key, form in
                    (("cpu_us_per_packet", "{:.2f}"), ("p50_ms", "{:.2f}"), ("p99_ms", "{:.2f}"),
                     ("lost", "{:.0f}"))]
        rows.append(row)
    print_rows("Direct: server CPU per forwarded packet, latency from sender to receiver", heads, rows)


def listener_cost_us(bench, server):
    """What one listener more costs on a track, per packet: the slope from fewest to most."""
    counts = [c["listeners"] for c in cases(bench.quick) if c["kind"] == "mixed"]
    few, many = (f"track {n}" for n in (min(counts), max(counts)))
    cpu = [bench.median(name, server, "cpu_us") for name in (few, many)]
    packets = [bench.median(name, server, "received") for name in (few, many)]
    if None in cpu + packets or packets[1] <= packets[0]:
        return None
    return (cpu[1] - cpu[0]) / (packets[1] - packets[0])


def print_mixed(bench, kinds):
    heads = ["1 speaker, N on a track", "CPU share %", "mixer %", "µs/packet", "p50 ms", "p99 ms"]
    for kind in kinds:
        if not kind.has_tracks:
            continue
        rows = []
        for case in cases(bench.quick):
            if case["kind"] != "mixed":
                continue
            seconds = float(case["arguments"][case["arguments"].index("--seconds") + 1])
            share, mixer = (bench.median(case["name"], kind.name, key) for key in
                            ("cpu_share", "mixer_us"))
            rows.append([f"{case['listeners']} listeners",
                         cell(share and share * 100), cell(mixer and mixer / 1e4 / seconds)] +
                        [cell(bench.median(case["name"], kind.name, key)) for key in
                         ("cpu_us_per_packet", "p50_ms", "p99_ms")])
        cost = listener_cost_us(bench, kind.name)
        rows.append(["one listener more", "-", "-", cell(cost), "-", "-"])
        print_rows(f"Mixed, {kind.name}: onset in the speaker's packet to onset in the track's", heads,
                   rows)


def print_clients(bench, kinds):
    biggest = max(c["listeners"] for c in cases(bench.quick) if c["kind"] == "direct")
    rows = [["CPU ms to connect one client"] +
            [cell(bench.median("connect", k.name, "cpu_ms_per_connect")) for k in kinds],
            [f"KiB per client, {biggest} connected"] +
            [cell(bench.median(f"UDP {biggest}", k.name, "rss_kib_per_client"), "{:.0f}")
             for k in kinds]]
    print_rows("Clients", [""] + [k.name for k in kinds], rows)


def print_storm(bench, kinds):
    case = next(c for c in cases(bench.quick) if c["kind"] == "storm")
    rows = [[title] + [cell(bench.median(case["name"], k.name, key), form) for k in kinds]
            for title, key, form in (("of them joined", "joined", "{:.0f}"),
                                     ("half of them within ms", "p50_ms", "{:.0f}"),
                                     ("the last within ms", "last_ms", "{:.0f}"),
                                     ("server CPU ms each", "cpu_ms_per_client", "{:.2f}"),
                                     ("KiB each, when quiet again", "rss_kib_per_client", "{:.0f}"))]
    print_rows(f"{case['count']} clients join at the same moment", [""] + [k.name for k in kinds], rows)


def print_rights(rights):
    changed = f"all of {rights['users']} users in {rights['channels']} channels, ms"
    rows = [["one question, remembered, ns", cell(rights["cached_ns"], "{:.1f}")],
            ["one question, worked out anew, ns", cell(rights["fresh_ns"], "{:.0f}")],
            [f"{changed}, worked out anew", cell(rights["recheck_ms"])],
            [f"{changed}, remembered", cell(rights["recheck_cached_ms"])]]
    print_rows(f"Permissions, susurrod: a channel {rights['depth']} deep, {rights['entries']} ACL "
               "entries on the way", ["", "median"], rows)


def instructions(bench, kind):
    """Instructions per forwarded packet: two runs under callgrind that differ only in length."""
    counts = []
    directory = os.path.join(bench.directory, "callgrind-" + kind.name)
    with kind(directory):
        pass  # makes the certificate and the database
    for seconds in (2, 12):
        wrapper = ["valgrind", "--tool=callgrind", f"--callgrind-out-file={directory}/out"]
        with kind(directory, wrapper) as server:
            result = bench.generate("--port", str(server.port), "--pid", str(server.pid),
                                    "--listeners", "50", "--seconds", str(seconds))
        total = re.search(r"Collected : (\d+)", server.log())
        counts.append((int(total.group(1)), result["received"]))
    return (counts[1][0] - counts[0][0]) / (counts[1][1] - counts[0][1])


def inner_loop(build):
    """Instructions of our own code for each packet of a fan-out: the same in every run of one build."""
    program = os.path.join(build, "tests", "sim", "voice_fanout_bench")
    with tempfile.TemporaryDirectory() as directory:
        done = subprocess.run(
            ["valgrind", "--tool=callgrind", "--toggle-collect=fanout_local",
             f"--callgrind-out-file={directory}/out", program, str(FANOUT_LISTENERS),
             str(FANOUT_PACKETS)], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL, text=True, timeout=LOAD_TIMEOUT_S, check=True)
    total = re.search(r"Collected : (\d+)", done.stdout)
    return int(total.group(1)) / ((FANOUT_LISTENERS - 1) * FANOUT_PACKETS)


def print_inner_loop(build):
    """Beside the figure that is kept: a regression shows as a difference."""
    with open(KEPT_INSTRUCTIONS, encoding="utf-8") as file:
        kept = dict(line.split() for line in file if line.strip() and not line.startswith("#"))
    now, before = inner_loop(build), float(kept["fanout"])
    print(f"\ninstructions per packet of a fan-out, our own code: {now:.0f}; kept: {before:.0f} "
          f"({(now / before - 1) * 100:+.1f} %)")
    return now


def write_plot(path, bench, kinds, bare):
    direct = [c for c in cases(bench.quick) if c["kind"] == "direct"]

    def series(key):
        return {k.name: [bench.median(c["name"], k.name, key) for c in direct] for k in kinds}

    names = [c["name"] for c in direct]
    plot.write(path, "1 speaker, N listeners", [
        {"title": "server CPU per forwarded packet", "unit": "µs", "cases": names,
         "series": series("cpu_us_per_packet"), "line": ("bare loop", bare["500, 50 times a second"])},
        {"title": "latency, median", "unit": "ms", "cases": names, "series": series("p50_ms")},
        {"title": "latency, 99th percentile", "unit": "ms", "cases": names,
         "series": series("p99_ms")}])


def main():
    parser = argparse.ArgumentParser(prog="./dev bench")
    parser.add_argument("--build", default="build/release", help=argparse.SUPPRESS)
    parser.add_argument("--out", default="build/bench", help="directory for the results")
    parser.add_argument("--quick", action="store_true", help="fewer listeners, one round")
    parser.add_argument("--rounds", type=int, help="runs of each case (3)")
    parser.add_argument("--only", choices=["susurrod", "mumble-server"], help="one server alone")
    parser.add_argument("--instructions", action="store_true",
                        help="also count instructions per packet (needs valgrind)")
    options = parser.parse_args()
    Susurro.program = os.path.abspath(os.path.join(options.build, "server", "susurrod"))
    kinds = [k for k in (Susurro, Murmur) if k.is_there() and options.only in (None, k.name)]
    if not kinds:
        sys.exit("bench: no server to measure (build susurrod, or install mumble-server)")
    bench = Bench(os.path.abspath(options.build), options.rounds or (1 if options.quick else 3),
                  options.quick)
    try:
        bare, rights = bench.bare(), bench.rights()
        bench.run(kinds)
        counts = {k.name: instructions(bench, k) for k in kinds} if options.instructions else {}
    finally:
        bench.close()

    print(f"{platform.machine()}, {os.cpu_count()} cores, Linux {platform.release()}; 60-byte payloads, "
          f"50 a second; medians of {bench.rounds}")
    print_direct(bench, kinds, bare)
    print_mixed(bench, kinds)
    print_clients(bench, kinds)
    print_rights(rights)
    print_storm(bench, kinds)
    for name, count in counts.items():
        print(f"\ninstructions per forwarded packet, {name}: {count:.0f}")
    if options.instructions:
        counts["fanout"] = print_inner_loop(options.build)
    os.makedirs(options.out, exist_ok=True)
    with open(os.path.join(options.out, "results.json"), "w", encoding="utf-8") as file:
        json.dump({"bare_us": bare, "rights": rights, "instructions": counts,
                   "runs": [{"case": case, "server": server, "results": results}
                            for (case, server), results in bench.results.items()]}, file, indent=1)
    write_plot(os.path.join(options.out, "results.svg"), bench, kinds, bare)
    print(f"\nwritten: {options.out}/results.json and {options.out}/results.svg")
    if len(bench.results) == 0:
        sys.exit(1)


if __name__ == "__main__":
    main()
