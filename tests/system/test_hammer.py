# SPDX-License-Identifier: BSD-3-Clause
"""Valid and half-valid messages of every type by a guest, a registered person and the SuperUser at once, who
come and go meanwhile: nothing breaks, everybody is told the same, and a restart brings back what was there."""

import collections
import os
import random
import signal
import time
import unittest

from lib.observer import USER_STATE
from lib.protobuf import decode, last, text
from lib.server import MEETING
from system.case import SUPERUSER_PASSWORD, SystemTest, end, make_certificate
from system.client import BAN_LIST, USER_LIST, Client

SEED = int(os.environ.get("SEED", "20240611"))
SECONDS = float(os.environ.get("HAMMER_S", "12"))
ACL, QUERY_USERS = 13, 14
GROUPS = ("all", "auth", "!in", "~sub,0,1", "admin", "moderators", "#token", "out", "none", "$" + "0" * 40, "own",
          "~!own", "sub,-1", "", "!")
TEXTS = ("hello", "<b>bold</b>", "!es", "!floor", "!air", "!mute Guest", "!lang Guest en", "!interpreter Guest",
         "!help", "!tier minimum", "x" * 200, "<img src='data:x'/>", "!understand en es", "")
ADMIN = ("meetings", "can 1 0", "certs Reg", "certs Reg add " + "a" * 40, "certs Reg remove " + "a" * 40, "config",
         "config set channelnestinglimit 6", "config unset channelnestinglimit", "config set hidechannels true",
         "config set hidechannels false", "config set listenersperchannel 3", "meeting Asamblea turn",
         "meeting Asamblea listen Guest es", "meeting Asamblea interpreter Guest",
         "meeting Asamblea tier Guest minimum", "meeting \"", "\\")


class World:
    """What the messages are made of: ids that are there, and some that are not."""

    def __init__(self, rng, clients):
        self.random = rng
        self.clients = clients

    def pick(self, *choices):
        return self.random.choice(choices)

    def chance(self, probability):
        return self.random.random() < probability

    def seen(self, attribute):
        return sorted({key for client in self.clients.values() for key in getattr(client, attribute)})

    def session(self):
        return self.pick(*(self.seen("users") or [1]), 0, 999, 0xFFFFFFFF)

    def channel(self):
        return self.pick(*(self.seen("channels") or [0]), 0, 12345, 0xFFFFFFFF)

    def doomed_channel(self):
        """Seldom one of the meeting's, which ends with it."""
        channel = self.channel()
        return channel if channel > 4 or self.chance(0.01) else 4242

    def some(self, what, most=3):
        return [what() for _ in range(self.random.randrange(most + 1))]

    def maybe(self, fields, probability=0.4):
        """Each field with that probability; values are functions."""
        return {n: value() for n, value in fields.items() if self.chance(probability)}

    def flag(self):
        return self.chance(0.5)

    # Bodies by type

    def user_state(self, me):
        fields = {1: me.session if self.chance(0.6) else self.session()}
        fields.update(self.maybe({
            4: lambda: 0, 5: self.channel, 6: self.flag, 7: self.flag, 8: self.flag, 9: self.flag,
            10: self.flag, 11: lambda: b"p" * self.pick(0, 5, 200), 12: lambda: b"c" * self.pick(0, 3),
            13: lambda: "identity", 14: lambda: "c" * self.pick(0, 5, 300), 18: self.flag,
            19: self.flag, 20: lambda: ["token"], 21: lambda: self.some(self.channel),
            22: lambda: self.some(self.channel), 3: lambda: "Other",
            23: lambda: [{1: self.channel(), 2: self.pick(0.25, 1.0, 4.0, float("nan"))}]}, 0.15))
        return fields

    def channel_state(self, _me):
        fields = {} if self.chance(0.4) else {1: self.channel()}
        fields.update(self.maybe({
            2: self.channel, 3: lambda: self.pick("A", "B", "C", "Asamblea", "D" * 20, "", " x"),
            5: lambda: "d" * self.pick(0, 5, 300), 6: lambda: self.some(self.channel),
            7: lambda: self.some(self.channel), 8: self.flag, 9: lambda: self.pick(-1, 0, 7),
            11: lambda: self.pick(0, 1, 2)}))
        if 1 not in fields:
            fields.setdefault(2, self.channel())
            fields.setdefault(3, f"N{self.random.randrange(30)}")
        return fields

    def acl(self, _me):
        if self.chance(0.4):
            return {1: self.channel(), 5: True}
        groups = [{1: self.pick("own", "admin", "interpreters", "moderators", ""), 3: self.flag(), 4: self.flag(),
                   5: self.some(lambda: self.pick(0, 1, 2, 77)), 6: self.some(lambda: self.pick(1, 2))}
                  for _ in range(self.random.randrange(3))]
        entries = [{1: self.flag(), 2: self.flag(), 3: self.chance(0.1), 6: self.random.getrandbits(21),
                    7: self.random.getrandbits(21) & ~3 if self.chance(0.5) else 0,
                    **({4: self.pick(0, 1, 2, 77)} if self.chance(0.3) else {5: self.pick(*GROUPS)})}
                   for _ in range(self.random.randrange(4))]
        return {1: self.channel(), 2: self.flag(), 3: groups, 4: entries}

    def ban_list(self, _me):
        if self.chance(0.5):
            return {2: True}
        return {1: [{1: bytes(15) + b"\x09" if self.chance(0.9) else b"short", 2: self.pick(120, 128, 200, 7),
                     3: "who", 4: self.pick("", "b" * 40), 5: "why", 6: self.pick("2024-01-01T00:00:00", "?"),
                     7: self.pick(0, 1, 1000)} for _ in range(self.random.randrange(3))]}

    def user_list(self, _me):
        if self.chance(0.5):
            return b""
        return {1: [{1: self.pick(0, 1, 2, 3, 77), **self.maybe({2: lambda: self.pick(
            "Reg", "Guest", "SuperUser", "Español 🎧", "New", " ")}, 0.8)} for _ in range(2)]}

    def text(self, me):
        target = self.pick({3: me.users.get(me.session, {}).get("channel_id", 0)},
                           {2: self.some(self.session)}, {3: self.some(self.channel)},
                           {4: self.some(self.channel)})
        return {**target, 5: self.pick(*TEXTS)}

    def voice_target(self, _me):
        return {1: self.pick(1, 2, 30, 31, 0), 2: [
            {1: self.some(self.session), **self.maybe({2: self.channel, 3: lambda: self.pick(*GROUPS), 4: self.flag,
                                                        5: self.flag})} for _ in range(self.random.randrange(3))]}

    def body(self, kind, me):
        """The body of a message of this type."""
        made = {
            0: lambda: {1: 0x010500, 2: "r" * self.pick(1, 200), 5: 1 << 48},
            1: lambda: bytes((self.pick(0x80, 0x9F, 0x81, 0x20, 0x82), self.random.randrange(256), 3)) + b"abc",
            2: lambda: {1: "X", 3: self.pick(["token"], [], ["t" * 1000])},
            3: lambda: {1: 5, 2: 1},
            6: lambda: {1: self.doomed_channel()},
            8: lambda: {1: self.session(), 3: "reason"},
            15: lambda: self.pick({}, {2: b"n" * 16}, {2: b"n"}),
            14: lambda: {1: self.some(lambda: self.pick(0, 1, 2, 77)), 2: ["Reg", "superuser", "?"]},
            17: lambda: {1: self.session(), 2: self.channel(),
                         3: self.pick("susurro.listen.es", "susurro.floor", "susurro.air", "?")},
            20: lambda: {1: self.channel()},
            22: lambda: {1: self.session(), 2: self.flag()},
            23: lambda: {1: self.some(self.session), 2: self.some(self.session), 3: self.some(self.channel)},
            26: lambda: self.pick({2: me.session or 0, 3: b"data", 4: "id"},
                                  {3: self.pick(*ADMIN).encode(), 4: "susurro.admin"}),
        }
        method = {7: self.channel_state, 9: self.user_state, 10: self.ban_list, 11: self.text,
                  13: self.acl, 18: self.user_list, 19: self.voice_target}.get(kind)
        return method(me) if method else made[kind]()


KINDS = (0, 1, 2, 3, 6, 8, 10, 14, 15, 17, 18, 20, 22, 23, 26) + 4 * (7, 9, 11, 13, 19) + 4 * (9,)

NAMES = ("Guest", "Reg", "SuperUser", "New")


class HammerTest(SystemTest):
    """One server for all of it; $SEED and $HAMMER_S for another and a longer run."""

    meeting = MEETING
    has_superuser = True
    keys = {"users": 12, "hidechannels": "false", "autobanAttempts": 0}

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.certificates = {name: make_certificate(cls.directory, name) for name in ("Reg", "Guest")}

    def come(self, name):
        """The client of that name, who has logged in; or has not begun to."""
        options = {"password": SUPERUSER_PASSWORD} if name == "SuperUser" else {}
        if name in self.certificates:
            options["certificate"] = self.certificates[name]
        if name == "New":
            options["version_v2"] = 0x0001_0005_0000_0000
        client = Client(self.server.port, name, **options)
        self.addCleanup(client.close)
        try:
            client.connect()
            self.logins[name] += 1
        except OSError:
            client.is_closed = True
        if name == "Reg" and not client.is_closed:
            client.send(USER_STATE, {4: 0})
        return client

    def write(self, client, kind, body):
        try:
            client.send(kind, body)
        except OSError:
            client.is_closed = True

    def disturb(self, rng, clients, name):
        """Something other than a message."""
        act = rng.randrange(4)
        if act == 0:
            clients[name].close()
        elif act == 1:
            self.server.process.popen.send_signal(signal.SIGHUP)
        elif act == 2:
            ghost = self.come(name)
            clients[name].close()
            clients[name] = ghost
        else:
            half = Client(self.server.port, name)
            self.addCleanup(half.close)
            half.open().authenticate()
            half.close()

    def hammer(self, seconds):
        rng = random.Random(SEED)
        clients = {name: self.come(name) for name in NAMES}
        world = World(rng, clients)
        deadline = time.monotonic() + seconds
        n = 0
        while time.monotonic() < deadline:
            n += 1
            name = rng.choice(NAMES)
            if clients[name].is_closed:
                clients[name].close()
                clients[name] = self.come(name)
                continue
            client = clients[name]
            kind = rng.choice(KINDS)
            self.write(client, kind, world.body(kind, client))
            if rng.random() < 0.01:
                self.disturb(rng, clients, name)
            if n % 20 == 0:
                for one in clients.values():
                    one.pump(0.001)
                    one.forget()
        self.server.process.check_running()
        for client in clients.values():
            client.close()
        return n

    def settle(self, root):
        """As the tests expect a server: not hiding, no limit changed."""
        for question in ("config unset hidechannels", "config unset channelnestinglimit",
                         "config unset listenersperchannel"):
            root.ask(26, {3: question.encode(), 4: "susurro.admin"})

    def state(self, root):
        """All that should outlive a restart."""
        channels = {number: (one.get("name"), one.get("parent"), one.get("position"), one.get("max_users"))
                    for number, one in root.channels.items()}
        rules = {}
        for number in channels:
            frames = root.ask(ACL, {1: number, 5: True})
            rules[number] = [fields for kind, fields in frames if kind == ACL]
        users = [sorted((last(decode(one), 1), text(decode(one), 2)) for one in fields.get(1, []))
                 for kind, fields in root.ask(USER_LIST, b"") if kind == USER_LIST]
        bans = [fields for kind, fields in root.ask(BAN_LIST, {2: True}) if kind == BAN_LIST]
        links = {number: sorted(one["links"]) for number, one in root.channels.items()}
        return {"channels": channels, "links": links, "rules": rules, "users": users, "bans": bans}

    def test_hammer(self):
        self.logins = collections.Counter()
        n = self.hammer(SECONDS)
        for name in NAMES:
            self.assertGreater(self.logins[name], 0, f"{name} never got in")
        root = self.superuser()
        root.ask(BAN_LIST, {1: [{1: bytes(15) + b"\x07", 2: 128, 3: "last", 7: 0}]})
        self.settle(root)
        root.close()
        fresh = self.superuser()  # whose links are complete
        before = self.state(fresh)
        fresh.close()
        print(f"{n} messages, {len(before['channels'])} channels", end=" ", flush=True)
        end(self.server)
        self.server.run()
        after = self.state(self.superuser())
        for part in ("channels", "links", "rules"):  # a meeting of the file comes back if it was ended
            self.assertEqual({number: after[part].get(number) for number in before[part]}, before[part])
        more = {after["channels"][number][0] for number in set(after["channels"]) - set(before["channels"])}
        self.assertLessEqual(more, {"Asamblea", "English", "Español", "Booth en-es"})
        self.assertEqual(after["users"], before["users"])
        self.assertEqual(after["bans"], before["bans"])


if __name__ == "__main__":
    unittest.main()
