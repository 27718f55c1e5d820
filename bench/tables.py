# SPDX-License-Identifier: BSD-3-Clause
"""From results to tables: {"title", "heads", "rows"} with cells of text; printed for a terminal or as Markdown."""

import statistics

DASH = "–"
CORES, PEOPLE = 16, 10000  # of the projection


class Results:
    """What was measured: (server, row) -> a list of dicts, one a round."""

    def __init__(self, runs, bare, tunnel, rights, meeting, rounds):
        self.runs, self.bare, self.tunnel, self.rights, self.rounds = runs, bare, tunnel, rights, rounds
        self.meeting = meeting  # of mixer_meeting_bench: the mixer alone, in computed time

    def get(self, server, row, key):
        """The median; None: not measured."""
        values = [one[key] for one in self.runs.get((server, row), []) if one.get(key) is not None]
        return statistics.median(values) if values else None

    def worst(self, server, row, key):
        values = [one[key] for one in self.runs.get((server, row), []) if one.get(key) is not None]
        return max(values) if values else None

    def is_beyond(self, server, row):
        found = self.runs.get((server, row), [])
        return bool(found) and all(one.get("beyond") for one in found)

    def rows(self, server, first):
        """The rows of a server that begin so, in the order in which they were measured."""
        return [row for name, row in self.runs if name == server and row[0] == first]


def cell(value, form="{:.2f}"):
    return DASH if value is None else form.format(value)


def ratio(a, b):
    return None if a is None or not b else a / b


def times(a, b):
    return None if a is None or b is None else a * b


# ---- direct ----

DIRECT = (("µs/packet", "cpu_us_per_packet", "{:.2f}"), ("p50 ms", "p50_ms", "{:.2f}"),
          ("p99 ms", "p99_ms", "{:.2f}"), ("p99.9 ms", "p999_ms", "{:.2f}"), ("lost", "lost", "{:.0f}"))


def direct_name(row):
    way, n, speakers = row
    if way == "rooms":
        return f"UDP, {n} rooms of 10 listeners and a speaker"
    if way == "two threads":
        return f"UDP, {n} listeners, two voice threads"
    plural = "s" if speakers != 1 else ""
    return f"{'UDP' if way == 'udp' else way}, {n} listeners, {speakers} speaker{plural}"


def direct_rows(results, servers):
    seen = {}
    for server in servers:
        for first in ("udp", "tunnel", "rooms", "two threads"):
            for row in results.rows(server, first):
                if row[2] != "joined":
                    seen[row] = True
    order = {"udp": 0, "rooms": 1, "two threads": 2, "tunnel": 3}
    return sorted(seen, key=lambda row: (order[row[0]], row[2] if row[0] == "udp" else 0, row[1], row[2]))


def direct_cells(results, server, row):
    if results.is_beyond(server, row):
        return ["over a core"] + [DASH] * (len(DIRECT) - 1)
    return [cell(results.get(server, row, key), form) for _, key, form in DIRECT]


def direct(results, servers):
    heads = ["direct"] + [f"{name} {head}" if head == "µs/packet" else head
                          for name in servers for head, _, _ in DIRECT]
    rows = []
    for loops, what in ((results.bare, "bare loop: seal, sendmmsg"), (results.tunnel, "bare tunnel: record, send")):
        rows += [[f"{what}, to {name}", cell(us)] + [DASH] * (len(heads) - 2) for name, us in loops.items()]
    for row in direct_rows(results, servers):
        rows.append([direct_name(row)] + [text for name in servers for text in direct_cells(results, name, row)])
    return {"title": "Direct: server CPU per forwarded packet, latency from sender to receiver", "heads": heads,
            "rows": rows}


def generator(results, servers):
    """Where the load generator, and not the server, was at its limit."""
    rows = []
    for server in servers:
        for row in direct_rows(results, [server]):
            dropped = results.worst(server, row, "dropped_by_generator") or 0
            late = results.get(server, row, "generator_late_ms") or 0
            share = results.get(server, row, "generator_share") or 0
            if dropped > 0 or late > 20 or share > 0.9:
                rows.append([f"{server}: {direct_name(row)}", cell(dropped, "{:.0f}"), cell(late, "{:.0f}"),
                             cell(100 * share, "{:.0f}")])
    rows = rows or [["in no row", DASH, DASH, DASH]]
    return {"title": "The load generator was at its own limit (not counted as the server's loss)",
            "heads": ["row", "dropped in its buffers", "late by ms", "CPU %"], "rows": rows}


# ---- mixed ----

def mixer_us_per_frame(results, server, row):
    """Of its mixing threads, for 20 ms."""
    us, seconds = results.get(server, row, "mixer_us"), results.get(server, row, "seconds")
    return None if us is None or not seconds else us / seconds / 50


def us_per_frame(results, server, row):
    us, seconds = results.get(server, row, "cpu_us"), results.get(server, row, "seconds")
    return None if us is None or not seconds else us / seconds / 50


def slope(one, other, n):
    return None if one is None or other is None or not n else (other - one) / n


def listener_us(results, server):
    """One listener more, for each packet that reaches them: the slope from fewest to most."""
    rows = [row for row in results.rows(server, "listeners") if not results.is_beyond(server, row)]
    if len(rows) < 2:
        return None
    few, many = min(rows, key=lambda row: row[1]), max(rows, key=lambda row: row[1])
    packets = [results.get(server, row, "received") for row in (few, many)]
    cpu = [results.get(server, row, "cpu_us") for row in (few, many)]
    if None in packets + cpu or packets[1] <= packets[0]:
        return None
    return (cpu[1] - cpu[0]) / (packets[1] - packets[0])


def mixed_name(row):
    plural = "s" if row[1] != 1 else ""
    return {"listeners": f"1 voice, {row[1]} listeners of one mix", "voices": f"{row[1]} voice{plural}, 10 listeners",
            "tiers": f"1 voice, 10 listeners, {row[1]} tiers",
            "tracks": f"1 voice, {row[1]} tracks of 10 listeners, 2 interpreters",
            "meeting": f"{row[1]} voices, 2 interpreters, 3 tracks × 5 tiers, 30 listeners",
            "default": "1 voice, 10 listeners, janus as it comes (120 ms kept)"}[row[0]]


def mixed(results, servers):
    heads = ["mixed"]
    for name in servers:
        heads += [f"{name} CPU %", "mixing %", "µs/packet", "p50 ms", "worst ms"]
    rows, seen = [], {}
    for name in servers:
        for first in ("listeners", "voices", "tiers", "tracks", "meeting", "default"):
            seen.update(dict.fromkeys(results.rows(name, first)))
    for row in seen:
        line = [mixed_name(row)]
        for name in servers:
            share, mixing = results.get(name, row, "cpu_share"), mixer_us_per_frame(results, name, row)
            line += ["over 2 cores" if results.is_beyond(name, row) else cell(times(share, 100)),
                     cell(times(mixing, 1 / 200))]
            line += [cell(results.get(name, row, key)) for key in ("cpu_us_per_packet", "p50_ms")]
            line.append(cell(results.worst(name, row, "max_ms")))
        rows.append(line)
    return {"title": "Mixed: from the onset in a speaker's packet to the onset in what a listener decodes",
            "heads": heads, "rows": rows}


def mixed_costs(results, servers):
    """Slopes: what one more of each costs, in µs of CPU for 20 ms of sound."""
    listener = [cell(listener_us(results, name)) for name in servers]

    def per(name, row, base, n, of=mixer_us_per_frame):
        return None if base is None else slope(of(results, name, base), of(results, name, row), n)

    def base_of(name):
        """Ours is measured with one voice there; janus with its fewest listeners."""
        return next(iter([row for row in results.rows(name, "voices") if row[1] == 1]
                         or results.rows(name, "listeners")), None)

    costs = {"voice": [], "tier": [], "track": []}
    for name in servers:
        base = base_of(name)
        voice = per(name, ("voices", 4), base, 3, us_per_frame if name == "janus" else mixer_us_per_frame)
        both = per(name, ("tracks", 3), base, 1)
        costs["voice"].append(voice)
        costs["tier"].append(per(name, ("tiers", 5), base, 4))
        costs["track"].append(None if both is None or voice is None else (both - 2 * voice) / 2)
    rows = [["one listener more, a packet"] + listener,
            *([title] + [cell(us, "{:.0f}") for us in costs[key]] for title, key in (
                ("one voice more", "voice"), ("one tier more of the same mix", "tier"),
                ("one track more, its interpreter apart", "track")))]
    return {"title": "Mixed: what one more costs, µs of CPU for each 20 ms", "heads": ["", *servers], "rows": rows}


# ---- people ----

def connects_a_second(results, name):
    ms = results.get(name, ("connect", "each"), "cpu_ms_per_connect")
    return None if not ms else 1000 / ms


def people(results, servers):
    heads, rows = ["people", *servers], []

    def add(title, row, key, form="{:.2f}"):
        rows.append([title] + [cell(results.get(name, row, key), form) for name in servers])

    add("CPU ms to connect one client, alone", ("connect", "each"), "cpu_ms_per_connect")
    rows.append(["connects a second that one core could do"]
                + [cell(connects_a_second(results, name), "{:.0f}") for name in servers])
    storm = next((row for _, row in results.runs if row[0] == "storm"), None)
    if storm:
        for title, key, form in (("in", "joined", "{:.0f}"), ("half of them within ms", "p50_ms", "{:.0f}"),
                                 ("the last within ms", "last_ms", "{:.0f}"),
                                 ("server CPU ms each", "cpu_ms_per_client", "{:.2f}"),
                                 ("KiB each, when quiet again", "rss_kib_per_client", "{:.0f}")):
            add(f"{storm[1]} join at the same moment: {title}", storm, key, form)
    for way in ("udp", "tunnel"):
        joined = {row[1] for _, row in results.runs if row[0] == way and row[2] == "joined"}
        for n in sorted(joined):
            add(f"KiB a client, {n} connected, {'UDP' if way == 'udp' else way}", (way, n, "joined"),
                "rss_kib_per_client", "{:.0f}")
    return {"title": "People", "heads": heads, "rows": rows}


def idle(results, servers):
    rows = []
    for what, title in (("silent", "silent, no pings"), ("pings", "a ping each by TCP and UDP every 5 s")):
        for name in servers:
            wakes = [one["wakes"] for one in results.runs.get((name, ("idle", what)), [])]
            if wakes:
                threads = ", ".join(f"{thread} {n:.1f}" for thread, n in sorted(wakes[0].items()))
                share = results.get(name, ("idle", what), "cpu_share")
                rows.append([f"{name}, {title}", cell(results.get(name, ("idle", what), "wakes_per_s"), "{:.1f}"),
                             threads, cell(100 * share, "{:.2f}")])
    return {"title": "Silence: wake-ups a second (times that a thread was switched to)",
            "heads": ["people in meetings of ten (mumble-server: 200 in one room)", "wake-ups/s", "by thread", "CPU %"],
            "rows": rows}


def rights(results, _servers):
    one = results.rights
    changed = f"all of {one['users']} users in {one['channels']} channels, ms"
    return {"title": f"Permissions: a channel {one['depth']} deep, {one['entries']} ACL entries on the way",
            "heads": ["permissions, susurrod", "median"],
            "rows": [["one question, remembered, ns", cell(one["cached_ns"], "{:.1f}")],
                     ["one question, worked out anew, ns", cell(one["fresh_ns"], "{:.0f}")],
                     [f"{changed}, worked out anew", cell(one["recheck_ms"])],
                     [f"{changed}, remembered", cell(one["recheck_cached_ms"])]]}


# ---- printing ----

def as_text(table):
    heads, rows = table["heads"], table["rows"]
    widths = [max(len(str(row[i])) for row in [heads, *rows]) for i in range(len(heads))]
    lines = ["", table["title"]]
    for row in [heads, ["-" * w for w in widths], *rows]:
        lines.append("  " + "  ".join(str(v).ljust(w) if i == 0 else str(v).rjust(w)
                                      for i, (v, w) in enumerate(zip(row, widths))))
    return "\n".join(lines)


def as_markdown(table):
    lines = [f"**{table['title']}**", "", "| " + " | ".join(table["heads"]) + " |",
             "|" + "---|" * len(table["heads"])]
    lines += ["| " + " | ".join(str(v) for v in row) + " |" for row in table["rows"]]
    return "\n".join([*lines, ""])
