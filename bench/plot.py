# SPDX-License-Identifier: BSD-3-Clause
"""Grouped bars as SVG: one panel a quantity, one group a case, one colour a server."""

from xml.sax.saxutils import escape

COLOURS = ["#1f6fb2", "#d9822b", "#4a9c5d"]
WIDTH, PANEL_HEIGHT, LEFT, TOP, BOTTOM = 920, 260, 80, 60, 50


def nice_top(value):
    """The next of 1, 2, 5 × 10^n."""
    power = 1.0
    while power * 10 <= value:
        power *= 10
    while power > value:
        power /= 10
    return next((m * power for m in (1, 2, 5, 10) if m * power >= value), value)


def text(x, y, content, anchor="start", size=13, weight="normal", fill="#222"):
    return (f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" text-anchor="{anchor}" '
            f'font-weight="{weight}" fill="{fill}">{escape(content)}</text>')


def panel(top, title, unit, cases, series, colours, line=None):
    """series: {server: [value or None, …]}; line: (label, value), drawn across."""
    bottom = top + PANEL_HEIGHT - BOTTOM
    values = [v for row in series.values() for v in row if v is not None]
    highest = nice_top(max(values + ([line[1]] if line else []) + [1e-9]))
    height = bottom - top - TOP

    def y_of(value):
        return bottom - height * value / highest

    out = [text(LEFT, top + 24, f"{title} ({unit})", size=15, weight="bold")]
    for step in range(6):
        value = highest * step / 5
        out.append(f'<line x1="{LEFT}" x2="{WIDTH - 20}" y1="{y_of(value):.1f}" '
                   f'y2="{y_of(value):.1f}" stroke="#ddd"/>')
        out.append(text(LEFT - 8, y_of(value) + 4, f"{value:g}", "end", 12))
    group = (WIDTH - 20 - LEFT) / max(1, len(cases))
    bar = min(40.0, group * 0.8 / max(1, len(series)))
    for index, case in enumerate(cases):
        middle = LEFT + group * (index + 0.5)
        out.append(text(middle, bottom + 18, case, "middle", 12))
        for number, (name, row) in enumerate(series.items()):
            if row[index] is None:
                continue
            x = middle + (number - len(series) / 2) * bar
            out.append(f'<rect x="{x + 1:.1f}" y="{y_of(row[index]):.1f}" width="{bar - 2:.1f}" '
                       f'height="{bottom - y_of(row[index]):.1f}" fill="{colours[name]}"/>')
            out.append(text(x + bar / 2, y_of(row[index]) - 4, f"{row[index]:.3g}", "middle", 11))
    if line:
        out.append(f'<line x1="{LEFT}" x2="{WIDTH - 20}" y1="{y_of(line[1]):.1f}" '
                   f'y2="{y_of(line[1]):.1f}" stroke="#b00020" stroke-dasharray="6 4"/>')
        out.append(text(LEFT + 4, y_of(line[1]) - 5, f"{line[0]}: {line[1]:.3g}", "start", 12,
                        fill="#b00020"))
    return out


def write(path, title, panels):
    """panels: dicts with the arguments of panel() but for top and colours."""
    height = 50 + PANEL_HEIGHT * len(panels)
    out = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height}" '
           f'font-family="sans-serif"><rect width="100%" height="100%" fill="white"/>',
           text(LEFT, 28, title, size=17, weight="bold")]
    servers = list(dict.fromkeys(name for p in panels for name in p["series"]))
    colours = dict(zip(servers, COLOURS))
    for number, name in enumerate(servers):
        x = WIDTH - 480 + number * 160
        out.append(f'<rect x="{x}" y="16" width="14" height="14" fill="{COLOURS[number]}"/>')
        out.append(text(x + 20, 28, name))
    for number, arguments in enumerate(panels):
        out.extend(panel(40 + number * PANEL_HEIGHT, colours=colours, **arguments))
    out.append("</svg>\n")
    with open(path, "w", encoding="utf-8") as file:
        file.write("\n".join(out))
