# SPDX-License-Identifier: BSD-3-Clause
"""The servers under test: Susurro's own, and Debian's mumble-server to compare with.

A server listens on a free port of 127.0.0.1, keeps its files in the directory given, and is ready
when its constructor returns. `make(directory, meeting)` starts the one that $SERVER names.
"""

import functools
import hashlib
import os
import pwd
import subprocess

from lib import net, wait
from lib.process import Process, clean_environment, path_of

MEETING = """
[meeting "Asamblea"]
tracks = en, es
booths = en-es
default_language = en
duck_db = -15
interpreters = anyone
air = voice
levelling = off
"""


class Server:
    """What all have in common."""

    host = "127.0.0.1"

    def __init__(self, directory):
        os.makedirs(directory, exist_ok=True)
        self.directory = directory
        self.port = net.free_port()
        self.process = None

    def _start(self, argv, ready_s):
        self.process = Process(argv, os.path.join(self.directory, "server.log"),
                               env=clean_environment(self.directory), cwd=self.directory)
        try:
            wait.until(self._accepts, ready_s,
                       lambda: f"{argv[0]} accepts on {self.port}:\n{self.log()}", 0.05)
        except BaseException:
            self.stop()
            raise

    def _accepts(self):
        self.process.check_running()
        return net.accepts(self.port)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    def certificate_digest(self):
        """SHA-1 of the certificate, as clients remember it."""
        return hashlib.sha1(net.server_certificate(self.port)).hexdigest()

    def log(self):
        return self.process.tail(60) if self.process else ""

    def stop(self):
        return self.process.stop() if self.process else None


class MurmurServer(Server):
    """Debian's mumble-server (murmurd), configured as its package does, on a file of its own."""

    programs = ("murmurd",)

    def __init__(self, directory, meeting=None, superuser=None, program=None):
        assert meeting is None, "mumble-server has no meetings"
        super().__init__(directory)
        program = program or path_of("murmurd")
        self.database = os.path.join(directory, "murmur.sqlite")
        ini = os.path.join(directory, "murmur.ini")
        with open(ini, "w", encoding="utf-8") as file:
            file.write(f"database={directory}/murmur.sqlite\nhost={self.host}\nport={self.port}\n"
                       "bandwidth=130000\nusers=100\nbonjour=false\nlogfile=\nice=\ndbus=\n"
                       "welcometext=\npidfile=\nautobanAttempts=0\n"
                       f"uname={pwd.getpwuid(os.getuid()).pw_name}\n")  # else root becomes another
        if superuser:
            subprocess.run([program, "-ini", ini, "-supw", superuser], check=True,
                           env=clean_environment(directory), capture_output=True, timeout=60)
        self._start([program, "-fg", "-ini", ini], 30)


class SusurroServer(Server):
    """$SUSURROD with a meeting (by default none) in its configuration."""

    programs = ()

    def __init__(self, directory, meeting=None, more="", superuser=None,
                 imported=None):
        super().__init__(directory)
        program = os.environ.get("SUSURROD")
        assert program and os.access(program, os.X_OK), f"$SUSURROD is no program: {program!r}"
        self.config = os.path.join(directory, "susurro.ini")
        with open(self.config, "w", encoding="utf-8") as file:
            file.write(f"host={self.host}\nport={self.port}\nbandwidth=130000\nusers=100\n"
                       f"database={directory}/susurro.sqlite\nwelcometext=\n{more}\n{meeting or ''}")
        if imported:  # a database of mumble-server
            subprocess.run([program, "import", imported, "--config", self.config], check=True,
                           env=clean_environment(directory), capture_output=True, timeout=60)
        if superuser:
            subprocess.run([program, "--config", self.config, "--superuser-password"], check=True,
                           input=superuser.encode() + b"\n", env=clean_environment(directory),
                           capture_output=True, timeout=60)
        self._start([program, "--config", self.config], 30)


def kind():
    """The class that $SERVER names: susurro (default) or murmur."""
    return {"susurro": SusurroServer, "murmur": MurmurServer}[os.environ.get("SERVER", "susurro")]


def make(directory, meeting=None, superuser=None):
    """Start the server under test; superuser is the SuperUser's password, None: cannot log in."""
    return kind()(directory, meeting, superuser=superuser)


@functools.lru_cache(maxsize=1)
def _key():
    """One private key for all: to make one takes a second, and people are told apart by their certificates."""
    return subprocess.run([path_of("openssl"), "genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"],
                          check=True, capture_output=True, timeout=60).stdout


def client_certificate(directory, name):
    """Make a self-signed RSA certificate; return the path of its PKCS#12 file (no password)."""
    key, cert, p12 = (os.path.join(directory, f"{name}.{end}") for end in ("key", "pem", "p12"))
    with open(key, "wb") as file:
        file.write(_key())
    openssl = path_of("openssl")
    quiet = {"check": True, "capture_output": True, "timeout": 60}
    subprocess.run([openssl, "req", "-x509", "-new", "-key", key, "-out", cert, "-days", "365", "-subj",
                    f"/CN={name}"], **quiet)
    subprocess.run([openssl, "pkcs12", "-export", "-inkey", key, "-in", cert, "-out", p12,
                    "-name", "Mumble Identity", "-passout", "pass:"], **quiet)
    return p12
