# SPDX-License-Identifier: BSD-3-Clause
"""The budgets beside what was measured, and what it means for a machine with more cores."""

from tables import CORES, DASH, PEOPLE, cell, connects_a_second, listener_us, ratio, times

FRAMES = 50  # a second
BUDGET_RATIO = 1.3


def verdict(value, most):
    return DASH if value is None else "yes" if value <= most else "no"


def line(what, value, most, form="{:.2f}", more=""):
    return [what, cell(value, form) + more, form.format(most), verdict(value, most)]


def budgets(results, sizes):
    """Each: what, measured, budget, kept?"""
    get, ours = results.get, "susurrod"
    udp = ("udp", 500, 1)
    alone, paced = results.bare.get("500, without pauses"), results.bare.get("500, 50 times a second")
    tunnel = ("tunnel", 200, 1)
    track = [row for row in results.rows(ours, "listeners")][:1]
    direct_p50, direct_p99 = (get(ours, ("udp", 10, 1), key) for key in ("p50_ms", "p99_ms"))
    forwarded = get(ours, udp, "cpu_us_per_packet")
    two = ("udp", sizes.two_speakers, 2)
    share = get(ours, ("meeting", 4), "cpu_share")
    idle = get(ours, ("idle", "silent"), "wakes_per_s")
    rows = [
        line("UDP, 500 listeners: CPU a packet / bare loop at the same pace", ratio(forwarded, paced), BUDGET_RATIO),
        line("UDP, 500 listeners: CPU a packet / bare loop without pauses", ratio(forwarded, alone), BUDGET_RATIO),
        line("UDP, 500 listeners: p99 / (500 × bare packet at the same pace)",
             ratio(times(get(ours, udp, "p99_ms"), 1000), times(paced, 500)), BUDGET_RATIO),
        line("UDP, 500 listeners: p99 / (500 × bare packet without pauses)",
             ratio(times(get(ours, udp, "p99_ms"), 1000), times(alone, 500)), BUDGET_RATIO),
        line(f"UDP, {sizes.two_speakers} listeners, 2 speakers: packets lost, worst round",
             results.worst(ours, two, "lost"), 0, "{:.0f}", f" of {get(ours, two, 'expected') or 0:.0f}"),
        line("tunnel, 200 listeners: CPU µs a packet", get(ours, tunnel, "cpu_us_per_packet"), 7),
        line("tunnel, 200 listeners: CPU a packet / bare tunnel at the same pace",
             ratio(get(ours, tunnel, "cpu_us_per_packet"), results.tunnel.get("200, 50 times a second")), BUDGET_RATIO),
    ]
    if track:
        p50, p99 = get(ours, track[0], "p50_ms"), results.worst(ours, track[0], "max_ms")
        rows += [line("track: p50 ms beyond direct", None if None in (p50, direct_p50) else p50 - direct_p50, 40),
                 line("track: worst ms beyond direct's p99", None if None in (p99, direct_p99) else p99 - direct_p99, 55)]
    rows += [
        line("track: one listener more / a forwarded packet", ratio(listener_us(results, ours), forwarded), 1.1),
        line("a whole meeting, 3 tracks × 5 tiers × 4 voices: % of a core", times(share, 100), 15),
        line("such a meeting, its mixer alone: % of a core", results.meeting["share"] * 100, 15),
        line("such a meeting: the mixer's longest tick of 10 ms, ms", results.meeting["tick_ms"]["most"], 8),
        line("CPU ms to connect one client", get(ours, ("connect", "each"), "cpu_ms_per_connect"), 1),
        line("KiB of a client, TLS included", get(ours, udp[:2] + ("joined",), "rss_kib_per_client"), 40, "{:.0f}"),
        line("silent meetings: wake-ups a second", idle, 0, "{:.1f}"),
    ]
    return {"title": "Budgets", "heads": ["what", "measured", "at most", "kept"],
            "rows": [row for row in rows if row[3] != DASH]}


def join_cost(results, name="susurrod"):
    """(a, b): a join costs a ms and b ms for each who is there already: they are told. From two steps of growth."""
    steps = sorted((row[1], results.get(name, row, "cpu_ms")) for row in results.rows(name, "udp")
                   if row[2] == "joined")
    alone = results.get(name, ("connect", "each"), "cpu_ms_per_connect")
    if len(steps) < 2 or alone is None:
        return None
    (before, _), (n, ms) = steps[-2:]
    return alone, max(0.0, ms / (n - before) - alone) / ((n + before) / 2)


def projection(results):
    """Arithmetic, said in words: nothing here was measured on such a machine."""
    get, ours = results.get, "susurrod"
    rows = [row for row in results.rows(ours, "udp") if row[2] == 1 and not results.is_beyond(ours, row)]
    most = max(rows, key=lambda row: row[1], default=None)
    us = get(ours, most, "cpu_us_per_packet") if most else None
    two = results.rows(ours, "two threads")
    one = ("udp", two[0][1], 1) if two else None
    spread = ratio(get(ours, two[0], "cpu_us_per_packet"), get(ours, one, "cpu_us_per_packet")) if two else None
    packet, threads = times(us, max(1.0, spread or 1.0)), CORES // 2
    tunnel = get(ours, ("tunnel", 500, 1), "cpu_us_per_packet") or get(ours, ("tunnel", 100, 1), "cpu_us_per_packet")
    kib = get(ours, (most or ("udp", 0))[:2] + ("joined",), "rss_kib_per_client")
    join, mix = join_cost(results), get(ours, ("meeting", 4), "mixer_us")
    meeting = None if mix is None else mix / 1e6 / get(ours, ("meeting", 4), "seconds")
    seconds = times(packet, PEOPLE * FRAMES / 1e6)
    line_ms = times(packet, PEOPLE / threads / 1000)
    rows = [
        ["a packet, µs", f"{cell(us)} with {most[1] if most else DASH} listeners × {cell(spread)} for a second "
                         "thread (at least 1)", cell(packet)],
        ["voice threads", f"one for every two of {CORES} cores", str(threads)],
        ["one speaker, everybody by UDP: cores", f"{PEOPLE} × {FRAMES} × {cell(packet)} µs", cell(seconds)],
        ["the same, % of each voice thread", f"/ {threads}", cell(times(seconds, 100 / threads), "{:.0f}")],
        ["the last listener's turn, ms", f"{PEOPLE} / {threads} × {cell(packet)} µs", cell(line_ms)],
        ["speakers at a time before the voice threads are 80 % busy", f"{threads} × 0.8 / cores of one",
         cell(ratio(threads * 0.8, seconds), "{:.1f}")],
        ["listeners by the tunnel that the one control thread can carry", f"0.8 s / ({FRAMES} × {cell(tunnel)} µs)",
         cell(ratio(800000 / FRAMES, tunnel), "{:.0f}")],
        ["memory, MiB", f"{PEOPLE} × {cell(kib, '{:.0f}')} KiB", cell(times(kib, PEOPLE / 1024), "{:.0f}")],
        ["meetings of 3 tracks × 5 tiers × 4 voices a mixing core, at 80 %", f"0.8 / {cell(meeting, '{:.3f}')}",
         cell(ratio(0.8, meeting), "{:.0f}")],
        ["joins a second when all but the last are there",
         f"1 / ({f'{join[0]:.2f} + {join[1]:.4f} × {PEOPLE}' if join else DASH}) ms: each is told of the new one",
         cell(1000 / (join[0] + join[1] * PEOPLE) if join else None, "{:.0f}")],
        ["joins a second into an empty server", "1 / CPU of one", cell(connects_a_second(results, ours), "{:.0f}")],
    ]
    return {"title": f"Projection to {CORES} cores and {PEOPLE} listeners: arithmetic, not measured",
            "heads": ["what", "how", "value"], "rows": rows}
