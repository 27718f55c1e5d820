# SPDX-License-Identifier: BSD-3-Clause
"""The servers that are measured: susurrod of this build, and Debian's mumble-server."""

import os
import pwd
import shutil
import socket
import subprocess
import time

READY_S = 60


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Server:
    """A server on a free port of the loopback, with its files in a directory of its own."""

    name = ""
    has_tracks = False

    def __init__(self, directory, wrapper=()):
        os.makedirs(directory, exist_ok=True)
        self.directory = directory
        self.port = free_port()
        self.log_path = os.path.join(directory, "log")
        config = os.path.join(directory, "server.ini")
        with open(config, "w", encoding="utf-8") as file:
            file.write(self.configuration())
        with open(self.log_path, "wb") as log:
            self.process = subprocess.Popen(
                [*wrapper, *self.command(config)], stdin=subprocess.DEVNULL, stdout=log,
                stderr=subprocess.STDOUT, cwd=directory, start_new_session=True)
        self._wait()

    def configuration(self):
        raise NotImplementedError

    def command(self, config):
        raise NotImplementedError

    def _wait(self):
        end = time.monotonic() + READY_S
        while time.monotonic() < end and self.process.poll() is None:
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
                return
            except OSError:
                time.sleep(0.05)
        self.stop()
        raise RuntimeError(f"{self.name} does not start:\n{self.log()}")

    @property
    def pid(self):
        return self.process.pid

    def log(self):
        with open(self.log_path, encoding="utf-8", errors="replace") as file:
            return file.read()[-2000:]

    def stop(self):
        if self.process.poll() is None:
            self.process.terminate()
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()


class Susurro(Server):
    name = "susurrod"
    has_tracks = True
    program = None  # set by run.py

    @classmethod
    def is_there(cls):
        return cls.program is not None and os.access(cls.program, os.X_OK)

    def command(self, config):
        return [self.program, "--config", config]

    def configuration(self):
        return (f"host=127.0.0.1\nport={self.port}\nusers=2000\nbandwidth=558000\nwelcometext=\n"
                f"database={self.directory}/susurro.sqlite\nautobanAttempts=0\nconnections_per_host=4096\n"
                '[meeting "Bench"]\ntracks = en, es\nbooths = en-es\ndefault_language = en\n'
                "interpreters = anyone\nair = voice\nlevelling = off\n")


class Murmur(Server):
    name = "mumble-server"
    program = shutil.which("murmurd", path=os.environ.get("PATH", "") + ":/usr/sbin") \
        or shutil.which("mumble-server", path=os.environ.get("PATH", "") + ":/usr/sbin")

    @classmethod
    def is_there(cls):
        return cls.program is not None

    def command(self, config):
        return [self.program, "-fg", "-ini", config]

    def configuration(self):
        return (f"host=127.0.0.1\nport={self.port}\nusers=2000\nbandwidth=558000\nwelcometext=\n"
                f"database={self.directory}/murmur.sqlite\nautobanAttempts=0\nbonjour=false\n"
                "logfile=\npidfile=\nice=\ndbus=\n"
                f"uname={pwd.getpwuid(os.getuid()).pw_name}\n")
