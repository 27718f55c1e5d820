#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Measures susurrod beside Debian's mumble-server and janus: ./dev bench [--quick] [--instructions] [--write FILE].

The servers take turns within each round, and the median of the rounds is printed, so that whatever else the
machine does falls on all. Everything stays on the loopback. Results go to build/bench/results.json and
build/bench/results.svg, and, with --write, as Markdown between the marks of a file.
"""

import argparse
import contextlib
import json
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

import budgets
import cases
import instructions
import plot
import tables
from servers import Janus, ManyMeetings, Murmur, Susurro

LIMIT_S = 300
MARKS = ("<!-- RESULTS: written by ./dev bench --write, never by hand -->", "<!-- END OF RESULTS -->")
MURMUR, OURS, JANUS = Murmur.name, Susurro.name, Janus.name


def progress(text):
    if sys.stderr.isatty():
        print(f"\r\033[K{text}", end="", file=sys.stderr, flush=True)
    elif text:
        print(text, file=sys.stderr, flush=True)


class Bench:
    """What has been measured so far."""

    def __init__(self, options):
        self.options = options
        self.load = os.path.join(options.build, "bench", "susurro_load")
        self.sizes = cases.Sizes(options.quick)
        self.directory = tempfile.mkdtemp(prefix="susurro-bench-")
        os.chmod(self.directory, 0o755)
        self.runs = {}  # (server's name, row) -> what susurro_load printed, a dict each round
        self.failed = []
        self.began = time.monotonic()
        self.n_rounds = 0

    def close(self):
        shutil.rmtree(self.directory, ignore_errors=True)

    def minutes(self):
        return (time.monotonic() - self.began) / 60

    def keep(self, server, row, result):
        self.runs.setdefault((server, row), []).append(result)

    def print_program(self, name, *arguments):
        """What a program of ours prints as JSON."""
        done = subprocess.run([os.path.join(self.options.build, "bench", name), *arguments], text=True,
                              timeout=LIMIT_S, capture_output=True, stdin=subprocess.DEVNULL, check=False)
        if done.returncode != 0:
            raise RuntimeError(done.stderr.strip())
        return json.loads(done.stdout)

    def bare(self, counts, *more):
        """µs a packet of a bare loop: without pauses for the most receivers, and with pauses for each count."""
        def once(count, *arguments):
            return self.print_program("susurro_load", "--bare", str(count), *more, *arguments)["bare_us_per_packet"]

        most = max(counts)
        found = {f"{most}, without pauses": once(most)}
        found.update((f"{count}, 50 times a second", once(count, "--pauses")) for count in counts)
        return found

    def is_wanted(self, kind):
        only = self.options.only
        return kind.is_there() and (only is None or kind.name in (only, JANUS))

    @contextlib.contextmanager
    def trying(self, name, kind):
        """What fails in it is told at the end; all else goes on."""
        progress(f"{self.minutes():4.1f} min, round {self.n_rounds + 1}: {name}: {kind.name}")
        try:
            yield
        except (RuntimeError, OSError) as error:
            self.failed.append(f"{name}: {kind.name}: {error}")
            print(f"\n  {self.failed[-1]}", file=sys.stderr)

    def measure(self, name, kind, how):
        with self.trying(name, kind), cases.Stage(self.load, self.directory, kind) as stage:
            for row, result in how(stage):
                self.keep(kind.name, row, result)

    def alone(self, kind, row, *arguments):
        """One of susurro_load's measurements that is no script."""
        with self.trying(row[0], kind), kind(os.path.join(self.directory, kind.__name__)) as server:
            self.keep(kind.name, row, self.print_program("susurro_load", "--port", str(server.port),
                                                         "--pid", str(server.pid), *arguments))

    def in_turn(self, kinds):
        wanted = [kind for kind in kinds if self.is_wanted(kind)]
        return wanted if self.n_rounds % 2 == 0 else wanted[::-1]

    def round(self):
        sizes = self.sizes
        for name, kinds, how in cases.of_round(sizes, self.n_rounds):
            for kind in self.in_turn(kinds):
                self.measure(name, kind, how)
        for kind in self.in_turn((Susurro, Murmur)):
            self.alone(kind, ("connect", "each"), "--connect", str(sizes.connects))
            self.alone(kind, ("storm", sizes.storm), "--storm", str(sizes.storm))
        self.n_rounds += 1

    def run(self):
        """As many rounds as were asked for and as fit into the time."""
        self.loops = [], []
        for name, kinds, how in cases.of_once(self.sizes):
            for kind in self.in_turn(kinds):
                self.measure(name, kind, how)
        lasted = 0.0
        for number in range(self.options.rounds):
            began = self.minutes()
            if number > 0 and began + lasted > self.options.minutes:
                print(f"\n  no time for round {number + 1} of {self.options.rounds}", file=sys.stderr)
                break
            self.loops[0].append(self.bare(self.sizes.bare))
            self.loops[1].append(self.bare([*self.sizes.bare, 200], "--tunnel"))
            self.round()
            lasted = self.minutes() - began
        progress("")

    def results(self):
        def medians(rounds):
            return {name: statistics.median(one[name] for one in rounds) for name in rounds[0]}

        return tables.Results(self.runs, medians(self.loops[0]), medians(self.loops[1]),
                              self.print_program("susurro_rights"),
                              self.print_program(os.path.join("..", "tests", "unit", "mixer_meeting_bench")),
                              self.n_rounds)


# ---- what comes out ----

def head_line(bench):
    done = subprocess.run(["git", "describe", "--always", "--dirty"], capture_output=True, text=True, check=False)
    return (f"{time.strftime('%Y-%m-%d')}, commit {done.stdout.strip() or 'unknown'}; {platform.machine()}, "
            f"{os.cpu_count()} cores, Linux {platform.release()}; 60-byte payloads, 50 a second; medians of "
            f"{bench.n_rounds} round{'s' if bench.n_rounds != 1 else ''}, {bench.minutes():.0f} minutes; load when it began {bench.load_average:.1f}")


def not_measured(bench):
    """What failed, a line each; else nothing."""
    return [f"Not measured: {' '.join(text.split())}" for text in bench.failed]


def all_tables(bench, results, counts):
    voices, mixers, ours = [OURS, MURMUR], [OURS, JANUS], OURS
    out = [budgets.budgets(results, bench.sizes), tables.direct(results, voices), tables.generator(results, voices),
           tables.mixed(results, mixers), tables.mixed_costs(results, mixers), tables.people(results, voices),
           tables.idle(results, voices), tables.rights(results, [ours]), budgets.projection(results)]
    if counts:
        out.append(instructions.table(counts))
    return out


def write_plot(path, bench, results):
    servers = [OURS, MURMUR]

    def rows(way):
        return [row for row in tables.direct_rows(results, servers) if row[0] == way]

    def panel(title, unit, chosen, key, names=None, line=None):
        names = names or servers
        return {"title": title, "unit": unit, "cases": [" ".join(str(part) for part in row) for row in chosen],
                "series": {name: [results.get(name, row, key) for row in chosen] for name in names}, "line": line}

    tracks = [row for row in results.rows(OURS, "listeners")]
    paced = list(results.bare.items())[-1]
    tunnel = list(results.tunnel.items())[-1]
    plot.write(path, "listeners and speakers", [
        panel("UDP: server CPU per forwarded packet", "µs", rows("udp"), "cpu_us_per_packet",
              line=(f"bare loop to {paced[0]}", paced[1])),
        panel("UDP: latency, median", "ms", rows("udp"), "p50_ms"),
        panel("UDP: latency, 99th percentile", "ms", rows("udp"), "p99_ms"),
        panel("tunnel: server CPU per forwarded packet", "µs", rows("tunnel"), "cpu_us_per_packet",
              line=(f"bare loop to {tunnel[0]}", tunnel[1])),
        panel("tunnel: latency, 99th percentile", "ms", rows("tunnel"), "p99_ms"),
        panel("one mix: server CPU per packet", "µs", tracks, "cpu_us_per_packet", [OURS, JANUS])])


def write_json(path, bench, results, counts):
    with open(path, "w", encoding="utf-8") as file:
        json.dump({"bare_us": results.bare, "bare_tunnel_us": results.tunnel, "rights": results.rights, "meeting": results.meeting,
                   "instructions": counts, "failed": bench.failed,
                   "runs": [{"server": server, "case": list(row), "results": found}
                            for (server, row), found in bench.runs.items()]}, file, indent=1)


def write_into(path, content):
    """Between the marks of a file."""
    with open(path, encoding="utf-8") as file:
        text = file.read()
    if text.count(MARKS[0]) != 1 or text.count(MARKS[1]) != 1:
        sys.exit(f"bench: {path} has no place for results: {MARKS[0]} … {MARKS[1]}")
    before, rest = text.split(MARKS[0])
    after = rest.split(MARKS[1])[1]
    with open(path, "w", encoding="utf-8") as file:
        file.write(f"{before}{MARKS[0]}\n\n{content}\n{MARKS[1]}{after}")


def read_options():
    parser = argparse.ArgumentParser(prog="./dev bench")
    parser.add_argument("--build", default="build/release", help=argparse.SUPPRESS)
    parser.add_argument("--out", default="build/bench", help="directory for the results")
    parser.add_argument("--quick", action="store_true", help="fewer listeners, one round")
    parser.add_argument("--rounds", type=int, help="runs of each case (3)")
    parser.add_argument("--minutes", type=float, default=14.5, help="begin no round that would end after this (14.5)")
    parser.add_argument("--only", choices=[OURS, MURMUR], help="one server alone, beside janus")
    parser.add_argument("--instructions", action="store_true",
                        help="also count instructions of the inner loops (needs valgrind)")
    parser.add_argument("--write", metavar="FILE", help="put the tables between the marks of this file")
    options = parser.parse_args()
    options.build = os.path.abspath(options.build)
    options.rounds = options.rounds or (1 if options.quick else 3)
    return options


def main():
    options = read_options()
    Susurro.program = os.path.join(options.build, "server", "susurrod")
    ManyMeetings.N_MEETINGS = cases.Sizes(options.quick).meetings
    if not any(kind.is_there() for kind in (Susurro, Murmur)):
        sys.exit("bench: no server to measure (build susurrod, or install mumble-server)")
    bench = Bench(options)
    bench.load_average = os.getloadavg()[0]
    try:
        bench.run()
        results = bench.results()
        counts = instructions.counted(options.build) if options.instructions else {}
    finally:
        bench.close()
    made = all_tables(bench, results, counts)
    print("\n".join([head_line(bench), *(tables.as_text(table) for table in made)]))
    os.makedirs(options.out, exist_ok=True)
    write_json(os.path.join(options.out, "results.json"), bench, results, counts)
    write_plot(os.path.join(options.out, "results.svg"), bench, results)
    missing = not_measured(bench)
    if options.write:
        write_into(options.write, "\n".join([head_line(bench) + ".\n", *(f"{text}\n" for text in missing),
                                             *(tables.as_markdown(table) for table in made)]))
    print(f"\n{bench.minutes():.1f} minutes; written: {options.out}/results.json and {options.out}/results.svg")
    if missing:
        print("\n".join(missing))
        sys.exit(1)


if __name__ == "__main__":
    main()
