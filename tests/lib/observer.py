# SPDX-License-Identifier: BSD-3-Clause
"""A small Mumble client on the control connection: it sees users, channels and texts, and can act.

It speaks as 1.3.4 unless told otherwise, never uses UDP, and answers pings by itself.
"""

import socket
import struct
import threading
import time

from lib import net, protobuf, wait
from lib.protobuf import last, text

VERSION, UDP_TUNNEL, AUTHENTICATE, PING, REJECT, SERVER_SYNC, CHANNEL_REMOVE = range(7)
CHANNEL_STATE, USER_REMOVE, USER_STATE = 7, 8, 9
TEXT_MESSAGE, PERMISSION_DENIED, CRYPT_SETUP = 11, 12, 15
CONTEXT_ACTION_MODIFY, CONTEXT_ACTION, VOICE_TARGET = 16, 17, 19
CODEC_VERSION, USER_STATS, SERVER_CONFIG = 21, 22, 24
VERSION_1_3_4 = 0x010304

USER_FIELDS = {1: "session", 4: "user_id", 5: "channel_id", 6: "mute", 7: "deaf", 8: "suppress",
               9: "self_mute", 10: "self_deaf", 18: "priority_speaker", 19: "recording"}
CHANNEL_FIELDS = {1: "channel_id", 2: "parent", 8: "temporary", 9: "position", 11: "max_users"}


class ObserverClient:
    """A connection. connect() logs in and returns when the server has sent all it has."""

    def __init__(self, port, name="Observer", host="127.0.0.1", password="", version=VERSION_1_3_4,
                 version_v2=None, certificate=None):
        self.port, self.name, self.host, self.password = port, name, host, password
        self.version, self.version_v2 = version, version_v2
        self._certificate = certificate  # (certificate file, key file), or None
        self.session = None
        self.users = {}  # session: {field: value}
        self.channels = {}  # channel id: {field: value}
        self.texts = []  # {"actor", "sessions", "channels", "trees", "message"}
        self.actions = {}  # name of a context action: (text, context bits)
        self.stats = {}  # session: fields of the last UserStats
        self.voice = []  # (monotonic time, tunnelled packet)
        self.received = []  # (type, fields) of all others, in order
        self.reject = None
        self.is_closed = False
        self._lock = threading.Lock()
        self._tls = None
        self._thread = None
        self._ping_at = 0.0

    def __enter__(self):
        return self.connect()

    def __exit__(self, *_):
        self.close()

    def connect(self, timeout_s=15):
        context = net.any_certificate_context()
        if self._certificate:
            context.load_cert_chain(*self._certificate)
        tcp = socket.create_connection((self.host, self.port), timeout=timeout_s)
        tcp.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._tls = context.wrap_socket(tcp)
        self._tls.settimeout(0.1)
        version = {1: self.version, 2: "Observer"}
        if self.version_v2:
            version[5] = self.version_v2
        self.send(VERSION, version)
        login = {1: self.name, 5: True}
        if self.password:
            login[2] = self.password
        self.send(AUTHENTICATE, login)
        self._ping_at = time.monotonic() + 5
        self._thread = threading.Thread(target=self._loop, daemon=True)
        self._thread.start()
        self.until(lambda: self.session is not None or self.reject or self.is_closed, timeout_s,
                   f"ServerSync for {self.name}")
        if self.session is None:
            self.close()
            raise ConnectionRefusedError(f"{self.name}: {self.reject or 'connection closed'}")
        return self

    def close(self):
        self.is_closed = True
        if self._thread and self._thread is not threading.current_thread():
            self._thread.join(5)
        if self._tls:
            self._tls.close()

    # Sending

    def send(self, kind, fields):
        """Send a message: {field number: value}, or raw bytes."""
        body = fields if isinstance(fields, bytes) else protobuf.encode(fields)
        with self._lock:
            self._tls.settimeout(10)
            self._tls.sendall(struct.pack(">HI", kind, len(body)) + body)
            self._tls.settimeout(0.1)

    def join(self, channel_id):
        """Move oneself; returns when the server says so."""
        self.send(USER_STATE, {1: self.session, 5: channel_id})
        self.until(lambda: self.users[self.session]["channel_id"] == channel_id, 5,
                   f"{self.name} in channel {channel_id}")

    def move(self, session, channel_id):
        self.send(USER_STATE, {1: session, 5: channel_id})

    def say(self, message, channel_id=None, session=None):
        """A text to a channel (one's own by default) or to one user."""
        if session is not None:
            self.send(TEXT_MESSAGE, {2: session, 5: message})
        else:
            here = self.users[self.session]["channel_id"]
            self.send(TEXT_MESSAGE, {3: here if channel_id is None else channel_id, 5: message})

    def act(self, action, session=None, channel_id=None):
        """Choose a context menu entry that the server has offered."""
        fields = {3: action}
        if session is not None:
            fields[1] = session
        if channel_id is not None:
            fields[2] = channel_id
        self.send(CONTEXT_ACTION, fields)

    def user_stats(self, session, timeout_s=5):
        """The server's UserStats of a user: {"from_client": {"good", "late", "lost"}, …}."""
        self.stats.pop(session, None)
        self.send(USER_STATS, {1: session})
        raw = self.until(lambda: self.stats.get(session), timeout_s, f"UserStats of {session}")
        counters = {}
        for number, name in ((4, "from_client"), (5, "from_server")):
            inner = protobuf.decode(last(raw, number, b""))
            counters[name] = {"good": last(inner, 1, 0), "late": last(inner, 2, 0),
                              "lost": last(inner, 3, 0)}
        counters["udp_packets"], counters["tcp_packets"] = last(raw, 6, 0), last(raw, 7, 0)
        return counters

    # What is known

    def until(self, condition, timeout_s, what):
        return wait.until(condition, timeout_s, what)

    def user(self, name):
        """The user of that name now online, or None."""
        for user in list(self.users.values()):
            if user.get("name") == name:
                return user
        return None

    def channel(self, name):
        """The channel of that name (the first found), or None."""
        for channel in list(self.channels.values()):
            if channel.get("name") == name:
                return channel
        return None

    def channel_of(self, name):
        """The name of the channel in which that user is, or None."""
        user = self.user(name)
        channel = self.channels.get(user["channel_id"]) if user else None
        return channel.get("name") if channel else None

    def wait_user(self, name, channel=None, timeout_s=20):
        """Wait until the user is online (in the channel of that name); return them."""
        def found():
            user = self.user(name)
            return user if user and channel in (None, self.channel_of(name)) else None
        return self.until(found, timeout_s, lambda: f"{name} in {channel or 'any channel'}: "
                          f"now {self.channel_of(name)!r}; users "
                          f"{[one.get('name') for one in list(self.users.values())]}")

    # Reading

    def _loop(self):
        buffer = b""
        try:
            while not self.is_closed:
                buffer = self._drain(buffer + self._read())
                if time.monotonic() >= self._ping_at:
                    self._ping_at = time.monotonic() + 5
                    self.send(PING, {1: 1})
        except (OSError, ValueError, IndexError):
            pass
        self.is_closed = True

    def _read(self):
        with self._lock:
            try:
                self._tls.settimeout(0.02)
                data = self._tls.recv(65536)
            except (TimeoutError, socket.timeout):
                data = None
        if data is None:
            time.sleep(0.005)
            return b""
        if not data:
            raise ConnectionResetError
        return data

    def _drain(self, buffer):
        while len(buffer) >= 6:
            kind, size = struct.unpack(">HI", buffer[:6])
            if len(buffer) < 6 + size:
                break
            self._take(kind, buffer[6:6 + size])
            buffer = buffer[6 + size:]
        return buffer

    def _take(self, kind, body):
        if kind == UDP_TUNNEL:
            self.voice.append((time.monotonic(), body))
            return
        fields = protobuf.decode(body)
        self.received.append((kind, fields))
        handler = {REJECT: self._on_reject, SERVER_SYNC: self._on_sync,
                   CHANNEL_STATE: self._on_channel, USER_STATE: self._on_user,
                   TEXT_MESSAGE: self._on_text, CONTEXT_ACTION_MODIFY: self._on_action}.get(kind)
        if handler:
            handler(fields)
        elif kind == USER_REMOVE:
            self.users.pop(last(fields, 1), None)
        elif kind == CHANNEL_REMOVE:
            self.channels.pop(last(fields, 1), None)
        elif kind == USER_STATS:
            self.stats[last(fields, 1, 0)] = fields

    def _on_reject(self, fields):
        self.reject = f"Reject {last(fields, 1, 0)}: {text(fields, 2)}"

    def _on_sync(self, fields):
        self.session = last(fields, 1)

    def _on_channel(self, fields):
        channel = dict(self.channels.get(last(fields, 1, 0), {"links": []}))
        channel.update({name: last(fields, n) for n, name in CHANNEL_FIELDS.items() if n in fields})
        if 3 in fields:
            channel["name"] = text(fields, 3)
        if 4 in fields:
            channel["links"] = list(fields[4])
        self.channels[last(fields, 1, 0)] = channel

    def _on_user(self, fields):
        session = last(fields, 1, 0)
        user = dict(self.users.get(session, {"channel_id": 0}))
        user.update({name: last(fields, n) for n, name in USER_FIELDS.items() if n in fields})
        for n, name in ((3, "name"), (14, "comment"), (15, "hash")):
            if n in fields:
                user[name] = text(fields, n)
        self.users[session] = user

    def _on_text(self, fields):
        self.texts.append({"actor": last(fields, 1), "sessions": fields.get(2, []),
                           "channels": fields.get(3, []), "trees": fields.get(4, []),
                           "message": text(fields, 5)})

    def _on_action(self, fields):
        name = text(fields, 1)
        if last(fields, 4, 0) == 1:
            self.actions.pop(name, None)
        else:
            self.actions[name] = (text(fields, 2), last(fields, 3, 0))
