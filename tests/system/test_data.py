# SPDX-License-Identifier: BSD-3-Clause
"""How much data each one costs, kept by the month; and a ceiling for all together, shared fairly."""

import json
import time

from lib.observer import PING
from system.case import make_certificate
from system.client import Client
from system.test_admin import USAGE
from system.test_lines import LinesCase

HELD = "this server may not send more"
ORDER = ["full", "standard", "thin", "minimum", "lifeline"]
TUNNEL_BYTES = 6 + 22 + 52  # of a packet: the frame's head, TLS, TCP over IPv4


class DataTest(LinesCase):
    """Bytes as they are on the wire."""

    def look(self, *clients):
        """Counters come with Pings."""
        for client in clients:
            client.send(PING, {1: 1})
            client.barrier()

    def test_bytes_are_counted_and_told(self):
        ana, luis = self.sit("Ana", self.english), self.sit("Luis", self.floor)
        self.look(ana, luis)
        before = self.lines()
        self.speak(luis, 3.0)
        packets = [packet for _, packet in self.heard(ana, 50)]
        self.look(ana, luis)
        after = self.lines()
        expected = sum(len(packet.payload) + 8 + TUNNEL_BYTES for packet in packets)
        got = after["Ana"]["voice_out_bytes"] - before["Ana"]["voice_out_bytes"]
        self.assertLess(abs(got - expected), 0.05 * expected, (got, expected))
        self.assertGreater(after["Luis"]["voice_in_bytes"], 150 * (TUNNEL_BYTES + 20))
        self.assertEqual(after["Luis"]["voice_out_bytes"], before["Luis"]["voice_out_bytes"])
        self.assertGreater(after["Ana"]["control_out_bytes"], before["Ana"]["control_out_bytes"])
        for line in after.values():
            self.assertEqual(line["in_bytes"], line["voice_in_bytes"] + line["control_in_bytes"])
        texts = ana.command("!data")
        self.assertIn(f"Since you came: {after['Ana']['out_bytes'] // 1000 // 10}", texts[0])
        self.assertRegex(texts[1], r"An hour of speech is about \d+\.\d MB for you now \(“standard”\)")
        self.assertEqual(len(texts), 2, texts)  # nothing is kept of guests

    def test_months_are_kept(self):
        certificate = make_certificate(self.directory, "rita")
        rita = self.sit("Rita", self.english, certificate=certificate)
        self.admin("user", "register", "Rita")
        self.speak(rita, 1.0)
        self.look(rita)
        self.assertTrue(any("This month: " in one for one in rita.command("!data")))

        def month(*words):
            return {one["name"] or "": one for one in
                    json.loads(self.admin("--json", "lines", "data", *words))["data"]}
        before = month()
        self.assertGreater(before["Rita"]["voice_in_bytes"], 5000)
        self.assertGreaterEqual(before[""]["voice_in_bytes"], before["Rita"]["voice_in_bytes"])
        rita.close()
        self.mona.close()
        self.assertEqual(self.server.stop(), 0)
        self.server.run()
        after = month(time.strftime("%Y-%m", time.gmtime()))
        for name in ("Rita", ""):
            for key in ("voice_in_bytes", "voice_out_bytes", "control_in_bytes", "control_out_bytes"):
                self.assertGreaterEqual(after[name][key], before[name][key], (name, key))
        self.assertEqual(month("2001-01")[""]["voice_in_bytes"], 0)
        self.admin("lines", "data", "2001-13", expect=USAGE)
        again = Client(self.server.port, "Rita", certificate=certificate)
        self.addCleanup(again.close)
        again.connect().join(self.english)
        self.assertTrue(any("This month: " in one for one in again.command("!data")))


class CeilingTest(LinesCase):
    """What goes to all together stays beneath it."""

    def shares(self, names):
        lines = self.lines()
        return [(lines[name]["tier"], lines[name]["why"]) for name in names]

    def test_the_ceiling_is_shared(self):
        names = ["Ana", "Beto", "Caro", "Dora"]
        people = [self.sit(name, self.spanish) for name in names]
        iris, luis = self.sit("Iris", self.booth), self.sit("Luis", self.floor)
        fixed = self.sit("Fausto", self.spanish)
        self.mona.command("!line Fausto standard")
        self.speak(luis, 1.0)
        self.assertEqual(set(self.shares(names)), {("standard", "meeting")})
        self.admin("lines", "server", "ceiling", "270")
        self.addCleanup(self.admin, "lines", "server", "ceiling", "auto")
        people[0].until(lambda: ("thin", "ceiling") in self.shares(names), 5, "somebody steps down")
        tiers = [ORDER.index(tier) for tier, _ in self.shares(names)]
        self.assertLessEqual(max(tiers) - min(tiers), 1, tiers)
        self.assertEqual(tiers, sorted(tiers))  # who came last is the first to give way
        self.assertIn("server ceiling 270", self.admin("lines", "rules"))
        seen = json.loads(self.admin("--json", "lines"))
        self.assertEqual(seen["server"][0]["ceiling_kbps"], 270)
        self.assertGreater(seen["server"][0]["held"], 0)
        self.assertEqual(set(seen["lines"][0]), set(self.lines()["Iris"]))  # all that the server tells
        self.assertIn("held down by it", self.admin("lines"))
        for who, tier in (("Iris", "full"), ("Fausto", "standard")):
            self.assertEqual(self.lines()[who]["tier"], tier)
        self.told(people[3], "este servidor no puede enviar más")
        self.admin("lines", "server", "ceiling", "100")
        people[0].until(lambda: {tier for tier, _ in self.shares(names)} == {"lifeline"}, 5, "all give way")
        self.assertEqual(self.lines()["Iris"]["tier"], "full")
        for person in people:
            person.barrier()
            said = [one["message"] for one in person.texts if "no puede enviar más" in one["message"]]
            self.assertEqual(len(said), 1, person.name)
        iris.barrier()
        self.assertFalse([one for one in iris.texts if HELD in one["message"] or "enviar más" in one["message"]])
        self.admin("lines", "server", "ceiling", "auto")
        people[0].until(lambda: set(self.shares(names)) == {("standard", "meeting")}, 5, "all as before")
        self.told(people[0], "Vuelve a haber sitio")
        self.admin("lines", "server", "ceiling", "much", expect=USAGE)
        fixed.barrier()
