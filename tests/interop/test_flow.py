# SPDX-License-Identifier: BSD-3-Clause
"""All that a person needs, with stock clients, mouse and chat only: to join, choose a language, turn the original off
and on, become an interpreter, go on air, hand over, take over, work by relay.

Each step is judged by what the server shows consoles, the levels by ear. With SUSURRO_PICTURES=DIRECTORY each leaves
a picture of the window there (SUSURRO_PICTURES_LANGUAGE: the language of program and server, en;
SUSURRO_PICTURES_FONTS: see lib/mumble.py).
"""

import json
import os
import sys
import unittest

from lib import wait
from lib.mumble import SERVER_MENU, TREE_ROW, TREE_X, TREE_Y, tree_row
from lib.protobuf import text
from lib.rig import RigTest, measured
from lib.scene import BANDS_HZ, Scene, Voice

FLOOR, FIRST, _, _ = BANDS_HZ
PLUGIN_DATA, CONSOLE = 26, "susurro.console"
PICTURES = os.environ.get("SUSURRO_PICTURES")
LANGUAGE = os.environ.get("SUSURRO_PICTURES_LANGUAGE", "en")

COMMANDS = {"en": ("!lang en", "!air", "!under off", "!under -15", "!relay floor"),
            "es": ("!idioma es", "!aire", "!debajo no", "!debajo -15", "!rele sala")}
READ, AIR, OFF, ON, HEAR_FLOOR = COMMANDS[LANGUAGE]
MEETING = """
[meeting "Asamblea"]
tracks = en, es, fr
booths = en-es, en-fr
default_language = en
interpreters = Ivan
moderators = Mona
air = act
levelling = off
"""
SEATS = {"Vera": "Asamblea", "Mona": "Asamblea", "Flora": "Asamblea", "Ivan": "Asamblea/Booth en-es"}
# What the server adds to the menus, by its names, in its order.
LISTEN = ["listen.en", "listen.es", "listen.fr", "floor"]
SIGNALS = ["slow", "louder", "repeat", "cannot"]
ON_FLOOR = [*LISTEN, "hand"]
ON_PERSON = [*ON_FLOOR, "next", "lock", "turnall", "give", "interpreter"]  # moderators'
OFF_S, ON_S = 3.2, 6.2  # of the scene in Español: "!under off", "!under -15"
ENGLISH_SPOKEN = [Voice("Flora", "en", FLOOR, [(0, 9)]), Voice("Ivan", "es", FIRST, [(1, 9)])]
IN_SPANISH = [
    ("the original under the interpreter", "Vera", "Flora", 1.3, OFF_S, -15),
    ("switched off", "Vera", "Flora", OFF_S + 0.8, ON_S, None),
    ("and on again", "Vera", "Flora", ON_S + 0.8, 9, -15),
    ("the interpreter in front", "Vera", "Ivan", 1.3, 9, 0),
]
FLOOR_S, RELAY_S = 3.5, 6.5  # of the scene in the second booth: "!relay floor", then automatic by the menu
SPANISH_SPOKEN = [Voice("Flora", "es", FLOOR, [(0, 10)]), Voice("Ivan", "en", FIRST, [(0.5, 10)])]
BY_RELAY = [
    ("the interpretation into English", "Vera", "Ivan", 1, FLOOR_S, 0),
    ("instead of the floor", "Vera", "Flora", 1, FLOOR_S, None),
    ("the floor itself", "Vera", "Flora", FLOOR_S + 0.8, RELAY_S, 0),
    ("and no relay", "Vera", "Ivan", FLOOR_S + 0.8, RELAY_S, None),
    ("the relay again", "Vera", "Ivan", RELAY_S + 1.2, 10, 0),
    ("and no floor", "Vera", "Flora", RELAY_S + 1.2, 10, None),
]


class FlowTest(RigTest):
    meeting = MEETING
    n_seats = len(SEATS)
    servers = ("susurro",)

    def setUp(self):
        super().setUp()
        self.observer.join(self.observer.channel("Asamblea")["channel_id"])
        self.observer.send(PLUGIN_DATA, {3: b"hello", 4: CONSOLE})

    # What the server says

    def state(self):
        found = [fields for kind, fields in list(self.observer.received)
                 if kind == PLUGIN_DATA and text(fields, 4) == CONSOLE]
        return json.loads(text(found[-1], 3)) if found else {}

    def booth(self, pair):
        return next(one for one in self.state()["booths"] if one["name"] == f"Booth {pair}")

    def expect_booth(self, pair, timeout_s=10, **facts):
        """on_air is the name of who is on air, or None."""
        def holds():
            booth = self.booth(pair)
            booth["on_air"] = booth["on_air"]["name"] if booth["on_air"] else None
            return all(booth[fact] == value for fact, value in facts.items())
        wait.until(holds, timeout_s, lambda: f"{facts} of {self.booth(pair)}")

    def expect_at(self, name, channel):
        self.observer.wait_user(name, channel, timeout_s=10)

    # What people do

    def picture(self, client, title, is_menu_open=False):
        if PICTURES:
            os.makedirs(PICTURES, exist_ok=True)
            client.wait_window()
            if not is_menu_open:
                client.show_newest()
            client.display.wait_still()
            client.screenshot(os.path.join(PICTURES, f"{title}.{LANGUAGE}.png"))

    def choose(self, client, menu, entry, title, *where):
        """The entry of the server's, in the menu that opens there; menu: all entries that it ought to have."""
        client.open_menu(*(where or SERVER_MENU))
        client.keys(*["Up"] * (len(menu) - menu.index(entry)))
        self.picture(client, title, is_menu_open=True)
        client.keys("Return")

    def double_click(self, client, channel):
        client.double_click(tree_row(self.observer, channel))

    def on_person(self, name):
        return TREE_X, TREE_Y + tree_row(self.observer, name) * TREE_ROW, "3"

    # The steps

    @measured
    def test_flow(self):
        vera, mona, flora, ivan = (self.client(name, channel, language=LANGUAGE)
                                   for name, channel in SEATS.items())
        self.wait_online(n_datagrams=0)
        self.picture(vera, "joined")
        for client in (vera, mona, ivan):
            client.say(READ)
        self.listen(vera)
        self.original(vera, flora, ivan)
        self.become_interpreter(vera, mona)
        self.take_turns(vera, ivan)
        self.relay(vera, mona, flora, ivan)

    def listen(self, vera):
        self.choose(vera, ON_FLOOR, "listen.es", "languages")
        self.expect_at("Vera", "Español")
        self.picture(vera, "listening")

    def original(self, vera, flora, ivan):
        ivan.say(AIR)
        self.expect_booth("en-es", on_air="Ivan", outgoing="es")
        vera.prepare_to_say(OFF)
        people = {"Flora": flora, "Ivan": ivan}
        scene = Scene.play(self, ENGLISH_SPOKEN, people, [vera], 9.5, acts=[
            (OFF_S, vera.say_now), (OFF_S + 1, lambda: vera.prepare_to_say(ON)),
            (ON_S, vera.say_now)])
        print("\n".join(scene.check(self, IN_SPANISH)), file=sys.stderr)
        self.picture(vera, "original")

    def become_interpreter(self, vera, mona):
        self.choose(mona, ON_PERSON, "interpreter", "make-interpreter", *self.on_person("Vera"))
        self.picture(mona, "made-interpreter")
        self.double_click(vera, "Booth en-es")
        self.expect_at("Vera", "Booth en-es")
        wait.until(lambda: {one["name"] for one in self.booth("en-es")["interpreters"]} == {"Ivan", "Vera"},
                   10, lambda: self.booth("en-es"))

    def take_turns(self, vera, ivan):
        with_partner = ["air", "handover", "turn", *SIGNALS, *LISTEN]
        alone = [one for one in with_partner if one != "handover"]
        self.choose(ivan, with_partner, "air", "off-air")
        self.expect_booth("en-es", on_air=None)
        self.choose(vera, alone, "air", "go-on-air")
        self.expect_booth("en-es", on_air="Vera")
        self.picture(vera, "on-air")
        self.choose(vera, with_partner, "handover", "ask-handover")
        self.expect_booth("en-es", on_air="Vera", handover="asked")
        self.choose(ivan, with_partner, "handover", "confirm-handover")
        self.expect_booth("en-es", on_air="Ivan", handover="none")
        self.picture(vera, "handed-over")
        self.choose(vera, with_partner, "air", "take")
        self.expect_booth("en-es", on_air="Vera")
        self.picture(vera, "taken")

    def relay(self, vera, mona, flora, ivan):
        self.double_click(vera, "Booth en-fr")
        self.expect_at("Vera", "Booth en-fr")
        self.expect_booth("en-es", on_air=None)
        ivan.say(AIR)
        mona.say("!lang Flora es")
        self.expect_booth("en-es", on_air="Ivan", outgoing="en")
        self.expect_booth("en-fr", incoming="en", outgoing="fr", depth=1, relay="auto")
        vera.prepare_to_say(HEAR_FLOOR)
        menu = ["air", "turn", "relay", *SIGNALS, *LISTEN]
        scene = Scene.play(self, SPANISH_SPOKEN, {"Flora": flora, "Ivan": ivan}, [vera], 10.5, acts=[
            (FLOOR_S, vera.say_now), (RELAY_S, lambda: self.choose(vera, menu, "relay", "relay-by-itself"))])
        print("\n".join(scene.check(self, BY_RELAY)), file=sys.stderr)
        self.expect_booth("en-fr", relay="auto", depth=1)
        self.picture(vera, "relay")


if __name__ == "__main__":
    unittest.main()
