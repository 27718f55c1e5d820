# SPDX-License-Identifier: BSD-3-Clause
"""Booths under bad input: two at once, booths emptied in mid-handover, tracks deleted while in use, floods of commands.

Whatever happens: each command has an answer in the reader's language, one at most is on air, and the next
command works as if nothing had been.
"""

import itertools
import signal

from lib.observer import TEXT_MESSAGE
from lib.sound import speech
from system.case import SystemTest
from system.client import CHANNEL_REMOVE
from system.talk import Opus, Talk
from system.test_display import Console
from system.voice import legacy

INTERPRETERS = "Iris, Ivan, Isa"
MEETING = """
[meeting "Asamblea"]
tracks = en, es, fr
booths = en-es, es-fr
default_language = en
interpreters = {interpreters}
moderators = Mona
air = act
levelling = off
"""
ON_AIR, TAKEN, OFF_AIR = "🔴 You are on air", "Your partner is on air", "⚪ You are off air"


class HardCase(SystemTest):
    """People who read English."""

    meeting = MEETING.format(interpreters=INTERPRETERS)
    has_superuser = True
    keys = {"pluginmessagelimit": 1000, "pluginmessageburst": 1000}

    def setUp(self):
        self.mona = self.client("Mona")
        self.floor, self.english, self.spanish, self.booth, self.second = (
            self.mona.channel(name)["channel_id"] for name in
            ("Asamblea", "English", "Español", "Booth en-es", "Booth es-fr"))
        self.mona.join(self.floor)
        self.console = Console(self.mona).say("hello")

    def enter(self, *names, channel=None):
        clients = [self.client(name) for name in names]
        for client in clients:
            client.join(channel or self.booth)
        return clients if len(clients) > 1 else clients[0]

    def write(self, client, text):
        """Without waiting for anything."""
        client.send(TEXT_MESSAGE, {3: client.here(), 5: text})

    def said(self, client, n=0):
        """What the server has told this client since then."""
        return [one["message"] for one in client.texts[n:] if one["actor"] is None]

    def until_said(self, client, part, n=0, times=1):
        return client.until(lambda: sum(part in one for one in self.said(client, n)) >= times, 10,
                            lambda: f"{part!r} {times} times in {self.said(client, n)}")

    def state(self, condition, what="a state"):
        return self.console.until(lambda state: condition(state["booths"][0]), what)["booths"][0]

    def is_quiet(self, booth):
        return booth["handover"] == "none" and booth["on_air"] is None

    def is_left(self, booth):
        return not booth["interpreters"] and self.is_quiet(booth)


class TwoAtOnceTest(HardCase):
    """Keys pressed in the same moment."""

    def test_both_go_on_air(self):
        iris, ivan = self.enter("Iris", "Ivan")
        for _ in range(30):
            n = [len(one.texts) for one in (iris, ivan)]
            for client in (iris, ivan):
                self.write(client, "!air")
            for client, before in zip((iris, ivan), n):
                client.until(lambda: any(ON_AIR in one or TAKEN in one
                                         for one in self.said(client, before)), 5, "an answer")
            got = [" ".join(self.said(one, before)) for one, before in zip((iris, ivan), n)]
            self.assertEqual(sum(ON_AIR in one for one in got), 1, got)
            self.assertEqual(sum(TAKEN in one for one in got), 1, got)
            first = iris if ON_AIR in got[0] else ivan
            self.write(first, "!off")
            self.until_said(first, OFF_AIR, n[0] if first is iris else n[1])

    def test_both_take(self):
        iris, ivan = self.enter("Iris", "Ivan")
        for _ in range(30):
            n = [len(one.texts) for one in (iris, ivan)]
            for client in (iris, ivan):
                self.write(client, "!take")
            for client, before in zip((iris, ivan), n):
                client.until(lambda: self.said(client, before), 5, "an answer")
        booth = self.state(lambda one: one["on_air"], "somebody on air")
        self.assertEqual(booth["handover"], "none")

    def test_both_press_the_key_of_a_handover(self):
        iris, ivan = self.enter("Iris", "Ivan")
        on_air, other = iris, ivan
        self.write(on_air, "!air")
        self.until_said(on_air, ON_AIR)
        for _ in range(10):
            n, m = len(on_air.texts), len(other.texts)
            self.write(on_air, "!handover")
            self.write(other, "!handover")
            self.until_said(on_air, f"Finish your sentence: {other.name} goes on", n)
            self.until_said(other, f"you are heard already, while {on_air.name} finishes", m)
            self.until_said(other, ON_AIR, m)
            self.until_said(on_air, f"⚪ You are off air. {other.name} is on air", n)
            on_air, other = other, on_air

    def test_a_crowd_presses_everything(self):
        people = self.enter("Iris", "Ivan", "Isa")
        words = ("air", "handover", "take", "off", "out", "relay floor", "relay auto", "slow",
                 "handover", "out es", "partner -6")
        n = [len(one.texts) for one in people]
        for word, client in itertools.product(words * 6, people):
            self.write(client, f"!{word}")
        for client, before in zip(people, n):
            client.until(lambda: len(self.said(client, before)) >= 6 * len(words), 20,
                         lambda: f"{len(self.said(client, before))} answers")
        for client in people:
            self.write(client, "!off")
        self.state(self.is_quiet, "nobody on air")
        self.write(people[0], "!air")
        self.state(lambda one: one["on_air"] and one["on_air"]["name"] == "Iris")


class EmptiedTest(HardCase):
    """People go in the middle of a handover."""

    def hand_over(self, iris, ivan):
        """Until both are carried."""
        self.write(iris, "!air")
        self.until_said(iris, ON_AIR)
        self.write(iris, "!handover")
        self.until_said(ivan, "Iris asks you to go on")
        for i, packet in enumerate(Opus().packets(speech("en", 1.0, pauses=False))):
            iris.tunnel(legacy(2 * i, packet))  # in mid-sentence: so it lasts
        self.write(ivan, "!handover")
        self.until_said(ivan, "you are heard already")

    def test_everybody_goes(self):
        ways = {"they hang up": lambda client: client.close(),
                "they move out": lambda client: client.join(self.english),
                "they are moved": lambda client: self.mona.move(client.session, self.floor),
                "they are kicked": lambda client: self.superuser().send(8, {1: client.session})}
        for (name, way), is_leaver_first in itertools.product(ways.items(), (True, False)):
            with self.subTest(name, is_leaver_first=is_leaver_first):
                iris, ivan = self.enter("Iris", "Ivan")
                self.hand_over(iris, ivan)
                for client in (iris, ivan) if is_leaver_first else (ivan, iris):
                    way(client)
                self.state(self.is_left, "a booth that is empty and quiet")
                isa = self.enter("Isa")
                self.write(isa, "!handover")
                self.until_said(isa, "Nobody of this booth is on air")
                self.write(isa, "!air")
                self.until_said(isa, ON_AIR)
                for client in (iris, ivan, isa):
                    client.close()
                self.state(lambda one: not one["interpreters"], "an empty booth")

    def test_one_goes(self):
        iris, ivan = self.enter("Iris", "Ivan")
        self.hand_over(iris, ivan)
        iris.close()
        self.until_said(ivan, ON_AIR)
        iris = self.enter("Iris")
        self.write(iris, "!handover")
        self.until_said(ivan, "Iris offers to go on")
        self.write(ivan, "!handover")
        self.until_said(iris, "you are heard already")
        n = len(ivan.texts)
        iris.close()
        self.until_said(ivan, "There is no handover any more", n)
        self.state(lambda one: one["handover"] == "none" and one["on_air"] and
                   one["on_air"]["name"] == "Ivan", "Ivan on air")

    def test_the_asked_one_goes(self):
        iris, ivan = self.enter("Iris", "Ivan")
        self.write(iris, "!air")
        self.write(iris, "!handover")
        self.until_said(ivan, "Iris asks you to go on")
        ivan.join(self.english)
        self.until_said(iris, "There is no handover any more")
        self.write(iris, "!handover")
        self.until_said(iris, "there is nobody else in the booth")

    def test_rights_are_taken_away(self):
        """A reload after which they interpret no more: they go to the floor, and are off air."""
        iris, ivan = self.enter("Iris", "Ivan")
        self.hand_over(iris, ivan)
        def reload(interpreters):
            self.server.write(self.keys, MEETING.format(interpreters=interpreters))
            self.server.process.popen.send_signal(signal.SIGHUP)
        reload("Isa")
        self.state(self.is_left, "a booth that is empty and quiet")
        for client in (iris, ivan):
            client.until(lambda: client.here() == self.floor, 5, "on the floor")
            self.assertEqual(client.command("!air"), ["Enter a booth first: only an interpreter in a "
                                                      "booth can do this."])
        reload(INTERPRETERS)
        self.console.client.until(lambda: self.server.process.log().count("read again") >= 2, 5,
                                  "the configuration is read again")

    def test_the_moderator_is_told(self):
        iris, ivan = self.enter("Iris", "Ivan")
        self.write(iris, "!air")
        self.until_said(ivan, "Iris is on air")
        n = len(self.mona.texts)
        iris.close()
        self.until_said(ivan, "Iris has left while on air")
        self.until_said(self.mona, "Iris was on air in “Booth en-es” and has left", n)


class DeletedTest(HardCase):
    """The channel of a track is deleted while people speak and listen there."""

    def test_deleted_while_in_use(self):
        iris, ivan = self.enter("Iris", "Ivan")
        isa = self.enter("Isa", channel=self.second)
        ana, luis, root = self.client("Ana"), self.client("Luis"), self.superuser()
        ana.join(self.english)
        luis.join(self.spanish)
        for client in (iris, isa):
            self.write(client, "!air")
            self.until_said(client, ON_AIR)
        self.write(iris, "!handover")
        Talk().add(luis, speech("es", 1.5)).add(iris, speech("en", 1.5)).run()
        for i, packet in enumerate(Opus().packets(speech("es", 0.5))):
            luis.tunnel(legacy(1000 + 2 * i, packet))
        root.send(CHANNEL_REMOVE, {1: self.spanish})
        for client in (iris, ivan, isa, ana, luis):  # before they can know
            for word in ("!air", "!handover", "!take", "!slow", "!es", "!out en", "!figures"):
                self.write(client, word)
        for i, packet in enumerate(Opus().packets(speech("es", 0.5))):
            luis.tunnel(legacy(1100 + 2 * i, packet))
        for client in (iris, ivan, isa, ana, luis):
            client.barrier()
            self.assertNotIn("Español", [one["name"] for one in client.channels.values()])
            for word in ("!air", "!es", "!slow", "!hacia en"):
                with self.subTest(client.name, word=word):
                    self.assertEqual(client.command(word),
                                     ["There is no meeting with interpretation on this server."])
            self.assertEqual(client.actions, {})
            self.assertIn("!help", "".join(client.command("!help")))


class FloodTest(HardCase):
    """A thousand commands at a time."""

    N = 1000

    def test_each_is_answered(self):
        iris, ivan = self.enter("Iris", "Ivan")
        ana = self.enter("Ana", channel=self.english)
        words = ("!air", "!off", "!help air", "!nothing", "!under -18", "!partner 0", "!relay auto",
                 "!slow", "!out es", "!handover")
        for client in (iris, ana):
            n = len(client.texts)
            for i in range(self.N):
                self.write(client, words[i % len(words)])
            client.until(lambda: len(self.said(client, n)) >= self.N, 60,
                         lambda: f"{len(self.said(client, n))} answers")
        ivan.barrier()
        self.write(iris, "!off")
        self.state(self.is_quiet)
        self.write(ivan, "!air")
        self.state(lambda one: one["on_air"] and one["on_air"]["name"] == "Ivan")


class LimitedFloodTest(HardCase):
    """As servers are set up: what is too much is dropped, and costs nobody anything."""

    keys = {**HardCase.keys, "messagelimit": 1, "messageburst": 5}

    def test_what_is_too_much(self):
        iris, ivan = self.enter("Iris", "Ivan")
        n = len(ivan.texts)
        for _ in range(500):
            self.write(iris, "!take")
            iris.act("susurro.take")
        iris.barrier(30)
        self.assertLessEqual(len(self.said(iris)), 12)
        self.assertLessEqual(len(self.said(ivan, n)), 12)
        self.write(ivan, "!take")
        self.state(lambda one: one["on_air"] and one["on_air"]["name"] == "Ivan")
