# SPDX-License-Identifier: BSD-3-Clause
"""A client without a thread: it reads only when asked to, and a barrier tells that the server is done."""

import socket
import time

from lib import net, protobuf, wait
from lib.observer import (AUTHENTICATE, PING, SERVER_CONFIG, UDP_TUNNEL, USER_STATE, VERSION,
                          ObserverClient)
from lib.protobuf import last

CHANNEL_REMOVE, CHANNEL_STATE, USER_REMOVE, TEXT_MESSAGE, PERMISSION_DENIED = 6, 7, 8, 11, 12
PERMISSION_QUERY, REQUEST_BLOB = 20, 23
BAN_LIST, USER_LIST, SUGGEST_CONFIG = 10, 18, 25
VERSION_1_4_0, VERSION_1_5_0 = 0x010400, 0x0001_0005_0000_0000
# Types of PermissionDenied
(DENIED_TEXT, DENIED_PERMISSION, DENIED_SUPERUSER, DENIED_CHANNEL_NAME, DENIED_TEXT_TOO_LONG, _,
 DENIED_TEMPORARY, DENIED_CERTIFICATE, DENIED_USER_NAME, DENIED_CHANNEL_FULL, DENIED_NESTING,
 DENIED_COUNT) = range(12)


class Client(ObserverClient):
    """As ObserverClient, but it reads only in until() and barrier(), and sends no ping unasked."""

    def __init__(self, port, name="Ana", source=None, **options):
        super().__init__(port, name, **options)
        self.source = source  # the address that it comes from; any by default
        self._buffer = b""
        self._token = 1000
        self._seen = 0  # how many of received the last barrier has given out

    def open(self, timeout_s=10):
        """TCP and TLS, and no word yet."""
        context = net.any_certificate_context()
        if self._certificate:
            context.load_cert_chain(*self._certificate)
        tcp = socket.create_connection((self.host, self.port), timeout_s,
                                       (self.source, 0) if self.source else None)
        tcp.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._tls = context.wrap_socket(tcp)
        return self

    def say_version(self):
        version = {1: self.version, 2: "System test"}
        if self.version_v2:
            version[5] = self.version_v2
        self.send(VERSION, version)

    def authenticate(self, **fields):
        """Send Version and Authenticate; fields are more of the latter, as f6=1."""
        self.say_version()
        login = {1: self.name, 5: True}
        if self.password:
            login[2] = self.password
        login.update({int(name[1:]): value for name, value in fields.items()})
        self.send(AUTHENTICATE, login)

    def connect(self, timeout_s=10, **fields):
        self.open(timeout_s)
        self.authenticate(**fields)
        self.until(lambda: self.reject or self.is_closed or self.kinds(SERVER_CONFIG), timeout_s,
                   f"ServerConfig or Reject for {self.name}")
        if not self.kinds(SERVER_CONFIG):
            self.close()
            raise ConnectionRefusedError(f"{self.name}: {self.reject or 'connection closed'}")
        self.barrier()
        return self

    def close(self):
        self.is_closed = True
        if self._tls:
            self._tls.close()

    def until(self, condition, timeout_s=5, what="something"):
        """Read until the condition holds; a closed connection is no reason to stop waiting early."""
        deadline = time.monotonic() + timeout_s
        while True:
            value = condition()
            if value:
                return value
            left = deadline - time.monotonic()
            if left <= 0:
                text = what() if callable(what) else what
                raise wait.Timeout(f"{self.name}: not within {timeout_s:g} s: {text}; the last of "
                                   f"what came: {self.received[-5:]}")
            self.pump(min(left, 0.05))

    def pump(self, timeout_s):
        """Take what comes within timeout_s, or the first of it."""
        if self.is_closed:
            time.sleep(timeout_s)
            return
        self._tls.settimeout(timeout_s)
        try:
            data = self._tls.recv(65536)
            self.is_closed = not data
        except TimeoutError:
            return
        except OSError:
            self.is_closed = True
            return
        self._buffer = self._drain(self._buffer + data)

    def barrier(self, timeout_s=10):
        """What came since the last barrier, now that the server has handled all that we sent before."""
        self._token += 1
        self.send(PING, {1: self._token})
        self.until(lambda: self.is_closed or any(kind == PING and last(fields, 1) == self._token
                                                 for kind, fields in self.received[self._seen:]),
                   timeout_s, "the answer to a ping")
        if self.is_closed:
            raise ConnectionResetError(f"{self.name}: the server has closed the connection")
        fresh = [one for one in self.received[self._seen:] if one[0] != PING]
        self._seen = len(self.received)
        return fresh

    def forget(self):
        """What has been received, for a long run."""
        self.received.clear()
        self._seen = 0

    def wait_closed(self, timeout_s=5):
        self.until(lambda: self.is_closed, timeout_s, "the server closes the connection")

    def kinds(self, kind):
        """The fields of all messages of that kind so far."""
        return [fields for one, fields in self.received if one == kind]

    def denied(self, frames):
        """(type, permission, channel) of each PermissionDenied among these."""
        return [(last(fields, 5), last(fields, 1), last(fields, 2)) for kind, fields in frames
                if kind == PERMISSION_DENIED]

    def ask(self, kind, fields):
        """Send, and give what came until the server was done with it."""
        self.barrier()
        self.send(kind, fields)
        return self.barrier()

    def command(self, text):
        """Write a text to one's own channel; what the server answers, as plain strings."""
        frames = self.ask(TEXT_MESSAGE, {3: self.users[self.session]["channel_id"], 5: text})
        return [protobuf.text(fields, 5) for kind, fields in frames
                if kind == TEXT_MESSAGE and 1 not in fields]

    def change(self, session=None, **fields):
        """Send a UserState about oneself or another, as change(f9=1); what came of it."""
        state = {1: self.session if session is None else session}
        state.update({int(name[1:]): value for name, value in fields.items()})
        return self.ask(USER_STATE, state)

    def here(self):
        """The id of one's own channel."""
        return self.users[self.session]["channel_id"]

    def tunnel(self, packet):
        self.send(UDP_TUNNEL, packet)

    def heard(self):
        """The tunnelled packets so far, and forgets them."""
        packets, self.voice = [packet for _, packet in self.voice], []
        return packets


