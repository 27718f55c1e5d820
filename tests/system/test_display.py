# SPDX-License-Identifier: BSD-3-Clause
"""What is shown of a meeting: the state that consoles follow, and channels' descriptions."""

import json
import time

from lib.observer import CHANNEL_STATE, USER_STATE
from lib.protobuf import last, text
from lib.sound import speech
from system.case import SystemTest
from system.client import REQUEST_BLOB
from system.talk import Talk

PLUGIN_DATA = 26
CONSOLE = "susurro.console"
MEETING = """
[meeting "Asamblea"]
tracks = en, es, fr
booths = en-es, es-fr
default_language = es
interpreters = Iris, Ivan
moderators = Mona
air = act
levelling = off
"""
EVERY_S = 0.2  # a console gets at most so many states


class Console:
    """A client that says hello and keeps what it is shown."""

    def __init__(self, client):
        self.client = client

    def say(self, line):
        self.client.send(PLUGIN_DATA, {3: line.encode(), 4: CONSOLE})
        return self

    def states(self):
        """All states so far, the oldest first."""
        return [json.loads(text(fields, 3)) for fields in self.client.kinds(PLUGIN_DATA)
                if text(fields, 4) == CONSOLE]

    def until(self, condition, what="a state", timeout_s=10):
        """The first state, of those that came last, of which this holds."""
        def found():
            states = self.states()
            return states[-1] if states and condition(states[-1]) else None
        return self.client.until(found, timeout_s, lambda: f"{what}; the last: {self.states()[-1:]}")


class DisplayCase(SystemTest):
    """Three languages, two booths."""

    meeting = MEETING
    keys = {"pluginmessagelimit": 1000, "pluginmessageburst": 1000}
    has_superuser = True
    is_hiding = False

    def setUp(self):
        self.ana = self.client("Ana")
        names = ("Asamblea", "English", "Español", "Français", "Booth en-es", "Booth es-fr")
        knows = self.superuser() if self.is_hiding else self.ana
        self.floor, self.english, self.spanish, self.french, self.booth, self.second = (
            knows.channel(name)["channel_id"] for name in names)

    def console(self, name, channel=None, hello="hello"):
        client = self.ana if name == "Ana" else self.client(name)
        if channel is not None:
            client.join(channel)
        return Console(client).say(hello)

    def description(self, client, channel):
        """What the client is shown as this channel's description; asks for it when it is long."""
        client.barrier()
        states = [one for one in client.kinds(CHANNEL_STATE) if last(one, 1) == channel]
        newest = [one for one in states if 5 in one or 10 in one][-1:]
        if newest and 10 in newest[0]:
            frames = client.ask(REQUEST_BLOB, {3: channel})
            newest = [one for kind, one in frames if kind == CHANNEL_STATE]
        return text(newest[0], 5) if newest else ""

    def until_described(self, client, channel, *parts):
        return client.until(lambda: all(part in self.description(client, channel)
                                        for part in parts), 10,
                            lambda: f"{parts} in {self.description(client, channel)!r}")


class DisplayTest(DisplayCase):
    """What is shown, and when."""

    # Consoles

    def test_nobody_is_shown_anything_unasked(self):
        self.ana.join(self.floor)
        self.ana.command("!es")
        self.assertEqual(Console(self.ana).states(), [])

    def test_outside_of_a_meeting(self):
        console = self.console("Ana")
        self.assertEqual(console.until(bool), {"v": 1, "meeting": None})
        self.ana.join(self.spanish)
        self.assertEqual(console.until(lambda state: state["meeting"])["me"]["place"], "track")
        self.ana.join(0)
        console.until(lambda state: state["meeting"] is None)

    def test_hello(self):
        state = self.console("Ana", self.spanish).until(lambda state: state["meeting"])
        self.assertEqual(state["meeting"], {"id": self.floor, "name": "Asamblea"})
        self.assertEqual(state["me"], {"session": self.ana.session, "role": "participant",
                                       "place": "track", "booth": None, "track": 1,
                                       "language": "es", "signal": None})
        self.assertEqual([one["language"] for one in state["tracks"]], ["en", "es", "fr"])
        self.assertEqual([one["name"] for one in state["booths"]], ["Booth en-es", "Booth es-fr"])
        self.assertEqual(state["booths"][1]["languages"], ["es", "fr"])
        self.assertEqual(state["booths"][0]["interpreters"], [])
        self.assertEqual((state["queue"], state["speaker"], state["poll"]), ([], None, None))
        for key in ("locked", "all_muted", "recording", "music"):
            self.assertIs(state[key], False)
        self.assertEqual(state["floor"]["session"], 0)

    def test_roles_and_places(self):
        for name, channel, role, place in (("Mona", self.floor, "moderator", "floor"),
                                           ("Iris", self.booth, "interpreter", "booth"),
                                           ("Rosa", self.french, "participant", "track")):
            with self.subTest(name):
                console = self.console(name, channel)
                me = console.until(lambda state: state["meeting"])["me"]
                self.assertEqual((me["role"], me["place"]), (role, place))
                console.client.close()

    def test_people_on_tracks(self):
        console = self.console("Ana", self.spanish)
        console.until(lambda state: state["meeting"] and state["tracks"][1]["people"] == 1)
        rosa = self.client("Rosa")
        rosa.join(self.spanish)
        console.until(lambda state: state["tracks"][1]["people"] == 2)
        rosa.join(self.french)
        console.until(lambda state: [one["people"] for one in state["tracks"]] == [0, 1, 1])

    def test_an_interpreter_goes_on_air(self):
        watcher = self.console("Ana", self.spanish)
        iris = self.console("Iris", self.booth)
        state = watcher.until(lambda state: state["booths"][0]["interpreters"])
        person = {"session": iris.client.session, "name": "Iris"}
        self.assertEqual(state["booths"][0]["interpreters"], [person])
        self.assertIsNone(state["booths"][0]["on_air"])
        iris.say("do air")
        for console in (watcher, iris):
            state = console.until(lambda state: state["booths"][0]["on_air"])
            self.assertEqual(state["booths"][0]["on_air"], person)
        iris.say("do   off")
        watcher.until(lambda state: state["booths"][0]["on_air"] is None)

    def test_do_answers_by_texts(self):
        console = self.console("Ana", self.spanish)
        console.say("do under -18").say("do xqzwk").say("do").say("do !!")
        self.ana.until(lambda: len(self.ana.texts) >= 2, 5, "answers")
        messages = " ".join(one["message"] for one in self.ana.texts)
        for part in ("-18 dB", "«xqzwk»"):
            self.assertIn(part, messages)

    def test_language_of_the_console(self):
        state = self.console("Ana", self.floor, "hello fr-CA").until(lambda one: one["meeting"])
        self.assertEqual(state["me"]["language"], "fr")

    def test_bye(self):
        console = self.console("Ana", self.spanish)
        console.until(lambda state: state["meeting"])
        console.say("bye")
        self.ana.barrier()
        n = len(console.states())
        witness = self.console("Iris", self.booth)
        witness.say("do air")
        witness.until(lambda state: state["booths"][0]["on_air"])
        self.ana.barrier()
        self.assertEqual(len(console.states()), n)

    def test_at_most_five_a_second_and_the_last_one_always(self):
        watcher = self.console("Ana", self.spanish)
        watcher.until(lambda state: state["meeting"])
        rosa = self.client("Rosa")
        began = time.monotonic()
        for _ in range(30):
            for channel in (self.english, self.french):
                rosa.join(channel)
        rosa.join(self.spanish)
        watcher.until(lambda state: [one["people"] for one in state["tracks"]] == [0, 2, 0])
        took_s = time.monotonic() - began
        self.assertLessEqual(len(watcher.states()), took_s / EVERY_S + 3)

    def test_what_cannot_be_read(self):
        console = self.console("Ana", self.spanish)
        console.until(lambda state: state["meeting"])
        n = len(console.states())
        for data in (b"", b"\xff", b"hello\0x", b"x" * 1001, b"helloes", b"nothing", b"\n"):
            self.ana.send(PLUGIN_DATA, {3: data, 4: CONSOLE})
        self.ana.send(PLUGIN_DATA, {4: CONSOLE})
        self.ana.barrier()
        self.assertEqual((len(console.states()), self.ana.texts), (n, []))

    def test_it_goes_to_nobody_else(self):
        rosa = self.client("Rosa")
        self.ana.send(PLUGIN_DATA, {2: rosa.session, 3: b"hello", 4: CONSOLE})
        self.ana.barrier()
        rosa.barrier()
        self.assertEqual(rosa.kinds(PLUGIN_DATA), [])

    def test_one_leaves_without_bye(self):
        first = self.console("Ana", self.spanish)
        second = self.console("Rosa", self.spanish)
        second.until(lambda state: state["meeting"])
        second.client.close()
        first.until(lambda state: state["tracks"][1]["people"] == 1)
        iris = self.console("Iris", self.booth).say("do air")
        iris.until(lambda state: state["booths"][0]["on_air"])

    # Descriptions

    def test_descriptions_follow(self):
        iris = self.client("Iris")
        iris.join(self.booth)
        iris.command("!air")
        self.until_described(self.ana, self.booth, "On air: Iris")
        self.until_described(self.ana, self.floor, "Se habla ahora: Español",
                             "Con interpretación a: English", "Sin interpretación: Français")
        self.until_described(self.ana, self.english, "Interpreted by Iris, from: Español")
        self.until_described(self.ana, self.spanish, "Ahora se habla este idioma")
        self.until_described(self.ana, self.french, "Personne n’interprète")
        late = self.client("Luis")
        self.assertIn("Interpreted by Iris", self.description(late, self.english))
        iris.command("!off")
        self.until_described(self.ana, self.booth, "Nobody is on air")

    def test_the_admin_keeps_their_own_words(self):
        root = self.superuser()
        iris = self.client("Iris")
        iris.join(self.booth)
        iris.command("!air")
        self.until_described(root, self.english, "Interpreted by Iris")
        shown = self.description(root, self.english)
        for _ in range(3):  # as a client does that edits what it shows
            root.ask(CHANNEL_STATE, {1: self.english, 5: "<b>Sala</b> 1 " + shown[shown.index("<p>"):]})
            self.until_described(root, self.english, "<b>Sala</b> 1", "Interpreted by Iris")
            shown = self.description(root, self.english)
            self.assertEqual(shown.count("Interpreted by"), 1)
        iris.close()
        root.ask(CHANNEL_STATE, {1: self.english, 5: ""})

    def test_they_are_not_stored(self):
        iris = self.client("Iris")
        iris.join(self.booth)
        iris.command("!air")
        self.until_described(self.ana, self.booth, "Iris")
        iris.close()
        self.until_described(self.ana, self.booth, "Nobody")

    # Who speaks, where no indicators are sent

    def test_the_speaker_is_named_on_thin_lines(self):
        thin, full, luis = (self.client(name) for name in ("Tina", "Fausto", "Luis"))
        thin.join(self.spanish)
        thin.command("!tier minimum")
        full.join(self.spanish)
        luis.join(self.english)

        def comments(client):
            return [text(one, 14) for one in client.kinds(USER_STATE) if 14 in one and
                    client.users[last(one, 1)]["name"] == "Español 🎧"]
        Talk().add(luis, speech("en", 1.5)).run()
        thin.until(lambda: "Habla ahora: Luis" in comments(thin), 10, "the speaker's name")
        full.barrier()
        self.assertEqual(comments(full), [])
        thin.command("!tier standard")
        thin.join(self.french)
        thin.until(lambda: comments(thin)[-1] == "", 10, "no name any more")


class HiddenDisplayTest(DisplayCase):
    """Who may not know of a booth is not told who is in it."""

    keys = {**DisplayCase.keys, "hidechannels": True}
    is_hiding = True

    def test_interpreters_are_not_named(self):
        iris = self.console("Iris", self.booth)
        ana = self.console("Ana", self.spanish)
        iris.say("do air")
        person = {"session": iris.client.session, "name": "Iris"}
        state = iris.until(lambda state: state["booths"][0]["on_air"])
        self.assertEqual((state["booths"][0]["on_air"], state["booths"][0]["interpreters"]),
                         (person, [person]))
        state = ana.until(lambda state: state["booths"][0]["on_air"])
        self.assertEqual((state["booths"][0]["on_air"], state["booths"][0]["interpreters"]),
                         ({"session": 0, "name": ""}, []))
        self.ana.until(lambda: "Con interpretación a: English" in
                       self.description(self.ana, self.floor), 10, "a description")
        for channel in (self.floor, self.english):
            self.assertNotIn("Iris", self.description(self.ana, channel))
