# SPDX-License-Identifier: BSD-3-Clause
"""No acknowledged change is lost when the server is killed, at any moment, and the database is whole.

A change is acknowledged when the answer to a ping that was sent behind it comes back. After each
kill the database must hold, for each connection, all that was acknowledged to it, and of what was
not yet acknowledged a first part of any length, in order. $SUSURRO_KILLS says how often (default 40);
$SUSURRO_SEED repeats the choices of a run, though not its timing.
"""

import collections
import copy
import itertools
import os
import random
import shutil
import tempfile
import threading
import unittest

from lib.observer import CHANNEL_STATE, PERMISSION_DENIED, PING, USER_STATE
from lib.protobuf import last
from lib.process import Process, clean_environment
from lib.server import Server
from system import kept
from system.case import (SANITIZER, SUPERUSER_PASSWORD, SystemServer, certificate_hash,
                         make_certificate, set_superuser_password, susurrod)
from system.client import CHANNEL_REMOVE, VERSION_1_5_0, Client

ACL, BAN_LIST, USER_LIST = 13, 10, 18

KILLS = int(os.environ.get("SUSURRO_KILLS", "40"))
SEED = int(os.environ.get("SUSURRO_SEED", "0")) or random.SystemRandom().randrange(1, 1 << 31)
CHANNELS_MAX = 25
FIXED = (1, 2)  # channels that are never removed: people go there
LONG = 3000  # bytes of a text that is too long to be sent without being asked for

EVERY_KIND = ("create", "edit", "remove", "link", "acl", "ban", "register", "rename", "unregister", "comment", "texture",
              "ears", "last")


class Stream(Client):
    """A client that changes things, one after another, some of them at once, until the server is gone."""

    is_mine = staticmethod(lambda key: False)  # which keys of the state only this client changes

    def __init__(self, port, name, rng, state, **options):
        super().__init__(port, name, **options)
        self.rng = rng
        self.window = rng.choice((1, 2, 4, 8, 16))
        self.acknowledged, self.head = copy.copy(state), copy.copy(state)
        self.pending = collections.deque()  # (token, kind, change)
        self.counts = collections.Counter()  # acknowledged, by kind
        self.denied_text = None
        self.error = None  # what ended the thread before its time
        self.thread = threading.Thread(target=self._run, daemon=True)

    def start_changes(self):
        self.acknowledged, self.head = copy.copy(self.acknowledged), copy.copy(self.acknowledged)
        self.thread.start()

    def _run(self):
        try:
            self._go_on()
        except Exception as error:  # pylint: disable=broad-except; told by judge's caller
            self.error = error

    def _go_on(self):
        try:
            while not self.is_closed:
                while len(self.pending) < self.window:
                    self._change()
                self.pump(0.05)
        except OSError:  # it cannot be written to any more, but perhaps read
            pass
        while not self.is_closed:
            self.pump(0.05)

    def _change(self):
        kind, message, fields, change = self.choose()
        self._token += 1
        self.pending.append((self._token, kind, change))
        change(self.head)
        self.send(message, fields)
        self.send(PING, {1: self._token})

    def choose(self):
        """(kind, message, fields, change) of a change that the server must accept."""
        raise NotImplementedError

    def _take(self, kind, body):
        super()._take(kind, body)
        fields = self.received[-1][1] if self.received else {}
        if kind == PERMISSION_DENIED:
            self.denied_text = f"{self.name}: {fields} in answer to one of {list(self.pending)[:3]}"
        elif kind == PING and self.pending and last(fields, 1) == self.pending[0][0]:
            _, what, change = self.pending.popleft()
            change(self.acknowledged)
            self.counts[what] += 1

    def judge(self, found):
        """Compare with the database; the state that is there, as far as it is mine."""
        if self.denied_text:
            raise AssertionError(self.denied_text)
        state = copy.copy(self.acknowledged)
        first = kept.difference(state, found, self.is_mine)
        differs, n_more = first, 0
        for _, _, change in self.pending:
            if not differs:
                break
            change(state)
            n_more += 1
            differs = kept.difference(state, found, self.is_mine)
        if differs:
            raise AssertionError(
                f"{self.name}: {sum(self.counts.values())} changes acknowledged in this life, "
                f"{len(self.pending)} not; neither all acknowledged nor any more of them is there:\n"
                + "\n".join(first[:20]) + "\nnot acknowledged: "
                + ", ".join(kind for _, kind, _ in self.pending))
        return n_more


class Admin(Stream):
    """The SuperUser: channels, links, rights, bans, and a guest who is registered and forgotten."""

    is_mine = staticmethod(lambda key: key[0] in ("channel", "links", "rights", "person", "certs",
                                                  "bans") or key[:2] in (("comment", 0),
                                                                         ("texture", 0)))

    def __init__(self, port, rng, state, guest, n_names):
        super().__init__(port, "SuperUser", rng, state, password=SUPERUSER_PASSWORD,
                         version_v2=VERSION_1_5_0)
        self.guest = guest  # (session, certificate hash)
        self.n_names = n_names  # an iterator: no name comes twice

    def fresh(self, what):
        return f"{what}{next(self.n_names)}"

    def choose(self):
        while True:
            kind = self.rng.choice(self.KINDS)
            found = kind(self)
            if found:
                return (kind.__name__, *found)

    def some(self):
        """A channel that may be changed, or None."""
        mine = [one for one in kept.channels(self.head) if one not in FIXED]
        return self.rng.choice(mine) if mine else None

    def create(self):
        if len(kept.channels(self.head)) >= CHANNELS_MAX:
            return None
        channel = max(kept.channels(self.head)) + 1
        above = self.rng.choice([0, *kept.channels(self.head)])
        if kept.depth(self.head, above) > 5:
            return None
        name = self.fresh("C")
        fields = (above, name, "", self.rng.randrange(-5, 5), 0)
        return CHANNEL_STATE, {2: above, 3: name, 9: fields[3]}, kept.channel_made(channel, fields)

    def edit(self):
        channel = self.some()
        if channel is None:
            return None
        values = list(self.head["channel", channel])
        what = self.rng.randrange(5)
        if what == 0:
            free = set(kept.channels(self.head)) - kept.descendants(self.head, channel) - {channel}
            values[0] = self.rng.choice([0, *sorted(free)])
            if kept.depth(self.head, values[0]) > 5:
                return None
        else:
            values[what] = (None, self.fresh("R"), self.words("d"), self.rng.randrange(-99, 99),
                            self.rng.randrange(50))[what]
        fields = {1: channel, {0: 2, 1: 3, 2: 5, 3: 9, 4: 11}[what]: values[what]}
        return CHANNEL_STATE, fields, kept.put(("channel", channel), tuple(values))

    def words(self, what):
        return self.fresh(what) + self.rng.choice(("", "ñ" * self.rng.randrange(40), "x" * LONG))

    def remove(self):
        channel = self.some()
        if channel is None or self.rng.random() < 0.5:
            return None
        return CHANNEL_REMOVE, {1: channel}, kept.channel_removed(channel)

    def link(self):
        a, b = self.rng.sample(kept.channels(self.head), 2)
        is_on = b not in self.head.get(("links", a), ())
        return CHANNEL_STATE, {1: a, 6 if is_on else 7: b}, kept.linked(a, b, is_on)

    def people(self):
        return [key[1] for key in self.head if key[0] == "person"]

    def acl(self):
        channel = self.some()
        if channel is None:
            return None
        entries, acls, groups = [], [], {}
        for _ in range(self.rng.randrange(4)):
            here, sub = self.rng.choice(((1, 0), (0, 1), (1, 1)))
            person = self.rng.choice([None, *self.people()])
            group = None if person is not None else self.rng.choice(("all", "~!in", "#pw", "cooks"))
            grant = self.rng.randrange(0x1000) & 0xF0F
            deny = self.rng.randrange(0x1000) & 0xF0F & ~grant
            entries.append((here, sub, person, group, grant, deny))
            acls.append({1: here, 2: sub, 3: False, 6: grant, 7: deny,
                         **({5: group} if person is None else {4: person})})
        for name in self.rng.sample(("admin", "cooks", "Ñandúes"), self.rng.randrange(3)):
            members = self.people()
            groups[name] = (self.rng.randrange(2), self.rng.randrange(2),
                            self.rng.sample(members, self.rng.randrange(len(members) + 1)),
                            self.rng.sample(members, self.rng.randrange(len(members) + 1)))
        inherit = self.rng.randrange(2)
        message = {1: channel, 2: inherit, 4: acls,
                   3: [{1: name, 2: False, 3: a, 4: b, 5: add, 6: away}
                       for name, (a, b, add, away) in groups.items()]}
        return ACL, message, kept.put(("rights", channel), kept.rights(inherit, entries, groups))

    def ban(self):
        bans = []
        for _ in range(self.rng.randrange(4)):
            address = bytes(10) + b"\xff\xff\xc0\x00\x02" + bytes([self.rng.randrange(256)])
            bans.append((address, 128, self.fresh("N"), self.words("r"), self.rng.randrange(2) * 2000000000))
        message = {1: [{1: a, 2: m, 3: n, 5: r, 6: "2026-01-01T00:00:00", 7: d}
                       for a, m, n, r, d in bans]}
        value = frozenset((a.hex().upper(), m, n, r, d) for a, m, n, r, d in bans)
        return BAN_LIST, message, kept.put(("bans",), value)

    def guest_id(self):
        return next((person for cert, person in self.head["certs",] if cert == self.guest[1]), None)

    def register(self):
        if self.guest_id() is not None:
            return None
        session, cert = self.guest
        person = max(self.people()) + 1

        def change(state):
            state["person", person] = kept.ANY  # by whatever name they are here
            state["certs",] |= {(cert, person)}
        return USER_STATE, {1: session, 4: 0}, change

    def rename(self):
        person = self.guest_id()
        name = self.fresh("G")
        return person and (USER_LIST, {1: [{1: person, 2: name}]}, kept.put(("person", person), name))

    def unregister(self):
        person = self.guest_id()
        return person and (USER_LIST, {1: [{1: person}]},
                           kept.person_removed(person, self.guest[1]))

    def comment(self):
        words = self.words("c")
        return USER_STATE, {1: self.session, 14: words}, kept.put(("comment", 0), words)

    KINDS = [create, create, edit, edit, edit, remove, link, link, acl, acl, ban, register, rename,
             unregister, comment]


class Person(Stream):
    """Somebody registered: comment, picture, ears elsewhere, where they were last."""

    def __init__(self, port, rng, state, person, certificate):
        super().__init__(port, "Ana", rng, state, certificate=certificate,
                         version_v2=VERSION_1_5_0)
        self.person = person
        self.is_mine = lambda key: key[0] in ("comment", "texture", "last", "ears") and key[1] == person

    def choose(self):
        kind = self.rng.choice(("comment", "texture", "last", "ears"))
        return (kind, USER_STATE, *getattr(self, f"_{kind}")())

    def _comment(self):
        words = self.rng.choice(("", "¡hola!", "x" * LONG)) + str(self.rng.random())
        return {1: self.session, 14: words}, kept.put(("comment", self.person), words)

    def _texture(self):
        picture = self.rng.randbytes(self.rng.choice((0, 20, 2000)))
        return {1: self.session, 11: picture}, kept.put(("texture", self.person), picture or None)

    def _last(self):
        channel = self.rng.choice((0, *FIXED))
        return {1: self.session, 5: channel}, kept.put(("last", self.person), channel or None)

    def _ears(self):
        channel = self.rng.choice(FIXED)
        key = ("ears", self.person, channel)
        if key in self.head and self.rng.random() < 0.5:
            return {1: self.session, 22: channel}, kept.put(key, None)
        volume = self.rng.choice((0.25, 0.5, 1.0, 1.5))
        return ({1: self.session, 21: channel, 23: {1: channel, 2: volume}}, kept.put(key, volume))


class KilledServer(SystemServer):
    """Started with the SuperUser's password set; ends by SIGKILL."""

    def __init__(self, directory, keys):
        Server.__init__(self, directory)
        self.config = os.path.join(directory, "susurro.ini")
        self.database = os.path.join(directory, "susurro.sqlite")
        self.n_starts = 0
        self.write(keys)
        set_superuser_password(self)
        self.run()

    def start_only(self):
        """Start it and wait for nothing."""
        self.n_starts += 1
        self.process = Process([susurrod(), "--config", self.config],
                               os.path.join(self.directory, f"server-{self.n_starts}.log"),
                               cwd=self.directory, env=clean_environment(self.directory))

    def kill(self):
        """Until it is gone; what it has said must not be a sanitizer's."""
        self.process.popen.kill()
        self.process.popen.wait()
        log = self.process.log()
        if SANITIZER.search(log):
            raise AssertionError(log[-6000:])
        lost = [line for line in log.splitlines() if "mod=store" in line and "level=error" in line]
        if lost:
            raise AssertionError("\n".join(lost))


class KillTest(unittest.TestCase):
    """Many lives of one database."""

    keys = {"channelnestinglimit": 100, "autobanattempts": 0, "rememberchannel": "true"}

    def setUp(self):
        self.directory = tempfile.mkdtemp(prefix="systemtest-")
        self.addCleanup(shutil.rmtree, self.directory, True)
        self.rng = random.Random(SEED)
        self.n_names = itertools.count()
        self.counts = collections.Counter()  # acknowledged
        self.unanswered = collections.Counter()
        self.certificates = [make_certificate(self.directory, name) for name in ("ana", "guest")]
        self.guest_hash = certificate_hash(self.certificates[1])
        self.server = KilledServer(os.path.join(self.directory, "server"), self.keys)
        self.addCleanup(self.server.stop)
        self._found()

    def _found(self):
        """The channels and the person that are always there."""
        root = Client(self.server.port, "SuperUser", password=SUPERUSER_PASSWORD).connect()
        ana = Client(self.server.port, "Ana", certificate=self.certificates[0]).connect()
        for channel in FIXED:
            root.ask(CHANNEL_STATE, {2: 0, 3: f"Fixed {channel}"})
            self.assertIn(channel, root.channels)
        ana.change(f4=0)
        self.person = ana.users[ana.session].get("user_id")
        self.assertTrue(self.person, "Ana is not registered")
        root.close()
        ana.close()
        self.server.kill()
        self.state = kept.read(self.server.database)

    def _live(self):
        """Start the server, change things, kill it, and compare."""
        self.server.run()
        port = self.server.port
        guest = Client(port, "Guest", certificate=self.certificates[1]).connect()
        streams = [Admin(port, self.rng, self.state, (guest.session, self.guest_hash), self.n_names),
                   Person(port, self.rng, self.state, self.person, self.certificates[0])]
        for stream in streams:
            stream.rng = random.Random(self.rng.random())
            stream.connect()
        self._compare_channels(streams[0])
        timer = threading.Timer(self.rng.random() * 0.3, self.server.process.popen.kill)
        for stream in streams:
            stream.start_changes()
        timer.start()
        for stream in streams:
            stream.thread.join(60)
            self.assertFalse(stream.thread.is_alive(), f"{stream.name} has not ended")
            self.assertIsNone(stream.error, stream.name)
        timer.join()
        for client in [guest, *streams]:
            client.close()
        self.server.kill()
        self.state = kept.read(self.server.database)
        for stream in streams:
            n_more = stream.judge(self.state)
            self.unanswered["kept"] += n_more
            self.unanswered["lost"] += len(stream.pending) - n_more
            self.counts.update(stream.counts)

    def _compare_channels(self, admin):
        """What the restarted server tells of its channels is what the database held."""
        told = {one: (here.get("parent", 0), here["name"], frozenset(here["links"]))
                for one, here in admin.channels.items() if one}
        stored = {key[1]: (*value[:2], self.state.get(("links", key[1]), kept.NO_LINKS))
                  for key, value in self.state.items() if key[0] == "channel"}
        self.assertEqual(told, stored)

    def _die_young(self):
        """Killed while it starts: nothing is changed."""
        self.server.start_only()
        threading.Event().wait(self.rng.random() * 0.06)
        self.server.kill()
        found = kept.read(self.server.database)
        self.assertEqual(kept.difference(self.state, found, lambda key: True), [])

    def test_nothing_acknowledged_is_lost(self):
        for number in range(KILLS):
            try:
                (self._die_young if number % 10 == 9 else self._live)()
            except Exception as error:
                raise AssertionError(f"kill {number}, seed {SEED}: {error}") from error
        print(f"\n{KILLS} kills, seed {SEED}; acknowledged changes: {dict(self.counts)}; "
              f"unanswered: {dict(self.unanswered)}")
        self.assertGreater(min(self.counts.get(kind, 0) for kind in EVERY_KIND), 0, self.counts)


if __name__ == "__main__":
    unittest.main()
