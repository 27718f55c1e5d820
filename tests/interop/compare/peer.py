# SPDX-License-Identifier: BSD-3-Clause
"""A client that keeps all it gets, and knows when the server is done with what it has sent."""

import socket

from interop.compare.transcript import Heard, heard, ordered
from lib import messages, net
from lib.observer import CHANNEL_STATE, PING, VERSION_1_3_4
from system.client import Client

_FIRST_TOKEN = 1_000_000_000  # timestamps of our own pings; an exchange's are smaller


class Peer(Client):
    """A client that keeps all frames as they came."""

    def __init__(self, port, name, who="", source="127.0.0.1", certificate=None, password="",
                 version=VERSION_1_3_4, version_v2=None, **login):
        super().__init__(port, name, certificate=certificate, version=version,
                         version_v2=version_v2, password=password)
        self.source = source
        self.who = who
        self.frames = []
        self.more = login  # fields of Authenticate
        self.is_told_closed = False
        self._token = _FIRST_TOKEN

    def open(self, timeout_s=10):
        """As Client's, from another address perhaps; who is refused before TLS is closed."""
        context = net.any_certificate_context()
        if self._certificate:
            context.load_cert_chain(*self._certificate)
        tcp = socket.create_connection((self.host, self.port), timeout_s, (self.source, 0))
        tcp.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            self._tls = context.wrap_socket(tcp)
        except OSError:
            tcp.close()
            self.is_closed = True
        return self

    def _take(self, kind, body):
        self.frames.append((kind, body))
        super()._take(kind, body)
        if kind == CHANNEL_STATE:
            parent = messages.decode("ChannelState", body).get("parent", 0)
            assert parent in self.channels, f"{self.who} is told of a channel before its parent {parent}"

    def log_in(self):
        """Version and Authenticate; returns when accepted or refused."""
        if self.is_closed:
            return
        if self.version:
            self.say_version()
        login = {"username": self.name, "opus": True, **self.more}
        if self.password:
            login["password"] = self.password
        try:
            self.tell("Authenticate", login)
        except OSError:
            pass  # refused already: the end is read below
        self.until(lambda: self.is_closed or self.session is not None, 20, "ServerSync or the end")

    def tell(self, name, fields):
        self.send(messages.TYPES[name], messages.encode(name, fields))

    def settle(self):
        """Everything that the server had for us is here."""
        if self.session is None or self.is_closed:
            return
        self._token += 1
        wanted = messages.encode("Ping", {"timestamp": self._token})
        try:
            self.send(PING, wanted)
        except OSError:
            pass  # it is about to read the end
        self.until(lambda: self.is_closed or any(kind == PING and body.startswith(wanted)
                                                 for kind, body in self.frames[-50:]),
                   20, "the answer to a ping")
        if self.is_closed:
            self.close()  # so that the server is rid of it

    def collect(self, sessions):
        """What came since the last time, as Heard."""
        frames, self.frames = self.frames, []
        told = []
        for kind, body in frames:
            one = heard(kind, body, sessions)
            if kind != PING or one.fields.get("timestamp", 0) < _FIRST_TOKEN:
                told.append(one)
        if self.is_closed and not self.is_told_closed:
            self.is_told_closed = True
            told.append(Heard("closed", {}))
        return ordered(told, self.who)
