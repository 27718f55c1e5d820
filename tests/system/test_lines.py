# SPDX-License-Identifier: BSD-3-Clause
"""How rich each listener's sound is: by their line, by their wish, by rules of admins and moderators."""

import json
import time

from lib.observer import PING, SERVER_CONFIG
from lib.protobuf import last, text
from lib.sound import speech
from system.case import SystemTest, make_certificate
from system.client import Client
from system.talk import Talk
from system.test_admin import DONE, NOT_FOUND, USAGE, admin
from system.voice import Heard

MEETING = """
[meeting "Asamblea"]
tracks = en, es
booths = en-es
default_language = es
interpreters = Iris
moderators = Mona
air = act
levelling = off
"""
PLUGIN_DATA = 26
BLOCKS = {"full": 2, "standard": 2, "thin": 4, "minimum": 6, "lifeline": 6}  # of 10 ms, a packet
SPANISH = {"full": "completo", "standard": "estándar", "thin": "ligero", "minimum": "mínimo",
           "lifeline": "salvavidas"}
WEAK, GOOD = "Your line is weak", "Your line is good again"


class LinesCase(SystemTest):
    """A meeting of two languages; what is spoken is real speech."""

    meeting = MEETING
    keys = {"messagelimit": 1000, "messageburst": 1000}
    has_superuser = True

    def setUp(self):
        self.mona = self.client("Mona")
        self.floor, self.english, self.spanish, self.booth = (
            self.mona.channel(name)["channel_id"] for name in
            ("Asamblea", "English", "Español", "Booth en-es"))

    def sit(self, name, channel, **options):
        client = self.client(name, **options)
        client.join(channel)
        return client

    def admin(self, *words, expect=DONE):
        status, out, err = admin(self.server, *words)
        self.assertEqual(status, expect, f"{words}: {out}{err}")
        return out if expect == DONE else err

    def lines(self):
        """As moderators may ask: without a program of its own for each question."""
        answer = [text(fields, 3) for kind, fields in
                  self.mona.ask(PLUGIN_DATA, {3: b"lines", 4: "susurro.admin"}) if kind == PLUGIN_DATA]
        return {one["name"]: one for one in json.loads(answer[-1])["lines"]}

    def tier(self, name):
        return self.lines()[name]["tier"]

    def told(self, client, part, timeout_s=5):
        return client.until(lambda: [one["message"] for one in client.texts
                                     if one["actor"] is None and part in one["message"]],
                            timeout_s, lambda: f"{part!r} in {client.texts}")

    def speak(self, speaker, seconds, *calls):
        talk = Talk().add(speaker, speech("es", seconds))
        for at_s, act in calls:
            talk.call(at_s, act)
        talk.run()

    @staticmethod
    def drain(client, seconds=0.7):
        """What is still to come of what was said, and is not looked at."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            client.pump(max(0.0, until - time.monotonic()) + 0.001)
        return client.heard()

    def heard(self, client, n_least=1):
        """(name of whose voice it seems to be, packet) of all that has come."""
        packets = []

        def collect():
            packets.extend(Heard(packet) for packet in client.heard())
            return len(packets) >= n_least
        client.until(collect, 5, f"{n_least} packets")
        packets.extend(Heard(packet) for packet in self.drain(client))
        return [(client.users[packet.session]["name"], packet) for packet in packets]


class LinesTest(LinesCase):
    """Wishes, rules, reports."""

    # ---- the five tiers

    def test_every_tier_on_a_track(self):
        ana, luis = self.sit("Ana", self.spanish), self.sit("Luis", self.floor)
        for tier, blocks in BLOCKS.items():
            with self.subTest(tier):
                self.assertIn(SPANISH[tier], ana.command(f"!tier {tier}")[-1])
                self.drain(ana)
                self.speak(luis, 1.0)
                frames = [packet.frame for name, packet in self.heard(ana, 100 // blocks // 2)
                          if name == "Español 🎧"]
                self.assertEqual({b - a for a, b in zip(frames, frames[1:-1])}, {blocks}, frames)

    def test_low_and_auto(self):
        ana = self.sit("Ana", self.english)
        self.assertIn("“minimum”", ana.command("!low")[-1])
        self.assertEqual((self.tier("Ana"), self.lines()["Ana"]["why"]), ("minimum", "asked"))
        self.assertIn("“standard”", ana.command("!auto")[-1])
        self.assertEqual((self.tier("Ana"), self.lines()["Ana"]["why"]), ("standard", "meeting"))

    def test_tiers_in_all_languages(self):
        ana, luis = self.sit("Ana", self.english), self.sit("Luis", self.spanish)
        for word, tier in (("mínimo", "minimum"), ("minimo", "minimum"), ("salva-vidas", "lifeline"),
                           ("secours", "lifeline"), ("léger", "thin"), ("konplè", "full"),
                           ("padrão", "standard"), ("sekou", "lifeline")):
            self.assertIn(f"“{tier}”", ana.command(f"!tier {word}")[-1], word)
            self.assertIn(f"«{SPANISH[tier]}»", luis.command(f"!calidad {word}")[-1], word)
            lines = self.lines()
            self.assertEqual((lines["Ana"]["tier"], lines["Luis"]["tier"]), (tier, tier), word)
        self.assertIn("!calidad mínimo", luis.command("!help")[-1])
        self.assertIn("!tier minimum", ana.command("!help")[-1])

    def test_booths_get_all(self):
        iris, ana = self.sit("Iris", self.booth), self.sit("Ana", self.english)
        self.assertEqual((self.tier("Iris"), self.lines()["Iris"]["why"]), ("full", "booth"))
        self.admin("lines", "server", "max", "minimum")
        self.addCleanup(self.admin, "lines", "server", "max", "auto")
        self.assertEqual((self.tier("Iris"), self.tier("Ana")), ("full", "minimum"))
        self.assertEqual(self.lines()["Ana"]["why"], "cap")
        iris.command("!low")  # one's own wish counts there too
        self.assertEqual(self.tier("Iris"), "minimum")
        ana.barrier()

    # ---- the floor, direct and mixed

    def test_a_thin_floor_is_mixed(self):
        thin, full, luis = (self.sit(name, self.floor) for name in ("Tina", "Fausto", "Luis"))
        thin.command("!tier thin")
        thin.until(lambda: self.lines()["Tina"]["sound"] == "mixed", 5, "a mixed floor")
        self.speak(luis, 1.0)
        direct = self.heard(full, 50)
        self.assertEqual({name for name, _ in direct}, {"Luis"})
        self.assertEqual(len(direct), 50)
        mixed = self.heard(thin, 20)
        self.assertEqual({name for name, _ in mixed}, {"Asamblea 🎧"})
        frames = [packet.frame for _, packet in mixed]
        self.assertEqual({b - a for a, b in zip(frames, frames[1:-1])}, {4}, frames)
        thin.command("!auto")
        thin.until(lambda: self.lines()["Tina"]["sound"] == "direct", 5, "a direct floor")
        self.drain(thin)
        self.drain(full)
        self.speak(luis, 0.5)
        again = self.heard(thin, 25)
        self.assertEqual([packet.key()[2:] for _, packet in again],
                         [packet.key()[2:] for _, packet in self.heard(full, 25)])

    def test_change_in_mid_speech(self):
        thin, full, luis = (self.sit(name, self.floor) for name in ("Tina", "Fausto", "Luis"))
        self.speak(luis, 5.0, (1.0, lambda: thin.send(11, {3: self.floor, 5: "!low"})))
        heard = self.heard(thin, 30)
        names = [name for name, _ in heard]
        change = names.index("Asamblea 🎧")
        self.assertEqual((set(names[:change]), set(names[change:])), ({"Luis"}, {"Asamblea 🎧"}))
        self.assertGreaterEqual(change, 40)
        self.assertGreaterEqual(len(names) - change, 15)
        self.assertEqual(len(self.heard(full, 250)), 250)  # nobody else notices

    def test_who_speaks_is_not_sent_themselves(self):
        thin = self.sit("Tina", self.floor)
        thin.command("!low")
        thin.until(lambda: self.lines()["Tina"]["sound"] == "mixed", 5, "a mixed floor")
        self.speak(thin, 1.0)
        self.assertEqual(self.drain(thin), [])

    # ---- what clients report

    def report(self, client, good, lost, late=0):
        client.send(PING, {1: 1, 2: good, 3: late, 4: lost})
        client.barrier()

    def test_loss_steps_down_and_back(self):
        ana = self.sit("Ana", self.english)
        good = 1000
        self.report(ana, good, 0)
        time.sleep(1)  # shorter reports are added up
        good += 100
        self.report(ana, good, 10)
        self.told(ana, WEAK)
        line = self.lines()["Ana"]
        self.assertEqual((line["tier"], line["why"], line["loss_percent"]), ("thin", "loss", 9))
        since = time.monotonic()
        while not [one for one in ana.texts if GOOD in one["message"]]:
            self.assertLess(time.monotonic() - since, 40)
            time.sleep(1)
            good += 50
            self.report(ana, good, 10)
        self.assertGreaterEqual(time.monotonic() - since, 19)  # LADDER_UP_US
        self.assertEqual(len([one for one in ana.texts if WEAK in one["message"]]), 1)
        self.assertEqual((self.tier("Ana"), self.lines()["Ana"]["why"]), ("standard", "meeting"))

    def test_a_pin_is_not_moved(self):
        ana = self.sit("Ana", self.english)
        self.admin("line", "Ana", "full")
        self.report(ana, 1000, 0)
        time.sleep(1)
        self.report(ana, 1100, 100)
        self.assertEqual((self.tier("Ana"), self.lines()["Ana"]["why"]), ("full", "pin"))

    # ---- rules

    def test_moderators_fix_it(self):
        ana = self.sit("Ana", self.english)
        self.mona.join(self.english)
        self.assertTrue(ana.command("!line Mona lifeline"))  # an explanation
        self.assertEqual(self.tier("Mona"), "standard")
        self.assertIn("Ana", self.mona.command("!line Ana lifeline")[-1])
        self.told(ana, "has fixed your sound: “lifeline”")
        self.assertEqual((self.tier("Ana"), self.lines()["Ana"]["why"]), ("lifeline", "pin"))
        self.mona.command("!line Ana auto")
        self.assertEqual(self.tier("Ana"), "standard")
        self.assertTrue(self.mona.command("!line Ana huge"))
        self.assertEqual(self.tier("Ana"), "standard")

    def test_rules_of_all_kinds(self):
        ana, beto = self.sit("Ana", self.english), self.sit("Beto", self.spanish)
        for who, tiers in (("meeting Asamblea", ("thin", "thin")),
                           ("channel Asamblea/English", ("thin", "standard")),
                           ("group !auth", ("thin", "thin")), ("user beto", ("standard", "thin")),
                           ("meeting Other", ("standard", "standard"))):
            with self.subTest(who):
                self.admin("lines", who, "max", "thin")
                self.assertEqual((self.tier("Ana"), self.tier("Beto")), tiers)
                self.assertIn(f"{who} max thin", self.admin("lines", "rules"))
                self.admin("lines", who, "max", "auto")
                self.assertEqual((self.tier("Ana"), self.tier("Beto")), ("standard", "standard"))
        for words, error in ((("lines", "everybody", "max", "thin"), USAGE),
                             (("lines", "server", "max", "huge"), USAGE),
                             (("lines", "server", "send", "20"), USAGE),
                             (("line", "Nobody", "thin"), NOT_FOUND)):
            with self.subTest(words):
                self.admin(*words, expect=error)
        ana.barrier()
        beto.barrier()

    def test_others_may_not(self):
        ana = self.sit("Ana", self.english)

        def ask(client, question):
            answers = [text(fields, 3) for kind, fields in
                       client.ask(PLUGIN_DATA, {3: question, 4: "susurro.admin"})
                       if kind == PLUGIN_DATA]
            return json.loads(answers[-1])
        for question in (b"lines", b"line Ana thin", b"lines server max thin"):
            self.assertEqual(ask(ana, question)["error"], "refused")
        self.assertEqual([one["name"] for one in ask(self.mona, b"lines")["lines"]], ["Ana"])
        self.assertTrue(ask(self.mona, b"line Ana thin")["ok"])
        self.assertEqual(ask(self.mona, b"line Mona thin")["error"], "refused")  # in no meeting
        self.assertEqual(ask(self.mona, b"lines server max thin")["error"], "refused")
        self.assertEqual(self.tier("Ana"), "thin")

    def test_what_one_sends(self):
        ana = self.sit("Ana", self.english)
        before = len(ana.kinds(SERVER_CONFIG))

        def told():
            ana.barrier()
            return [last(one, 1) for one in ana.kinds(SERVER_CONFIG)[before:]]
        self.admin("line", "Ana", "send", "24")
        self.assertEqual(told(), [24000])
        self.told(ana, "no more than 24 kbit/s")
        self.admin("line", "Ana", "send", "16")  # at most one a minute
        self.assertEqual(told(), [24000])
        self.assertEqual(self.lines()["Ana"]["send_kbps"], 24)
        iris = self.sit("Iris", self.booth)
        before_iris = len(iris.kinds(SERVER_CONFIG))
        self.admin("lines", "server", "send", "16")
        self.addCleanup(self.admin, "lines", "server", "send", "auto")
        iris.barrier()
        self.assertEqual(len(iris.kinds(SERVER_CONFIG)), before_iris)

    def test_the_table(self):
        ana = self.sit("Ana", self.english)
        ana.barrier()
        line = self.lines()["Ana"]
        self.assertEqual((line["family"], line["transport"], line["meeting"], line["sound"]),
                         ("IPv4", "TCP", "Asamblea", "mixed"))
        table = self.admin("lines")
        for word in ("Ana", "standard", "loss %", "out kbit/s"):
            self.assertIn(word, table)


class KeptLinesTest(LinesCase):
    """Rules about registered people, and general ones, are there after a restart."""

    keys = {"lines": "server max standard"}

    def lines(self):
        return {one["name"]: one for one in json.loads(self.admin("--json", "lines"))["lines"]}

    def test_restart(self):
        certificate = make_certificate(self.directory, "ana")
        ana = self.sit("Ana", self.english, certificate=certificate)
        self.admin("user", "register", "Ana")
        self.assertIn("server max standard", self.admin("lines", "rules"))  # of the file
        self.admin("line", "Ana", "minimum")
        self.admin("lines", 'meeting Asamblea', "max", "thin")
        rules = self.admin("lines", "rules")
        ana.close()
        self.assertEqual(self.server.stop(), 0)
        self.server.run()
        self.assertEqual(self.admin("lines", "rules"), rules)
        ana, beto = Client(self.server.port, "Ana", certificate=certificate), Client(
            self.server.port, "Beto")
        for client in (ana, beto):
            self.addCleanup(client.close)
            client.connect().join(self.english)
        self.assertEqual((self.tier("Ana"), self.tier("Beto")), ("minimum", "thin"))
        self.admin("line", "Ana", "auto")
        self.assertEqual(self.tier("Ana"), "thin")
