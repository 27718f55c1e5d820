# SPDX-License-Identifier: BSD-3-Clause
"""A program in a terminal of its own, by tmux: keys go in, the screen is read as text."""

import os
import shlex
import subprocess

from lib import wait
from lib.process import clean_environment, path_of

ENDED = "ended with status "


class Terminal:
    """Runs argv in a detached tmux; standard error goes to a file. close() ends all of it."""

    def __init__(self, home, argv, size=(80, 24), term=None, **environment):
        os.makedirs(home, exist_ok=True)
        self.errors = os.path.join(home, "stderr")
        self.socket = os.path.join(home, "tmux")
        self.environment = clean_environment(home, TERM="screen", **environment)
        config = os.path.join(home, "tmux.conf")
        with open(config, "w", encoding="utf-8") as file:
            file.write("set -g default-terminal screen\nset -g status off\nset -g history-limit 0\n"
                       "set -s escape-time 0\n")
        if term:  # what the program believes to be its terminal
            argv = ["env", f"TERM={term}", *argv]
        words = " ".join(shlex.quote(word) for word in argv)
        script = (f"{words} 2>{shlex.quote(self.errors)}; status=$?; stty -a | tr ';' '\\n' | "
                  f"grep -cw -e '-icanon' -e '-echo'; echo '{ENDED}'$status; exec cat >/dev/null")
        self.tmux("-f", config, "new-session", "-d", "-s", "test", "-x", str(size[0]), "-y",
                  str(size[1]), "sh", "-c", script)
        self.pid = int(self.tmux("display-message", "-p", "-t", "test", "#{pane_pid}"))

    def tmux(self, *words):
        done = subprocess.run([path_of("tmux"), "-u", "-S", self.socket, *words], text=True,
                              capture_output=True, timeout=30, check=False, env=self.environment)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def close(self):
        subprocess.run([path_of("tmux"), "-S", self.socket, "kill-server"], capture_output=True,
                       timeout=30, check=False, env=self.environment)

    def screen(self):
        """The rows, without blanks at their ends."""
        return [row.rstrip() for row in self.tmux("capture-pane", "-p", "-t", "test").split("\n")][:-1]

    def attributes(self):
        """The screen with its colours, as escape sequences."""
        return self.tmux("capture-pane", "-p", "-e", "-t", "test")

    def text(self):
        return "\n".join(self.screen())

    def keys(self, *keys):
        """Names as tmux has them (Enter, Escape, Space, PageUp), or characters."""
        self.tmux("send-keys", "-t", "test", *keys)
        return self

    def write(self, text):
        self.tmux("send-keys", "-t", "test", "-l", "--", text)
        return self

    def resize(self, cols, rows):
        self.tmux("resize-window", "-t", "test", "-x", str(cols), "-y", str(rows))
        return self

    def until(self, *parts, timeout_s=15):
        """Wait until the screen holds all of these; a function is asked about the rows."""
        def holds():
            rows = self.screen()
            text = "\n".join(rows)
            return all(part(rows) if callable(part) else part in text for part in parts)
        wait.until(holds, timeout_s, lambda: f"{parts} on the screen:\n{self.text()}\n{self.stderr()}", 0.05)
        return self

    def gone(self, *parts, timeout_s=15):
        """Wait until the screen holds none of these."""
        wait.until(lambda: not any(part in self.text() for part in parts), timeout_s,
                   lambda: f"no {parts} on the screen:\n{self.text()}", 0.05)
        return self

    def status(self, timeout_s=15):
        """The status with which the program ended, when it has; the terminal must be as before."""
        self.until(ENDED, timeout_s=timeout_s)
        rows = [row for row in self.screen() if row]
        assert rows[-2] == "0", f"the terminal was not restored:\n{self.text()}"
        return int(rows[-1].removeprefix(ENDED))

    def program(self):
        """The process id of the program itself."""
        with open(f"/proc/{self.pid}/task/{self.pid}/children", encoding="ascii") as file:
            return int(file.read().split()[0])

    def stderr(self):
        try:
            with open(self.errors, encoding="utf-8", errors="replace") as file:
                return file.read()
        except FileNotFoundError:
            return ""
