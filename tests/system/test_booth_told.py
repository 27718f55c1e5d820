# SPDX-License-Identifier: BSD-3-Clause
"""What interpreters, listeners and moderators are told of booths: handover, relay, timer, cough, what nobody interprets."""

from lib.sound import speech
from system.case import SystemTest
from system.talk import Talk

MEETING = """
[meeting "Asamblea"]
tracks = en, es, fr
booths = en-es, es-fr
default_language = es
interpreters = Iris, Ivan, Isa
moderators = Mona
air = act
levelling = off
turn_minutes = 0.3
"""


class ToldTest(SystemTest):
    """Each in the reader's language."""

    meeting = MEETING

    def setUp(self):
        self.server = self.start(self._testMethodName)  # where nothing has happened yet
        self.mona = self.client("Mona")
        self.floor, self.english, self.spanish, self.french, self.booth, self.second = (
            self.mona.channel(name)["channel_id"] for name in
            ("Asamblea", "English", "Español", "Français", "Booth en-es", "Booth es-fr"))
        self.mona.join(self.floor)

    def sit(self, name, channel, language=None):
        client = self.client(name)
        if language:
            client.command(f"!lang {language}")
        client.join(channel)
        return client

    def told(self, client, part, timeout_s=10, times=1):
        return client.until(lambda: sum(one["actor"] is None and part in one["message"]
                                        for one in client.texts) >= times,
                            timeout_s, lambda: f"{part!r} in {client.texts}")

    def count(self, client, part):
        client.barrier()
        return sum(part in one["message"] for one in client.texts)

    def test_a_handover_in_two_languages(self):
        iris, ivan = self.sit("Iris", self.booth, "fr"), self.sit("Ivan", self.booth, "ht")
        iris.command("!antenne")
        self.told(ivan, "Iris sou antèn.")
        iris.command("!relève")
        self.told(iris, "Vous demandez à votre collègue de continuer.")
        self.told(ivan, "Iris mande ou kontinye. Konfime ak !ranplase.")
        iris.command("!relève")
        self.told(iris, "Il n’y a plus de relève")
        self.told(ivan, "Pa gen ranplasman ankò")
        ivan.command("!ranplase")
        self.told(ivan, "Ou ofri pou kontinye.")
        self.told(iris, "Ivan propose de continuer. Confirmez avec !relève")
        iris.command("!relève")
        self.told(iris, "Finissez votre phrase : Ivan continue.")
        self.told(ivan, "yo tande ou deja, pandan Iris ap fini.")
        self.told(ivan, "🔴 Ou sou antèn")
        self.told(iris, "⚪ Vous n’êtes plus à l’antenne. Ivan est à l’antenne.")
        for word, part in (("antenne", "Votre collègue est à l’antenne"), ("quitter", "Vous n’êtes pas"),
                           ("vers xx", "« xx »"), ("relais en", "Cela n’a pas marché"),
                           ("relais auto", "Le relais se choisit"), ("vers en", "Personne ne parle")):
            with self.subTest(word):
                n = len(iris.texts)
                iris.command(f"!{word}")
                iris.until(lambda: any(part in one["message"] for one in iris.texts[n:]), 5,
                           lambda: f"{part} in {iris.texts[n:]}")

    def test_a_relay(self):
        iris, isa = self.sit("Iris", self.booth, "en"), self.sit("Isa", self.second, "en")
        for client in (iris, isa):
            client.command("!air")
        luis = self.sit("Luis", self.french)
        Talk().add(luis, speech("fr", 2.5)).run()
        self.told(isa, "You now work from Français into Español")
        self.told(iris, "Relay: you hear the interpretation into Español (hops: 1), about 2.0 s behind")
        self.assertEqual(self.count(isa, "Relay:"), 0)
        iris.command("!relay floor")
        self.told(iris, "You hear the floor itself, whatever is spoken there.")
        self.told(iris, "You hear the floor itself, without a relay.")
        iris.command("!relay auto")
        self.told(iris, "Relay: you hear the interpretation into Español", times=2)

    def test_what_nobody_interprets(self):
        ana, luis = self.sit("Ana", self.english), self.sit("Luis", self.spanish)
        self.sit("Rosa", self.english, "fr")
        self.mona.command("!lang pt")
        Talk().add(luis, speech("es", 2.0)).run()
        self.told(ana, "Nobody interprets into English")
        self.told(self.mona, "Ninguém interpreta para English. Pessoas que escutam aí: 2.")
        self.told(self.client_named("Rosa"), "Personne n’interprète vers English")
        iris = self.sit("Iris", self.booth, "en")
        iris.command("!air")
        Talk().add(luis, speech("es", 2.0)).add(iris, speech("en", 2.0), 1.0).run()
        self.told(self.mona, "Volta a haver interpretação para English.")
        iris.close()
        self.told(self.mona, "Iris estava no ar em «Booth en-es» e saiu.")
        Talk().add(luis, speech("es", 2.0)).run()
        self.assertEqual(self.count(ana, "Nobody interprets into English"), 1, "once in five minutes")
        self.assertEqual(self.count(self.mona, "Ninguém interpreta para English"), 1)

    def test_who_understands_is_not_told_and_who_comes_later_is(self):
        luis, ana, rosa = (self.sit(name, channel, "en") for name, channel in
                           (("Luis", self.spanish), ("Ana", self.english), ("Rosa", self.english)))
        rosa.command("!understand es")
        part = "Nobody interprets into English"
        Talk().add(luis, speech("es", 2.0)).run()
        self.told(ana, part)
        eva = self.sit("Eva", self.english, "en")
        self.mona.join(self.english)  # to her it has been told as a moderator
        Talk().add(luis, speech("es", 2.0)).run()
        self.told(eva, part)
        Talk().add(luis, speech("es", 2.0)).run()
        self.assertEqual([self.count(one, part) for one in (ana, eva, rosa, luis)], [1, 1, 0, 0])

    def test_a_moderator_who_understands(self):
        """Sits on the track, hears the original gladly, and still learns that others do not."""
        luis, ana = self.sit("Luis", self.spanish), self.sit("Ana", self.english, "en")
        self.mona.join(self.english)
        self.mona.command("!lang en")
        self.mona.command("!understand es")
        Talk().add(luis, speech("es", 2.0)).run()
        self.told(ana, "Nobody interprets into English at the moment")
        self.told(self.mona, "Nobody interprets into English. People who listen there: 2.")
        self.assertEqual(self.count(self.mona, "at the moment"), 0)

    def test_who_comes_into_a_booth(self):
        """Is told what it does now, as those were who sat there before; also when it rests."""
        iris = self.sit("Iris", self.booth, "en")
        self.told(iris, "You now work from Español into English.")
        iris.command("!air")
        ivan = self.sit("Ivan", self.booth, "es")
        self.told(ivan, "Ahora trabajas de Español a English")
        self.told(ivan, "Iris está al aire")
        self.assertEqual(self.count(iris, "You now work"), 1)
        for one in (ivan, iris):
            one.join(self.floor)
        luis = self.sit("Luis", self.french)
        Talk().add(luis, speech("fr", 2.5)).run()
        n = len(iris.texts)
        iris.join(self.booth)  # en-es, and French is spoken
        iris.until(lambda: any("Your booth rests" in one["message"] for one in iris.texts[n:]), 10,
                   lambda: iris.texts[n:])
        n = len(ivan.texts)
        isa = self.sit("Isa", self.second, "en")
        self.told(isa, "You now work from Français into Español.")
        self.told(iris, "Relay: you hear the interpretation into Español (hops: 1)")
        ivan.join(self.booth)
        self.told(ivan, "Relé: oyes la interpretación a Español (saltos: 1)")

    def test_on_air_without_a_microphone(self):
        iris = self.sit("Iris", self.booth, "en")
        iris.change(f9=1)
        iris.command("!air")
        self.told(iris, "🔴 You are on air, into English, but your microphone is off")
        iris.change(f9=0)
        iris.command("!off")
        iris.command("!air")
        self.told(iris, "🔴 You are on air, into English.")

    def client_named(self, name):
        return next(one for one in self.clients if one.name == name)

    def client(self, name="Ana", login=None, **options):
        client = super().client(name, login, **options)
        self.clients = [*getattr(self, "clients", []), client]
        return client

    def test_timer_and_cough(self):
        """Here 18 seconds on air are enough; 15 seconds of a cough are no choice."""
        iris, ivan = self.sit("Iris", self.booth, "en"), self.sit("Ivan", self.booth, "es")
        iris.command("!air")
        self.told(ivan, "Iris está al aire")
        iris.change(f9=1)
        self.told(ivan, "Tu pareja lleva 15 segundos en silencio", 25)
        self.told(iris, "You have been muted for 15 seconds: listeners hear the original again.")
        iris.change(f9=0)
        part = "Minutes on air: 0.3. With !handover you ask your partner to go on."
        self.told(iris, part, 20)
        self.told(ivan, "Iris está al aire; minutos: 0.3. Con !relevo te ofreces a seguir.")
