# SPDX-License-Identifier: BSD-3-Clause
"""All commands of a meeting, menus and consoles with likely and unlikely arguments, by everybody at once, while
people speak, come and go and the configuration changes: nothing breaks, and all ends well."""

import collections
import os
import random
import re
import signal
import time
import unittest

from lib.observer import UDP_TUNNEL, USER_STATE
from lib.sound import speech
from system import voice
from system.case import SUPERUSER_PASSWORD, SystemTest, end, make_certificate
from system.client import Client
from system.talk import Opus

SEED = int(os.environ.get("SEED", "20261130"))
SECONDS = float(os.environ.get("HAMMER_S", "12"))
MEETING = """
[meeting "Asamblea"]
tracks = en, es, fr
booths = en-es, es-fr, en-es-fr
default_language = es
interpreters = {interpreters}
moderators = Mona
air = {air}
chat_history = {history}
{more}
[meeting "<b>Plática</b>"]
tracks = es, en
booths = es>en
moderators = Mona
"""
CHANGES = {"interpreters": ("anyone", "Iris, Ivan", ""), "air": ("act", "voice"), "history": (0, 5, 200),
           "more": ("lobby = on", "password = word", "recording = off", "tier = thin", "levelling = off")}
NAMES = ("Mona", "Iris", "Ivan", "Ana", "todos", "4", "<b>Eve</b>", "Mona Lisa", "SuperUser")
CERTIFIED = ("Ana", "Iris")
ARGUMENTS = ("", "", "on", "off", "all", "todos", "0", "1", "2", "3 mixed", "4 interpreters", "languages", "32", "33",
             "-1", "99999999999999999999", "en", "es", "floor", "auto", "word", "revoke", "interpreter 1",
             "moderator 1 1", "participant 9000", "inv-" + "a" * 53, "close", "A? / B / C",
             "en: A? / B / C / es: ¿A? / B / C", "es: ¿A? / C / B", "/ | / |", "en: x", "12 en: y", "#1 es: <i>z</i>",
             "thin", "lifeline", "en-es", "10", "50", "|", "x" * 480, "&amp;&lt;b&gt;", "%s%n%d")
LIKELY = ("air", "off", "take", "handover", "out es", "out en", "out fr", "relay auto", "relay floor", "cough", "hand",
          "down", "next", "give Ana", "give todos", "lock", "unlock", "breakout 2 interpreters", "breakout 3 mixed",
          "breakout languages", "breakout Ana 2", "back", "gather", "gather floor", "record on", "record off",
          "poll en: A? / B / C / es: ¿A? / B / C", "poll es: ¿A? / C / B", "vote 1", "vote 2", "poll close",
          "notice en: x", "notice es: y", "tr en: x", "tr es: y", "slow", "repeat", "limit 10", "limit off",
          "stacking on", "muteall", "unmuteall", "allow Ana", "participant Ana", "interpreter Ana", "moderator Ana",
          "admit", "admit todos", "history", "music on", "line Ana lifeline", "line Ana auto", "tier full", "say x",
          "turn", "pivot fr", "floorlang fr", "invite interpreter 1 1", "invite revoke", "join", "figures", "report")
ADMIN = ("lock", "unlock", "roles", "queue", "poll", "next", "back", "gather", "gather floor", "record on", "record off",
         "figures", "breakout 2 interpreters", "breakout languages", "admit", "mute-all", "unmute-all", "revoke",
         "invite moderator 1 once", "pivot en", "turn", "stacking on", "limit 10", "notice \"en: x / es: y\"")
WORD = re.compile(r"<b>!(\w+)")


class ToolsHammerTest(SystemTest):
    """$SEED and $HAMMER_S for another and a longer run."""

    keys = {"users": 20, "username": ".+", "autobanAttempts": 0, "pluginmessagelimit": 1000000, "pluginmessageburst": 1000000}
    has_superuser = True

    @classmethod
    def setUpClass(cls):
        cls.meeting = MEETING.format(interpreters="anyone", air="act", history=20, more="lobby = on")
        cls.keys = {"recordings": "recordings"} | cls.keys
        super().setUpClass()
        cls.certificates = {name: make_certificate(cls.directory, name) for name in CERTIFIED}

    def come(self, name):
        options = {"password": SUPERUSER_PASSWORD} if name == "SuperUser" else {}
        if name in self.certificates:
            options["certificate"] = self.certificates[name]
        client = Client(self.server.port, name, **options)
        self.addCleanup(client.close)
        client.frame = 0
        try:
            client.connect()
            self.logins[name] += 1
        except OSError:
            client.is_closed = True
        return client

    def words_of(self, client):
        """The commands, in all languages of ours that the meeting has."""
        words = set()
        for lang in ("en", "es", "fr"):
            client.command(f"!lang {lang}")
            words.update(word for line in client.command("!help") for word in WORD.findall(line))
        return sorted(words)

    def change(self, rng):
        """Another configuration."""
        chosen = {key: rng.choice(values) for key, values in CHANGES.items()}
        self.server.write({**self.keys, "hidechannels": rng.choice(("true", "false"))},
                          MEETING.format(**chosen))
        self.server.process.popen.send_signal(signal.SIGHUP)

    def line(self, rng, words):
        if rng.random() < 0.5:
            return rng.choice(LIKELY)
        argument = rng.choice(ARGUMENTS + NAMES)
        if rng.random() < 0.3:
            argument = f"{rng.choice(NAMES)} {argument}"
        return f"{rng.choice(words)} {argument}".strip()

    def act(self, rng, client, words):
        """One message."""
        channels, users = sorted(client.channels) or [0], sorted(client.users) or [1]
        kind = rng.randrange(12)
        if kind < 3:
            client.send(11, {3: rng.choice(channels), 5: f"!{self.line(rng, words)}"})
        elif kind < 5:
            client.send(26, {3: f"do {self.line(rng, words)}".encode(), 4: "susurro.console"})
        elif kind == 5:
            client.send(26, {3: rng.choice((b"hello", b"hello fr", b"bye", b"do", b"\xff", b"hello \n")),
                             4: "susurro.console"})
        elif kind == 6:
            client.send(17, {1: rng.choice(users), 2: rng.choice(channels),
                             3: "susurro." + rng.choice(words + ["listen.es", "out.fr", "relay.auto", "turnall"])})
        elif kind == 7:
            client.send(11, {rng.choice((3, 4)): rng.choice(channels),
                             5: rng.choice(("hola", "<b>open", "<p>a</p><p>b</p>", "x" * 6000, "🎧"))})
        elif kind == 8:
            client.send(26, {3: f"meeting Asamblea {rng.choice(ADMIN)}".encode(), 4: "susurro.admin"})
        elif kind == 9 and rng.random() < 0.1:
            groups = [number for number, one in client.channels.items() if "Grup" in one.get("name", "")]
            client.send(6, {1: rng.choice(groups + [4242])})
        elif kind == 10:
            client.send(15, rng.choice(({}, {2: b"n" * 16})))
        elif rng.random() < 0.5:
            booths = [number for number, one in client.channels.items() if "booth" in one.get("name", "").lower()]
            client.send(USER_STATE, {1: client.session, 5: rng.choice(booths + channels)})

    def talk(self, rng, client, packets):
        """A little of a voice, which seldom ends as it should."""
        for _ in range(rng.randrange(1, 25)):
            client.frame += 2
            client.send(UDP_TUNNEL, voice.legacy(client.frame, rng.choice(packets), is_last=rng.random() < 0.03))

    def disturb(self, rng, clients, name):
        act = rng.randrange(3)
        if act == 0:
            clients[name].close()
        elif act == 1:
            self.change(rng)
        else:
            ghost = self.come(name)
            clients[name].close()
            clients[name] = ghost

    def test_hammer(self):
        self.logins = collections.Counter()
        rng = random.Random(SEED)
        packets = list(Opus().packets(speech("en", 4.0)))
        clients = {name: self.come(name) for name in NAMES}
        words, n = self.words_of(clients["SuperUser"]), 0
        self.assertGreater(len(words), 80)
        deadline = time.monotonic() + SECONDS
        while time.monotonic() < deadline:
            n += 1
            name = rng.choice(NAMES)
            client = clients[name]
            if client.is_closed:
                client.close()
                clients[name] = self.come(name)
                continue
            try:
                self.act(rng, client, words)
                if rng.random() < 0.2:
                    self.talk(rng, client, packets)
            except OSError:
                client.is_closed = True
            if rng.random() < 0.004:
                self.disturb(rng, clients, name)
            if n % 20 == 0:
                for one in clients.values():
                    one.pump(0.001)
                    one.forget()
                self.server.process.check_running()
        print(f"{n} messages", end=" ", flush=True)
        for client in clients.values():
            client.close()
        for name in NAMES:
            self.assertGreater(self.logins[name], 0, f"{name} never got in")
        # Guesses at the meeting's password make the host wait that they came from.
        last = self.client("SuperUser", password=SUPERUSER_PASSWORD, source="127.0.0.9")
        self.assertGreater(len(last.command("!help")[0]), 100)
        self.assertNotIn("inv-" + "a" * 53, self.server.process.log())
        end(self.server)
        self.server.run()  # from what it has kept


if __name__ == "__main__":
    unittest.main()
