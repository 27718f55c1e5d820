# SPDX-License-Identifier: BSD-3-Clause
"""What the terminal shows while the meeting runs: a table that is drawn again, or plain lines."""

import sys

from levels import SILENT_DB

LOWEST_DB, HIGHEST_DB, BAR = -60.0, -10.0, 18


def decibels(level_db):
    return "      –   " if level_db <= SILENT_DB else f"{level_db:6.1f} dB".replace("-", "−")


def bar(level_db):
    filled = (level_db - LOWEST_DB) / (HIGHEST_DB - LOWEST_DB) * BAR
    filled = int(round(min(max(filled, 0), BAR)))
    return "█" * filled + "·" * (BAR - filled)


def clock(time_s):
    return f"{int(time_s) // 60}:{int(time_s) % 60:02d}"


class Table:
    def __init__(self, head, out=sys.stdout):
        self.head, self.out = head, out
        self.is_live = out.isatty()
        self.n_lines = 0
        if not self.is_live:
            print("\n".join(head), file=out, flush=True)

    def show(self, time_s, floor, booths, rows, note):
        """booths: {name: what goes on in it}; rows: [(listener, floor dB, interpreter dB, all dB)]."""
        if self.is_live:
            self._draw(time_s, floor, booths, rows, note)
        else:
            heard = "; ".join(f"{name}: floor {decibels(f).strip()}, interpreter {decibels(i).strip()}"
                              for name, f, i, _ in rows)
            within = "; ".join(f"{name}: {what.strip()}" for name, what in booths.items())
            print(f"{clock(time_s)}  floor: {floor}; {within}; {heard}", file=self.out, flush=True)

    def _draw(self, time_s, floor, booths, rows, note):
        lines = [*self.head, "",
                 f"  {'time':<12}{clock(time_s)}", f"  {'floor':<12}{floor}",
                 *(f"  {name:<12}{what}" for name, what in booths.items()), "",
                 f"  {'hears':<10}{'floor voice':<{BAR + 14}}{'interpreter':<{BAR + 14}}all"]
        for name, floor_db, interpreter_db, all_db in rows:
            lines.append(f"  {name:<10}\033[34m{bar(floor_db)}\033[0m {decibels(floor_db):<12}"
                         f" \033[33m{bar(interpreter_db)}\033[0m {decibels(interpreter_db):<12}"
                         f" {decibels(all_db)}")
        lines += ["", f"  {note}", "  Ctrl-C ends the meeting."]
        up = f"\033[{self.n_lines}A" if self.n_lines else ""
        self.out.write(up + "".join(f"\033[2K{line}\n" for line in lines))
        self.out.flush()
        self.n_lines = len(lines)
