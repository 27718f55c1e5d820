# SPDX-License-Identifier: BSD-3-Clause
"""The base of all system tests: one server a class, which must end well and say nothing of a sanitizer."""

import hashlib
import os
import re
import shutil
import ssl
import subprocess
import tempfile
import unittest

from lib import wait
from lib.process import Process, clean_environment, path_of
from lib.server import Server
from system.client import Client

DEFAULTS = {"host": "127.0.0.1", "bandwidth": 130000, "users": 100,
            "messagelimit": 1000000, "messageburst": 1000000}  # tests write faster than people
SANITIZER = re.compile(r"Sanitizer|runtime error:")
SUPERUSER_PASSWORD = "very secret"


def susurrod():
    """The path of the program under test."""
    return os.environ["SUSURROD"]


def run_susurrod(*arguments, stdin="", timeout_s=30):
    """Run the program to its end; return (status, stdout, stderr)."""
    with tempfile.TemporaryDirectory(prefix="systemtest-") as home:
        done = subprocess.run([susurrod(), *arguments], input=stdin, capture_output=True, text=True,
                              timeout=timeout_s, check=False, cwd=home, env=clean_environment(home))
    assert not SANITIZER.search(done.stderr), done.stderr
    return done.returncode, done.stdout, done.stderr


def set_superuser_password(server, password=SUPERUSER_PASSWORD):
    status, _, stderr = run_susurrod("--config", server.config, "--superuser-password",
                                     stdin=password + "\n")
    assert status == 0, stderr


def end(server):
    """Stop a server and judge its end."""
    status = server.stop()
    log = server.process.log()
    found = SANITIZER.search(log)
    assert not found, log[max(0, found.start() - 500):found.start() + 6000]
    assert status == 0, f"status {status}\n{server.log()}"


def make_certificate(directory, name, email=None, issuer=None):
    """A certificate, as (certificate file, key file): signed by itself, or by such an issuer."""
    cert, key = (os.path.join(directory, f"{name}.{what}.pem") for what in ("cert", "key"))
    more = ["-addext", f"subjectAltName=email:{email}"] if email else []
    more += ["-CA", issuer[0], "-CAkey", issuer[1]] if issuer else []
    subprocess.run([path_of("openssl"), "req", "-x509", "-newkey", "ec", "-pkeyopt",
                    "ec_paramgen_curve:P-256", "-nodes", "-keyout", key, "-out", cert, "-days",
                    "365", "-subj", f"/CN={name}", *more], check=True, capture_output=True,
                   timeout=60)
    return cert, key


def certificate_hash(certificate):
    """How servers know whoever shows it: SHA-1 of the DER, in hexadecimal."""
    with open(certificate[0], encoding="ascii") as file:
        return hashlib.sha1(ssl.PEM_cert_to_DER_cert(file.read())).hexdigest()


class SystemServer(Server):
    """$SUSURROD with the keys given beside the usual ones, and a meeting perhaps; can be started again."""

    def __init__(self, directory, keys=None, meeting=None):
        super().__init__(directory)
        self.config = os.path.join(directory, "susurro.ini")
        self.n_starts = 0
        self.write(keys, meeting)
        self.run()

    def write(self, keys=None, meeting=None):
        """The configuration file."""
        all_keys = {**DEFAULTS, "port": self.port, "database": f"{self.directory}/susurro.sqlite",
                    **(keys or {})}
        with open(self.config, "w", encoding="utf-8") as file:
            file.write("".join(f"{key} = {value}\n" for key, value in all_keys.items())
                       + (meeting or ""))

    def run(self):
        """Start it, and wait until it accepts; its standard error is a file."""
        self.n_starts += 1
        log = os.path.join(self.directory, f"server-{self.n_starts}.log")
        self.process = Process([susurrod(), "--config", self.config], log, cwd=self.directory,
                               env=clean_environment(self.directory))
        wait.until(lambda: "listening" in self.process.log() or self.process.check_running(), 30,
                   lambda: f"the server listens:\n{self.log()}", 0.01)

    def wait_log(self, text, timeout_s=5):
        """Wait until its log holds the text."""
        wait.until(lambda: text in self.process.log(), timeout_s,
                   lambda: f"{text!r} in the log:\n{self.log()}", 0.01)


class SystemTest(unittest.TestCase):
    """setUpClass starts the server; a test adds clients with client(), which leave with it."""

    meeting = None
    keys = {}  # of the configuration
    has_superuser = False

    @classmethod
    def setUpClass(cls):
        cls.directory = tempfile.mkdtemp(prefix="systemtest-")
        cls.addClassCleanup(shutil.rmtree, cls.directory, True)
        cls.server = cls.start()
        if cls.has_superuser:
            set_superuser_password(cls.server)

    @classmethod
    def start(cls, name="server"):
        """Start a server with this class's configuration; it is ended, and judged, with the class."""
        server = SystemServer(os.path.join(cls.directory, name), cls.keys, cls.meeting)
        cls.addClassCleanup(end, server)
        return server

    def open(self, name="Ana", **options):
        """A client with TLS and no login."""
        client = Client(self.server.port, name, **options)
        self.addCleanup(client.close)
        return client.open()

    def client(self, name="Ana", login=None, **options):
        """A client that has joined; login are further fields of Authenticate."""
        client = Client(self.server.port, name, **options)
        self.addCleanup(client.close)
        return client.connect(**(login or {}))

    def superuser(self):
        return self.client("SuperUser", password=SUPERUSER_PASSWORD)

    def refused(self, name="Ana", login=None, **options):
        """The type of the Reject that such a client gets; its connection is then closed."""
        client = Client(self.server.port, name, **options)
        self.addCleanup(client.close)
        client.open()
        client.authenticate(**(login or {}))
        client.until(lambda: client.reject, 10, "Reject")
        client.wait_closed()
        kind, reason = re.match(r"Reject (\d+): (.*)", client.reject).groups()
        self.assertTrue(reason)
        return int(kind)
