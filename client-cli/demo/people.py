# SPDX-License-Identifier: BSD-3-Clause
"""The programs of the demonstration: the server, and one client for each person."""

import json
import os
import socket
import subprocess
import threading
import time
from urllib.parse import quote

READY_S = 15


def port_is_free(host, port):
    for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
        with socket.socket(socket.AF_INET, kind) as probe:
            if kind == socket.SOCK_STREAM:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((host, port))
            except OSError:
                return False
    return True


class Program:
    """A child in a session of its own, so that Ctrl-C is ours to hand on; its words in a file."""

    def __init__(self, name, argv, log_path, environment=None, reader=None):
        self.name, self.log_path = name, log_path
        with open(log_path, "wb") as log:
            self.process = subprocess.Popen(
                argv, stdin=subprocess.PIPE if reader else subprocess.DEVNULL, stderr=log,
                env=environment, start_new_session=True, stdout=subprocess.PIPE if reader else log)
        self.thread = None
        if reader:
            self.thread = threading.Thread(target=self._read, args=(reader,), daemon=True)
            self.thread.start()

    def _read(self, reader):
        for line in self.process.stdout:
            reader(line)

    def is_running(self):
        return self.process.poll() is None

    def log(self):
        with open(self.log_path, encoding="utf-8", errors="replace") as file:
            return "".join(file.readlines()[-12:]).strip()

    def ask_to_end(self):
        if self.is_running():
            self.process.terminate()

    def end(self, patience_s=5.0):
        self.ask_to_end()
        try:
            self.process.wait(patience_s)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        if self.thread:
            self.thread.join(2)


class Failure(Exception):
    """Something did not start or ended early; the text is for the person at the terminal."""


class Server(Program):
    def __init__(self, program, config, directory, host, port):
        self.host, self.port = host, port
        database = os.path.join(directory, "demo.sqlite")
        super().__init__("the server", [
            program, "--config", config, "--set", f"host={host}", "--set", f"port={port}",
            "--set", f"database={database}"], os.path.join(directory, "server.log"))

    def wait_until_ready(self):
        address = "127.0.0.1" if self.host == "0.0.0.0" else self.host
        end = time.monotonic() + READY_S
        while time.monotonic() < end and self.is_running():
            try:
                socket.create_connection((address, self.port), 1).close()
                return
            except OSError:
                time.sleep(0.05)
        raise Failure(f"the server does not start:\n{self.log()}")


class Person(Program):
    """One client. Follows its events; times are those of time.monotonic()."""

    def __init__(self, program, name, address, channel, directory, arguments):
        self.person = name
        self.is_here = False
        self.recording_at = self.first_voice_at = None
        self.is_speaking = False
        self.recording_path = None
        self.speaking = {}  # name -> bool, of those this person hears
        self.levels = {}    # name -> (dBFS, when); "" is all together
        self.texts = []
        self.on_air_at = None
        host, port = address
        url = f"mumble://{quote(name)}@{host}:{port}/{quote(channel)}"
        environment = dict(os.environ, XDG_CONFIG_HOME=os.path.join(directory, "config"))
        super().__init__(name, [program, "join", url, "--json", "--chat", "--insecure", "--silent",
                                "--cert", "none", *arguments], os.path.join(directory, f"{name}.log"),
                         environment, self._event)

    def say(self, text):
        """To the chat."""
        try:
            self.process.stdin.write(text.encode() + b"\n")
            self.process.stdin.flush()
        except BrokenPipeError:
            pass  # it has ended: check() says so

    def _event(self, line):
        try:
            event = json.loads(line)
        except ValueError:
            return
        handler = getattr(self, "_on_" + str(event.get("event")), None)
        if handler:
            handler(event)

    def _on_connected(self, _event):
        self.is_here = True

    def _on_recording(self, event):
        self.recording_path = event["file"]
        self.recording_at = event["clock_us"] / 1e6

    def _on_playing(self, event):
        self.is_speaking = event["on"]
        if event["on"] and self.first_voice_at is None:
            self.first_voice_at = event["clock_us"] / 1e6

    def _on_speaking(self, event):
        self.speaking[event["name"]] = event["on"]

    def _on_level(self, event):
        name = event["name"] if "session" in event else ""
        self.levels[name] = (event["dbfs"], time.monotonic())

    def _on_text(self, event):
        self.texts.append((time.monotonic(), event["text"]))
        if "🔴" in event["text"]:
            self.on_air_at = time.monotonic()
        if "⚪" in event["text"]:
            self.on_air_at = None
