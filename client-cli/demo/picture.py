# SPDX-License-Identifier: BSD-3-Clause
"""The picture of a meeting: who spoke when, and what each listener heard, over time."""

import os
import subprocess
from xml.sax.saxutils import escape

from levels import SILENT_DB

WIDTH, LEFT, RIGHT, PANEL, GAP, HEAD, LANE = 1200, 90, 30, 190, 44, 84, 35
FLOOR_COLOUR, INTERPRETER_COLOUR = "#1f6fb2", "#d9541e"
BAND_COLOURS = {"floor": "#cfe2f3", "interpreter": "#fbe0d0"}
LOWEST_DB, HIGHEST_DB = -60, -10


def text(x, y, content, anchor="start", size=14, weight="normal", fill="#222"):
    return (f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" text-anchor="{anchor}" '
            f'font-weight="{weight}" fill="{fill}">{escape(content)}</text>')


class Axes:
    def __init__(self, top, height, length_s):
        self.top, self.height, self.length_s = top, height, length_s

    def x(self, time_s):
        return LEFT + (WIDTH - LEFT - RIGHT) * time_s / self.length_s

    def y(self, level_db):
        level_db = min(max(level_db, LOWEST_DB), HIGHEST_DB)
        return self.top + self.height * (HIGHEST_DB - level_db) / (HIGHEST_DB - LOWEST_DB)

    def band(self, from_s, until_s, colour, top=None, height=None):
        top = self.top if top is None else top
        height = self.height if height is None else height
        return (f'<rect x="{self.x(from_s):.1f}" width="{self.x(until_s) - self.x(from_s):.1f}" '
                f'y="{top:.1f}" height="{height:.1f}" fill="{colour}"/>')

    def curve(self, times, levels, colour):
        """One line for each stretch in which something is heard."""
        out, points = [], []
        for time_s, level_db in [*zip(times, levels), (None, SILENT_DB)]:
            if level_db > LOWEST_DB:
                points.append(f"{self.x(time_s):.1f},{self.y(level_db):.1f}")
            elif points:
                out.append(f'<polyline points="{" ".join(points)}" fill="none" stroke="{colour}" '
                           'stroke-width="2.5" stroke-linejoin="round"/>')
                points = []
        return out


def seconds_step(length_s):
    return next(step for step in (1, 2, 5, 10, 20, 60, 300, 1e9) if length_s / step <= 24)


def grid(axes, has_labels):
    out = []
    for level_db in range(LOWEST_DB, HIGHEST_DB + 1, 10):
        y = axes.y(level_db)
        out.append(f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}" '
                   'stroke="#bbb" stroke-width="0.7"/>')
        out.append(text(LEFT - 8, y + 5, str(level_db).replace("-", "−"), "end", 12))
    step, at_s = seconds_step(axes.length_s), 0
    while has_labels and at_s <= axes.length_s:
        out.append(text(axes.x(at_s), axes.top + axes.height + 18, f"{at_s:g}", "middle", 12))
        at_s += step
    return out


def floor_lane(turns):
    return [("floor", f"{turn.speaker} ({turn.language})", turn.start_s, turn.end_s) for turn in turns]


def booth_lane(turns, team):
    return [("interpreter", f"{part.who} → {part.into}" + (" (relay)" if part.is_relay else ""),
             part.start_s, part.end_s) for turn in turns for part in turn.parts if part.who in team]


def track_lane(turns, language):
    return [("interpreter", part.who, part.start_s, part.end_s)
            for turn in turns for part in turn.parts if part.into == language]


def bands(axes, lanes, length_s, has_names):
    """Lanes one below the other, with who was meant to speak when."""
    out, height = [], axes.height / len(lanes)
    for number, lane in enumerate(lanes):
        top = axes.top + number * height
        for kind, who, from_s, until_s in lane:
            if from_s >= length_s:
                continue
            out.append(axes.band(from_s, min(until_s, length_s), BAND_COLOURS[kind], top, height))
            if has_names:
                out.append(text(axes.x(from_s) + 6, top + height / 2 + 5, who, size=14))
    return out


def legend(x, y):
    out = []
    for colour, name in ((FLOOR_COLOUR, "voice of the floor"), (INTERPRETER_COLOUR, "interpreter")):
        out.append(f'<line x1="{x}" x2="{x + 26}" y1="{y - 5}" y2="{y - 5}" stroke="{colour}" '
                   'stroke-width="4"/>')
        out.append(text(x + 32, y, name))
        x += 190
    return out


def svg(title, turns, booths, panels, length_s):
    """booths: {name: interpreters}; panels: [(title, language or None, rows of levels.Known.heard)]."""
    lanes = [floor_lane(turns), *(booth_lane(turns, team) for team in booths.values())]
    head = HEAD + LANE * len(lanes)
    height = head + 30 + len(panels) * (PANEL + GAP) + 14
    out = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height}" '
           'font-family="DejaVu Sans, sans-serif"><rect width="100%" height="100%" fill="white"/>',
           text(LEFT, 32, title, size=19, weight="bold"), *legend(WIDTH - 400, 32),
           text(LEFT, HEAD - 10, "who speaks: on the floor, in the booths", size=14, weight="bold"),
           *bands(Axes(HEAD, LANE * len(lanes), length_s), lanes, length_s, True)]
    for number, name in enumerate(["floor", *booths]):
        out.append(text(LEFT - 8, HEAD + LANE * (number + 0.5) + 5, name, "end", 12))
    for number, (name, language, rows) in enumerate(panels):
        axes = Axes(head + 54 + number * (PANEL + GAP), PANEL - 20, length_s)
        out.append(text(LEFT, axes.top - 8, f"{name}: level of each voice (dBFS)", size=14,
                        weight="bold"))
        lanes = [floor_lane(turns), *([track_lane(turns, language)] if language else [])]
        out += bands(axes, lanes, length_s, False)
        out += grid(axes, True)
        times = [row[0] for row in rows]
        out += axes.curve(times, [row[1] for row in rows], FLOOR_COLOUR)
        out += axes.curve(times, [row[2] for row in rows], INTERPRETER_COLOUR)
    out.append(text(WIDTH - RIGHT, height - 8, "seconds", "end", 12))
    return "\n".join([*out, "</svg>\n"])


def write(path, title, turns, booths, panels, length_s):
    """path ends in .png; an .svg of the same name stays beside it."""
    source = os.path.splitext(path)[0] + ".svg"
    with open(source, "w", encoding="utf-8") as file:
        file.write(svg(title, turns, booths, panels, length_s))
    subprocess.run(["ffmpeg", "-v", "error", "-nostdin", "-y", "-i", source, path], check=True)
