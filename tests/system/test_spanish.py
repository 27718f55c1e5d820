# SPDX-License-Identifier: BSD-3-Clause
"""A meeting held in Spanish: whatever the server says to anybody in it, there is no English word in it.

Every command of every table is written, without arguments, with wrong and with right ones, by people in every
place and role; menus, notices, refusals and descriptions are read as well. English are the words of the English
catalogue that no Spanish text has; names are excepted.
"""

import re

from lib.observer import CHANNEL_STATE, CONTEXT_ACTION_MODIFY, TEXT_MESSAGE, USER_REMOVE, USER_STATE
from lib.protobuf import last, text
from lib.sound import speech
from system.case import SystemTest
from system.client import PERMISSION_DENIED, REQUEST_BLOB
from system.talk import Talk
from unit import i18n_test

PLUGIN_DATA = 26
MEETING = """
[meeting "Asamblea"]
tracks = es, en, fr
booths = es-en, es-fr
default_language = es
interpreters = Iris, Iván
moderators = Mona
air = act
levelling = off
"""
# Names: of languages in themselves, of channels, of tiers, of things that have one name everywhere.
NAMES = {"english", "français", "booth", "asamblea", "mumble", "opus", "utf", "standard", "minimum",
         "full", "thin", "lifeline", "susurro", "root"}
ARGUMENTS = ("", "xx", "es", "en fr", "Ana", "Nadie", "Ana en", "Luis xx", "Iris Cabina", "-15", "no",
             "sí", "0", "1", "2 hola", "30", "99999", "standard", "auto", "sala", "¿Sí o no? | Sí | No",
             "algo que nadie entiende")
WORD = re.compile(r"[^\W\d_]+")


def words_of(plain):
    """The words of a text, without tags and commands."""
    plain = re.sub(r"&\w+;", " ", i18n_test.TAG.sub(" ", plain))
    plain = i18n_test.COMMAND.sub(" ", i18n_test.PLACE.sub(" ", plain))
    return [word.lower() for word in WORD.findall(plain)]


class SpanishTest(SystemTest):
    """Nobody sits on the English track but one who has asked for Spanish."""

    meeting = MEETING
    keys = {"pluginmessagelimit": 1000, "pluginmessageburst": 1000, "usersperchannel": 12}

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        spanish, _ = i18n_test.catalogue(i18n_test.read("po/es.po"))
        known = {word for one in spanish.values() for word in words_of(one)} | NAMES
        cls.english = {word for one in spanish for word in words_of(one)} - known
        cls.commands = i18n_test.tables()

    def setUp(self):
        self.people = {}
        self.start_of = {}
        first = self.enter("Ana")
        names = ("Asamblea", "Español", "English", "Français", "Booth es-en", "Booth es-fr")
        self.floor, self.spanish, self.track_en, self.track_fr, self.booth, self.second = (
            first.channel(name)["channel_id"] for name in names)
        self.places = {"Ana": self.spanish, "Luis": self.track_en, "Mona": self.floor,
                       "Iris": self.booth, "Iván": self.booth, "Rosa": 0}
        for name in self.places:
            if name != "Ana":
                self.enter(name)
        self.take_seats()
        self.n_texts = 0

    def enter(self, name):
        """Somebody joins, and asks for Spanish, which is the only thing they could not know before."""
        client = self.client(name)
        client.command("!lang es")
        client.barrier()
        self.start_of[name] = len(client.received)
        self.people[name] = client
        return client

    def take_seats(self):
        """Whoever was moved or sent away is where they belong again."""
        for name, channel in self.places.items():
            client = self.people[name]
            try:
                client.barrier()
            except (ConnectionResetError, OSError):
                self.judge(name)
                client = self.enter(name)
            if client.here() != channel:
                client.change(f5=channel)

    def said(self, client, frames):
        """All that the server has put into words for this client: (what, text)."""
        for kind, fields in frames:
            if kind == TEXT_MESSAGE and 1 not in fields:
                yield "text", text(fields, 5)
            elif kind == PERMISSION_DENIED and 4 in fields:
                yield "denied", text(fields, 4)
            elif kind == USER_REMOVE and 3 in fields:
                yield "removed", text(fields, 3)
            elif kind == USER_STATE and 14 in fields:
                yield "comment", text(fields, 14)
            elif kind == CONTEXT_ACTION_MODIFY and 2 in fields:
                if not re.match(r"susurro\.listen\.(?!es)", text(fields, 1)):
                    yield "menu", text(fields, 2)
            elif kind == CHANNEL_STATE and 5 in fields and \
                    last(fields, 1) not in (self.track_en, self.track_fr):
                yield "description", text(fields, 5)

    def judge(self, name):
        """Everything that this client was told since it was judged last."""
        client = self.people[name]
        frames = client.received[self.start_of[name]:]
        self.start_of[name] = len(client.received)
        for what, plain in self.said(client, frames):
            self.n_texts += 1
            foreign = [word for word in words_of(plain) if word in self.english]
            self.assertEqual(foreign, [], f"{what} to {name}: {plain!r}")

    def judge_all(self):
        for name, client in self.people.items():
            if not client.is_closed:
                client.barrier()
            self.judge(name)

    def test_the_list_of_words_is_worth_something(self):
        """Each English text of some length would be found."""
        texts, _ = i18n_test.catalogue(i18n_test.read("po/es.po"))
        for english in texts:
            if len(words_of(english)) > 2:
                with self.subTest(english):
                    self.assertTrue(set(words_of(english)) & self.english)

    def test_every_command_of_everybody(self):
        self.assertGreater(len(self.commands), 15)
        for command in self.commands:
            word = command["es"][0]
            with self.subTest(word):
                for argument in ARGUMENTS:
                    for name in self.places:
                        if not self.people[name].is_closed:
                            self.people[name].say(f"!{word} {argument}".strip())
                    if word in ("idioma", "lengua"):
                        self.people["Luis"].command("!idioma es")
                        self.speak_spanish_again()
                self.judge_all()
                self.take_seats()
        self.assertGreater(self.n_texts, 1000)

    def speak_spanish_again(self):
        for client in self.people.values():
            if not client.is_closed:
                client.command("!idioma es")

    def test_unknown_and_misspelt(self):
        for line in ("!", "!!", "!nada", "!aire!", "!ayud", "!" + "x" * 300, "!de", "!xx", "!<b>x</b>"):
            for name in self.places:
                self.people[name].say(line)
        self.judge_all()

    def test_menus(self):
        """Whatever is offered is chosen, by everybody."""
        n = 0
        for name, client in self.people.items():
            for action in sorted(client.actions):
                client.act(action, session=client.session, channel_id=client.here())
                client.act(action, session=self.people["Ana"].session)
                n += 1
                self.judge_all()
            self.take_seats()
        self.assertGreater(n, 15)

    def test_interpretation(self):
        """Air, handover, turns, notices of languages that nobody interprets, descriptions, figures."""
        iris, ivan, mona = (self.people[name] for name in ("Iris", "Iván", "Mona"))
        ana, luis = self.people["Ana"], self.people["Luis"]
        for line in ("!aire", "!hacia en", "!relé fr", "!relé sala", "!relé auto", "!pareja -6"):
            iris.command(line)
        for client in (ivan, iris, ivan):
            client.command("!relevo")
        Talk().add(ana, speech("es", 3)).add(luis, speech("en", 3), 4.0).add(
            ivan, speech("en", 2), 1.0).run()
        ivan.command("!tomar")
        iris.command("!hacia")
        for line in ("!cifras", "!informe", "!idioma Luis en", "!idioma Ana es"):
            mona.command(line)
        iris.command("!fuera")
        ivan.change(f5=0)
        for channel in (self.floor, self.spanish, self.booth, self.second):
            frames = mona.ask(REQUEST_BLOB, {3: channel})
            self.assertTrue(all(kind != REQUEST_BLOB for kind, _ in frames))
        self.judge_all()
        self.assertGreater(self.n_texts, 20)

    def test_refusals(self):
        """Doors, rights, names that are taken, and a channel that is full."""
        ana, rosa = self.people["Ana"], self.people["Rosa"]
        for client in (ana, rosa):
            client.change(f5=self.booth)
            client.change(session=self.people["Mona"].session, f5=0)
            client.ask(CHANNEL_STATE, {2: 0, 3: "Nuevo"})
            client.ask(CHANNEL_STATE, {2: 0, 3: "a/\x01b"})
            client.ask(TEXT_MESSAGE, {3: self.booth, 5: "hola"})
            client.ask(TEXT_MESSAGE, {3: self.floor, 5: "x" * 200000})
            client.change(f21=self.booth)
            client.change(f21=self.spanish)
        self.judge_all()

    def test_before_login(self):
        """Nothing is known of the newcomer yet: the meeting's own language is taken."""
        for options in ({"name": "Ana/\x01"}, {"name": "Mona", "password": "x"}):
            client = self.open(**options)
            client.authenticate()
            client.until(lambda: client.reject or client.session is not None, 10, "an answer")
            if client.reject:
                foreign = [word for word in words_of(client.reject.split(":", 1)[1])
                           if word in self.english]
                self.assertEqual(foreign, [], client.reject)
