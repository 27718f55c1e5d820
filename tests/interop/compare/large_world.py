# SPDX-License-Identifier: BSD-3-Clause
"""A large world, made at random from a seed through the protocol on mumble-server: people registered by
certificate, nested channels with ACLs, groups, tokens and links, and a ban list.

Entries that touch Write or Traverse apply to the channel and those below it: up to 1.4 mumble-server lets
each such entry on the way decide who gets through, wherever it applies; later versions, and ours, do not.
"""

import os
import random
import subprocess
from concurrent.futures import ThreadPoolExecutor

from interop.compare.exchange import entry, group
from interop.compare.peer import Peer
from interop.compare.world import (BAN, KICK, PASSWORD, REGISTER, SELF_REGISTER, TRAVERSE, WRITE)
from lib.process import path_of

SEED = 20240229
N_GROUPS, N_TOKENS = 6, 5
MAX_DEPTH = 9
ORDINARY = 0x7FC  # Enter to MakeTempChannel
MATCHES = ("all", "auth", "in", "out", "~in", "~out", "!in", "sub", "sub,0,0", "~sub", "~sub,0,1,2",
           "sub,-1,0,3", "!~sub,1", "!auth", "none", "!none")


class LargeWorld:
    """What is in it; all of it follows from the seed."""

    def __init__(self, directory, n_people, n_channels, n_bans):
        self.random = random.Random(SEED)
        self.directory = directory
        self.names = [f"Persona{number}" for number in range(1, n_people + 1)]
        self.parents = self._tree(n_channels)  # of channel 1, 2, ...
        self.acls = {channel: self._acl(channel) for channel in range(n_channels + 1)}
        self.links = [tuple(self.random.sample(range(1, n_channels + 1), 2))
                      for _ in range(n_channels // 5)]
        self.bans = [self._ban(number) for number in range(n_bans)]
        self.key = os.path.join(directory, "people.key")
        self.n_channels = n_channels

    def _tree(self, n_channels):
        depths, parents = [0], []
        for _ in range(n_channels):
            parent = self.random.choice([one for one, depth in enumerate(depths)
                                         if depth < MAX_DEPTH][-25:])
            parents.append(parent)
            depths.append(depths[parent] + 1)
        return parents

    def _acl(self, channel):
        """(inherits, groups, entries) of a channel; root keeps what admins need."""
        pick = self.random
        people = range(1, len(self.names) + 1)
        groups = [group(f"g{number}", add=pick.sample(people, pick.randint(0, 20)),
                        remove=pick.sample(people, pick.randint(0, 8)),
                        inherit=pick.random() < 0.8, inheritable=pick.random() < 0.8)
                  for number in pick.sample(range(N_GROUPS), pick.randint(0, 3))]
        entries = [self._entry(channel) for _ in range(pick.randint(0, 7))]
        if channel == 0:
            entries.append(entry("all", grant=SELF_REGISTER, subs=False))
        return channel == 0 or pick.random() < 0.85, groups, entries

    def _entry(self, channel):
        pick = self.random
        grant, deny = (pick.getrandbits(11) & pick.getrandbits(11) & ORDINARY for _ in range(2))
        here, subs = pick.random() < 0.8, pick.random() < 0.8
        if channel == 0 and pick.random() < 0.4:
            grant |= pick.choice((KICK, BAN, REGISTER, SELF_REGISTER))
        match = {"user": pick.randint(1, len(self.names))} if pick.random() < 0.3 else {
            "group": self._match()}
        if pick.random() < 0.35:
            here = subs = True
            is_for_few = match.get("group", "").lstrip("~")[:1] in ("", "g", "#")
            if pick.random() < 0.4:
                grant |= pick.choice((WRITE, TRAVERSE)) if is_for_few else TRAVERSE
            elif pick.random() < 0.6:
                deny |= pick.choice((WRITE, TRAVERSE)) if is_for_few else WRITE
        return entry(grant=grant, deny=deny, here=here, subs=subs, **match)

    def _match(self):
        pick = self.random
        kind = pick.random()
        if kind < 0.45:
            return pick.choice(MATCHES)
        modifier = pick.choice(("", "", "", "!", "~", "!~"))
        if kind < 0.6:
            return pick.choice(("", "!")) + f"#token{pick.randrange(N_TOKENS)}"
        return modifier + f"g{pick.randrange(N_GROUPS)}"

    def _ban(self, number):
        pick = self.random
        is_old = pick.random() < 0.7
        address = (bytes(10) + b"\xff\xff" + bytes([198, 51, 100, number % 256]) if is_old
                   else b"\x20\x01\x0d\xb8" + pick.randbytes(12))
        return {"address": address, "mask": pick.randint(104, 128) if is_old else pick.randint(16, 128),
                "name": pick.choice(("", f"Malo {number}")), "reason": pick.choice(("", "ruido «x»")),
                "hash": pick.choice(("", pick.randbytes(20).hex())),
                "start": f"2020-01-{1 + number % 28:02}T03:04:05",
                "duration": pick.choice((0, 2_000_000_000))}

    # Certificates

    def certificate(self, name):
        return os.path.join(self.directory, f"{name}.pem"), self.key

    def make_certificates(self):
        """One key, and a certificate for each: the server knows people by the certificate's digest."""
        openssl = path_of("openssl")
        quiet = {"check": True, "capture_output": True, "timeout": 60}
        subprocess.run([openssl, "ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out",
                        self.key], **quiet)

        def make(name):
            subprocess.run([openssl, "req", "-new", "-x509", "-key", self.key, "-days", "365", "-subj",
                            f"/CN={name}", "-out", self.certificate(name)[0]], **quiet)

        with ThreadPoolExecutor(2) as threads:
            list(threads.map(make, self.names))

    # Making it on a server

    def join(self, port, name, **options):
        """A client of that name, settled."""
        is_super = name == "SuperUser"
        peer = Peer(port, name, name, password=PASSWORD if is_super else "",
                    certificate=None if is_super else self.certificate(name), **options)
        peer.open().log_in()
        peer.settle()
        assert peer.session is not None, f"{name}: {peer.reject}"
        return peer

    def make(self, port):
        """All of it."""
        for number, name in enumerate(self.names, 1):
            person = self.join(port, name)
            person.tell("UserState", {"session": person.session, "user_id": 0})
            if number % 10 == 0:
                person.tell("UserState", {"session": person.session, "comment": f"Soy {name}. " * 15})
                person.tell("UserState", {"session": person.session,
                                          "texture": b"\x89PNG" + name.encode() * 20})
            person.settle()
            assert person.users[person.session]["user_id"] == number
            person.close()
        admin = self.join(port, "SuperUser")
        self._make_channels(admin)
        admin.tell("BanList", {"bans": self.bans})
        admin.settle()
        admin.close()
        for name in self.random.sample(self.names, len(self.names) // 4):
            self.wander(port, name, self.random.randrange(self.n_channels + 1), ()).close()

    def _make_channels(self, admin):
        pick = self.random
        for channel, parent in enumerate(self.parents, 1):
            admin.tell("ChannelState", {
                "parent": parent, "name": f"Canal {channel}", "position": pick.randint(-5, 5),
                "description": pick.choice(("", "Corta", f"Larga {channel} " * 30)),
                "max_users": pick.choice((0, 0, 5))})
            admin.settle()
        assert len(admin.channels) == self.n_channels + 1, len(admin.channels)
        for channel, other in self.links:
            admin.tell("ChannelState", {"channel_id": channel, "links_add": [other]})
        for channel, (inherits, groups, entries) in self.acls.items():
            admin.tell("ACL", {"channel_id": channel, "inherit_acls": inherits, "groups": groups,
                               "acls": entries})
            admin.settle()

    def wander(self, port, name, channel, tokens):
        """Somebody who has joined and tried to enter a channel."""
        person = self.join(port, name, tokens=list(tokens))
        person.tell("UserState", {"session": person.session, "channel_id": channel})
        person.settle()
        return person
