# SPDX-License-Identifier: BSD-3-Clause
"""The servers that are measured: susurrod of this build, Debian's mumble-server, and Debian's Janus."""

import json
import os
import pwd
import shutil
import socket
import subprocess
import time

READY_S = 60
SUPERUSER_PASSWORD = "bench"
PATH = os.environ.get("PATH", "") + ":/usr/sbin"


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Server:
    """A server on a free port of the loopback, with its files in a directory of its own."""

    name = ""
    has_tracks = False
    ATTEMPTS = 1

    def __init__(self, directory, wrapper=()):
        os.makedirs(directory, exist_ok=True)
        self.directory = directory
        self.port = free_port()
        self.log_path = os.path.join(directory, "log")
        config = os.path.join(directory, "server.ini")
        self.write(config)
        for attempt in range(self.ATTEMPTS):
            try:
                self.start(wrapper, config)
                return
            except RuntimeError:
                if attempt + 1 == self.ATTEMPTS:
                    raise

    def start(self, wrapper, config):
        with open(self.log_path, "wb") as log:
            self.process = subprocess.Popen(
                [*wrapper, *self.command(config)], stdin=subprocess.DEVNULL, stdout=log,
                stderr=subprocess.STDOUT, cwd=self.directory, start_new_session=True)
        self._wait()

    def write(self, config):
        with open(config, "w", encoding="utf-8") as file:
            file.write(self.configuration())
        self.set_password(config)

    def configuration(self):
        raise NotImplementedError

    def set_password(self, config):
        """Of the SuperUser."""

    def command(self, config):
        raise NotImplementedError

    def is_ready(self):
        try:
            socket.create_connection(("127.0.0.1", self.port), 1).close()
            return True
        except OSError:
            return False

    def _wait(self):
        end = time.monotonic() + READY_S
        while time.monotonic() < end and self.process.poll() is None:
            if self.is_ready():
                return
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

    def set_password(self, config):
        subprocess.run([self.program, "--config", config, "--superuser-password"], check=True, text=True,
                       input=SUPERUSER_PASSWORD + "\n", capture_output=True, timeout=60)

    def meetings(self):
        return ('[meeting "Bench"]\ntracks = en, es, fr\nbooths = en-es, en-fr\ndefault_language = en\n'
                "interpreters = anyone\nair = voice\nlevelling = off\n")

    def configuration(self):
        return (f"host=127.0.0.1\nport={self.port}\nusers=4000\nbandwidth=558000\nwelcometext=\n"
                f"database={self.directory}/susurro.sqlite\nautobanAttempts=0\nconnections_per_host=4096\n"
                "timeout=300\nmessagelimit=1000\nmessageburst=1000\n" + self.meetings())


class ManyMeetings(Susurro):
    """A hundred meetings for ten people each."""

    N_MEETINGS, PEOPLE = 100, 10

    def meetings(self):
        return "".join(f'[meeting "Meeting {i}"]\ntracks = en, es\nbooths = en-es\n'
                       for i in range(self.N_MEETINGS))


class Murmur(Server):
    name = "mumble-server"
    program = shutil.which("murmurd", path=PATH) or shutil.which("mumble-server", path=PATH)

    @classmethod
    def is_there(cls):
        return cls.program is not None

    def command(self, config):
        return [self.program, "-fg", "-ini", config]

    def set_password(self, config):
        subprocess.run([self.program, "-ini", config, "-supw", SUPERUSER_PASSWORD], check=True,
                       capture_output=True, timeout=60, cwd=self.directory)

    def configuration(self):
        return (f"host=127.0.0.1\nport={self.port}\nusers=4000\nbandwidth=558000\nwelcometext=\n"
                f"database={self.directory}/murmur.sqlite\nautobanAttempts=0\nbonjour=false\n"
                "timeout=300\nmessagelimit=1000\nmessageburst=1000\nlogfile=\npidfile=\nice=\ndbus=\n"
                f"uname={pwd.getpwuid(os.getuid()).pw_name}\n")


class Janus(Server):
    """Debian's janus with nothing but its AudioBridge, asked over a Unix socket; participants by plain RTP."""

    name = "janus"
    program = shutil.which("janus", path=PATH)
    ATTEMPTS = 10  # now and then it finds none of its transports, and ends
    LEAST = 1  # packets that it keeps before it decodes; unless told, six (120 ms)

    @classmethod
    def is_there(cls):
        return cls.program is not None

    def write(self, config):
        folders = {name: os.path.join(self.directory, name) for name in ("plugins", "transports", "empty")}
        for folder in folders.values():
            os.makedirs(folder, exist_ok=True)
        for folder, library in (("plugins", "libjanus_audiobridge.so"), ("transports", "libjanus_pfunix.so")):
            if not os.path.lexists(os.path.join(folders[folder], library)):
                os.symlink(self.library(folder, library), os.path.join(folders[folder], library))
        self.socket_path = os.path.join(self.directory, "socket")
        if os.path.exists(self.socket_path):
            os.unlink(self.socket_path)
        files = {
            "janus.jcfg": f'general: {{ plugins_folder = "{folders["plugins"]}" transports_folder = '
                          f'"{folders["transports"]}" events_folder = "{folders["empty"]}" loggers_folder = '
                          f'"{folders["empty"]}" debug_level = 3 }}\nmedia: {{ }}\nnat: {{ }}\n',
            "janus.transport.pfunix.jcfg": f'general: {{ enabled = true json = "compact" path = '
                                           f'"{self.socket_path}" type = "SOCK_SEQPACKET" }}\nadmin: {{ }}\n',
            "janus.plugin.audiobridge.jcfg": 'general: { rtp_port_range = "20000-60000" local_ip = "127.0.0.1" }\n',
        }
        for name, content in files.items():
            with open(os.path.join(self.directory, name), "w", encoding="utf-8") as file:
                file.write(content)

    @staticmethod
    def library(folder, name):
        """Its plugins' folder carries the name of the machine's architecture."""
        for one in os.listdir("/usr/lib"):
            path = os.path.join("/usr/lib", one, "janus", folder)
            for file in sorted(os.listdir(path)) if os.path.isdir(path) else []:
                if file.startswith(name):
                    return os.path.join(path, file)
        raise RuntimeError(f"janus has no {name}")

    def command(self, config):
        return [self.program, "--interface=127.0.0.1", f"--configs-folder={self.directory}",
                "--config=" + os.path.join(self.directory, "janus.jcfg"), "--session-timeout=0"]

    def is_ready(self):
        try:
            self.open()
            return True
        except (OSError, RuntimeError):
            return False

    def open(self):
        self.n_asked = 0
        self.api = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.api.settimeout(20)
        self.api.connect(self.socket_path)
        self.session = None
        self.session = self.ask("create")["data"]["id"]

    def ask(self, what, handle=None, body=None):
        """A request and its answer; of a message to the plugin, what the plugin says."""
        self.n_asked += 1
        request = {"janus": what, "transaction": str(self.n_asked)}
        if self.session:
            request["session_id"] = self.session
        if handle:
            request["handle_id"] = handle
        if what == "attach":
            request["plugin"] = "janus.plugin.audiobridge"
        if body:
            request["body"] = body
        self.api.send(json.dumps(request).encode())
        while True:
            answer = json.loads(self.api.recv(1 << 20))
            if answer.get("transaction") != str(self.n_asked) or answer["janus"] == "ack":
                continue
            said = answer.get("plugindata", {}).get("data", {})
            if answer["janus"] == "error" or "error" in said:
                raise RuntimeError(f"janus: {answer}")
            return answer

    def make_room(self, room, prebuffering):
        self.prebuffering = {"prebuffer": prebuffering} if prebuffering else {}
        handle = self.ask("attach")["data"]["id"]
        self.ask("message", handle, {"request": "create", "room": room, "sampling_rate": 48000,
                                     "allow_rtp_participants": True, "audiolevel_ext": False,
                                     "audiolevel_event": False})

    def join(self, room, port, is_muted):
        """A participant whose RTP comes from and goes to that port; where it is to be sent."""
        handle = self.ask("attach")["data"]["id"]
        said = self.ask("message", handle, {
            "request": "join", "room": room, "muted": is_muted, **self.prebuffering,
            "rtp": {"ip": "127.0.0.1", "port": port, "payload_type": 111}})["plugindata"]["data"]
        return said["rtp"]["port"]
