# SPDX-License-Identifier: BSD-3-Clause
"""The two servers, with the same ini file, on copies of a world that each has made itself."""

import glob
import os
import pwd
import shutil
import subprocess

from interop.compare.exchange import flat, login
from interop.compare.stage import Stage
from interop.compare.world import BUILD, PASSWORD
from lib import wait
from lib.process import Process, clean_environment, path_of
from lib.server import Server

KEYS = {"host": "127.0.0.1", "bandwidth": 72000, "users": 20, "messagelimit": 1000000,
        "messageburst": 1000000, "autobanAttempts": 0, "welcometext": "Hola", "bonjour": "false",
        "registerName": "Casa", "ice": "", "dbus": "", "logfile": "", "pidfile": "",
        "sendversion": "true", "opusthreshold": 0, "textmessagelength": 1000,
        "imagemessagelength": 5000}


class ComparedServer(Server):
    """Files in a directory of its own; run() and stop() as often as needed."""

    name = ready = ""  # ready: what it logs when it listens; a connection to see would be counted

    def __init__(self, directory, keys=None):
        super().__init__(directory)
        self.ini = os.path.join(directory, "server.ini")
        self.database = os.path.join(directory, "server.sqlite")
        everything = {**KEYS, "database": self.database, "port": self.port,
                      "uname": pwd.getpwuid(os.getuid()).pw_name, **(keys or {})}
        with open(self.ini, "w", encoding="utf-8") as file:
            file.write("".join(f'{key}={value}\n' for key, value in everything.items()))

    def run(self):
        self._start(self.command(), 30)
        return self

    def _start(self, argv, ready_s):
        self.process = Process(argv, os.path.join(self.directory, "server.log"),
                               env=clean_environment(self.directory), cwd=self.directory)
        wait.until(lambda: self.ready in self.process.log() or self.process.check_running(),
                   ready_s, lambda: f"the server listens:\n{self.log()}", 0.01)

    def command(self):
        raise NotImplementedError

    def set_password(self):
        raise NotImplementedError

    def copy_from(self, other):
        """Take over the database of another that is stopped."""
        for path in glob.glob(other.database + "*"):
            shutil.copyfile(path, self.database + path[len(other.database):])
        return self


class Reference(ComparedServer):
    """Debian's mumble-server."""

    name, ready = "mumble-server", "Server listening"

    def command(self):
        return [path_of("murmurd"), "-fg", "-ini", self.ini]

    def set_password(self):
        subprocess.run([path_of("murmurd"), "-ini", self.ini, "-supw", PASSWORD], check=True,
                       capture_output=True, timeout=60, env=clean_environment(self.directory))


class Ours(ComparedServer):
    """$SUSURROD."""

    name, ready = "ours", 'msg="listening"'

    def command(self):
        return [os.environ["SUSURROD"], "--config", self.ini]

    def set_password(self):
        subprocess.run([os.environ["SUSURROD"], "--config", self.ini, "--superuser-password"],
                       input=PASSWORD + "\n", text=True, check=True, capture_output=True, timeout=60,
                       env=clean_environment(self.directory))


class Company:
    """One kind of server: makes the world once, and plays exchanges each on a copy of it."""

    def __init__(self, kind, directory, certificates):
        self.kind = kind
        self.directory = os.path.join(directory, kind.name)
        self.certificates = certificates
        self.fresh = self._prepare("fresh", None, ())
        self.world = self._prepare("world", self.fresh, tuple(flat(BUILD)))

    def _prepare(self, name, source, steps):
        server = self.kind(os.path.join(self.directory, name))
        if source:
            server.copy_from(source)
        with server.run():
            stage = Stage(server, self.certificates)
            try:
                for step in steps:
                    told = stage.play(step)
                    denied = [str(one) for found in told.values() for one in found
                              if one.name in ("PermissionDenied", "Reject", "closed")]
                    assert not denied, f"{self.kind.name} refuses {step}: {denied}"
            finally:
                stage.close()
        if not source:
            server.set_password()
        return server

    def play(self, exchange):
        """[{who: [Heard]}] of each step of an exchange."""
        directory = os.path.join(self.directory, exchange.name)
        server = self.kind(directory, exchange.ini)
        server.copy_from(self.fresh if exchange.is_fresh else self.world)
        with server.run():
            stage = Stage(server, self.certificates)
            try:
                for who in exchange.cast.split():
                    stage.play(login(who))
                return [stage.play(step) for step in flat(exchange.steps)]
            except (AssertionError, OSError) as error:
                raise AssertionError(f"{exchange.name} with {self.kind.name}: {error}\n"
                                     + server.process.tail(20)) from error
            finally:
                stage.close()


