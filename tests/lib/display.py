# SPDX-License-Identifier: BSD-3-Clause
"""A private X display (Xvfb), with a hand on its keyboard and mouse (xdotool)."""

import os
import subprocess

from lib import wait
from lib.process import Process, path_of


class Display:
    """One Xvfb: give each client its own, and focus, windows and mouse never collide."""

    def __init__(self, directory, size="800x600"):
        self.directory = directory
        read_fd, write_fd = os.pipe()
        self._process = Process(
            [path_of("Xvfb"), "-displayfd", str(write_fd), "-screen", "0", f"{size}x24",
             "-nolisten", "tcp", "-ac", "-noreset"],
            os.path.join(directory, "xvfb.log"), pass_fds=(write_fd,),
            env={"PATH": os.environ.get("PATH", "/usr/bin:/bin"), "HOME": directory})
        os.close(write_fd)
        os.set_blocking(read_fd, False)
        self._number = b""
        try:
            wait.until(lambda: self._read_number(read_fd), 20,
                       lambda: "Xvfb: " + self._process.tail())
        except BaseException:
            self._process.stop()
            raise
        finally:
            os.close(read_fd)
        self.name = ":" + self._number.decode().strip()
        self.env = {"DISPLAY": self.name, "PATH": os.environ.get("PATH", "/usr/bin:/bin"),
                    "HOME": directory, "LANG": "C.UTF-8"}

    def _read_number(self, fd):
        self._process.check_running()
        try:
            self._number += os.read(fd, 64)
        except BlockingIOError:
            pass
        return self._number.endswith(b"\n")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    def xdotool(self, *arguments):
        """Run xdotool; return what it prints, or None when it fails (no such window)."""
        done = subprocess.run([path_of("xdotool"), *[str(one) for one in arguments]], env=self.env,
                              capture_output=True, text=True, timeout=30)
        return done.stdout.strip() if done.returncode == 0 else None

    def windows(self):
        """The titles of the visible windows by id."""
        ids = (self.xdotool("search", "--onlyvisible", "--name", ".*") or "").split()
        return {one: self.xdotool("getwindowname", one) or "" for one in ids}

    def screenshot(self, path):
        """Write a PNG of the display, when ImageMagick is there to do it."""
        tool = path_of("import")
        if tool is None:
            return None
        done = subprocess.run([tool, "-window", "root", path], env=self.env, timeout=30,
                              capture_output=True)
        return path if done.returncode == 0 else None

    def _picture(self):
        """Its pixels, as they are now."""
        done = subprocess.run([path_of("import"), "-window", "root", "-depth", "8", "rgb:-"], env=self.env,
                              capture_output=True, check=True, timeout=30)
        return done.stdout

    def wait_still(self, timeout_s=10):
        """Wait until three pictures in a row are the same: everything that was to be painted has been.

        A cursor blinks twice a second at most: there is time enough for them in between.
        """
        same = [None]

        def is_still():
            now = self._picture()
            same[:] = [*same, now] if same[-1] == now else [now]
            return len(same) >= 3
        wait.until(is_still, timeout_s, "a window that is painted", 0.05)

    def stop(self):
        self._process.stop()
