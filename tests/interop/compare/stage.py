# SPDX-License-Identifier: BSD-3-Clause
"""A server with its clients: plays the steps of an exchange and writes down what each client got.

No step is over before every client has had the answer to a Ping of its own: first whoever acted, then all
others. What was sent to a client before that answer has come before it.
"""

import hashlib
import os
import socket
import ssl

from interop.compare import exchange as ex
from interop.compare.peer import Peer
from interop.compare.transcript import Heard
from interop.compare.world import PEOPLE
from lib import wait

class Stage:
    """Plays steps on a server that runs."""

    def __init__(self, server, certificates):
        self.server = server
        self.certificates = certificates  # {who: (certificate file, key file)}
        self.peers = {}
        self.sessions = {}  # those of all who ever were here
        self._answers = []  # of list pings, in this step

    def close(self):
        for peer in self.peers.values():
            peer.close()
        self.peers = {}

    def play(self, step):
        """Do it and return {who: [Heard]} of all clients."""
        self._answers = []
        {ex.Send: self._send, ex.Raw: self._raw, ex.Open: self._open, ex.Login: self._login,
         ex.Leave: self._leave, ex.ListPing: self._list_ping, ex.Restart: self._restart}[type(step)](
             step)
        for _ in range(2):  # mumble-server puts some work off; our voice takes another way
            self._settle(getattr(step, "who", None))
        told = {who: peer.collect(self.sessions) for who, peer in self.peers.items()}
        if self._answers:
            told["(datagrams)"] = self._answers
        return {who: found for who, found in told.items() if found}

    def _settle(self, actor):
        first = self.peers.get(actor)
        if first:
            first.settle()
        for peer in self.peers.values():
            if peer is not first:
                peer.settle()
        for who, peer in self.peers.items():
            if peer.session is not None:
                self.sessions[peer.session] = who

    def _resolve(self, value, actor):
        if isinstance(value, ex.S):
            return self.peers[value.who].session
        if isinstance(value, ex.C):
            found = actor.channel(value.name)
            return found["channel_id"] if found else 4000000
        if isinstance(value, ex.Hash):
            return self.digest(value.who)
        if isinstance(value, ex.Join):
            return "".join(self._resolve(one, actor) for one in value.parts)
        if isinstance(value, dict):
            return {name: self._resolve(one, actor) for name, one in value.items()}
        if isinstance(value, (list, tuple)):
            return [self._resolve(one, actor) for one in value]
        return value

    def digest(self, who):
        with open(self.certificates[who][0], encoding="ascii") as file:
            return hashlib.sha1(ssl.PEM_cert_to_DER_cert(file.read())).hexdigest()

    def _send(self, step):
        peer = self.peers[step.who]
        peer.tell(step.message, self._resolve(step.fields, peer))

    def _raw(self, step):
        self.peers[step.who].send(step.kind, step.body)

    def _open(self, step):
        options = dict(step.options)
        name, owner, password = PEOPLE[step.who.rstrip("23")]
        owner = options.pop("certificate", owner)
        old = self.peers.pop(step.who, None)
        if old:
            old.close()
        peer = Peer(self.server.port, options.pop("username", name), step.who,
                    certificate=self.certificates.get(owner), **{"password": password, **options})
        self.peers[step.who] = peer
        peer.open()

    def _login(self, step):
        peer = self.peers.get(step.who)
        if peer is None or peer.is_closed or peer.session is not None:
            self._open(step)
            peer = self.peers[step.who]
        peer.log_in()

    def _leave(self, step):
        peer = self.peers.pop(step.who)
        peer.close()
        for other in self.peers.values():
            if other.session is not None and not other.is_closed:
                other.until(lambda: peer.session not in other.users, 20, "UserRemove")

    @staticmethod
    def _first_answer(udp, datagram):
        """A server accepts connections before it reads datagrams: until then it refuses them."""
        udp.settimeout(0.2)

        def answer():
            try:
                udp.send(datagram)
                return udp.recv(2048)
            except (ConnectionRefusedError, TimeoutError):
                return None

        return wait.until(answer, 10, "the answer to a list ping")

    def _list_ping(self, step):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
            udp.connect((self.server.host, self.server.port))
            answer = self._first_answer(udp, step.datagram)
        self._answers = [Heard("datagram", {
            "bytes": len(answer), "version": answer[:4].hex(), "echo": answer[4:12].hex(),
            "users": answer[12:16].hex(), "max_users": answer[16:20].hex(),
            "bandwidth": answer[20:24].hex()})]

    def _restart(self, _):
        self.close()
        self.server.stop()
        self.server.run()


def certificates(directory, make, names):
    """{who: (certificate file, key file)}, made anew."""
    os.makedirs(directory, exist_ok=True)
    return {who: make(directory, who) for who in names}
