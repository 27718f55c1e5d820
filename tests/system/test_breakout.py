# SPDX-License-Identifier: BSD-3-Clause
"""Breakout groups: made, joined late, left, taken away; and everybody back where they were."""

from lib.observer import CHANNEL_STATE, TEXT_MESSAGE
from lib.sound import speech
from system import voice
from system.client import CHANNEL_REMOVE
from system.talk import Talk
from system.test_queue import QueueCase


class BreakoutCase(QueueCase):
    """Six people on the floor and two tracks, an interpreter in each of two booths, two moderators."""

    has_superuser = True

    def setUp(self):
        super().setUp()
        self.people = {"Ana": self.spanish, "Luis": self.spanish, "Bob": self.english,
                       "Eve": self.english, "Rosa": self.floor, "Tom": self.english}
        self.clients = {"Ana": self.ana, "Luis": self.luis, "Bob": self.bob}
        for name, channel in self.people.items():
            if name not in self.clients:
                self.clients[name] = self.client(name)
            if self.clients[name].here() != channel:
                self.clients[name].join(channel)
        self.iris, self.ivan = self.client("Iris"), self.client("Ivan")
        self.iris.join(self.booth)
        self.ivan.join(self.second)
        self.all = [*self.clients.values(), self.iris, self.ivan, self.mona]
        self.settle()

    def settle(self):
        for client in self.all:
            if not client.is_closed:
                client.barrier()

    def groups(self):
        """{channel's name: names of those who sit in it or beneath it}, of all groups."""
        self.settle()
        mona = self.mona
        own = {one["channel_id"] for one in mona.channels.values()
               if one.get("parent") == self.floor and one["name"].startswith("Grupo")}
        found = {mona.channels[one]["name"]: set() for one in own}
        for user in mona.users.values():
            at = user["channel_id"]
            while at and at not in own:
                at = mona.channels[at].get("parent")
            if at and "🎧" not in user["name"]:
                found[mona.channels[at]["name"]].add(user["name"])
        return found

    def assert_all_where_they_were(self, but=()):
        self.settle()
        where = {name: self.clients[name].here() for name in self.people if name not in but}
        self.assertEqual(where, {name: at for name, at in self.people.items() if name not in but})
        self.assertEqual((self.iris.here(), self.ivan.here(), self.mona.here()),
                         (self.booth, self.second, self.floor))
        self.assertEqual(self.groups(), {})


class BreakoutTest(BreakoutCase):
    """Groups with their own voices."""

    def test_at_random_and_back(self):
        self.assertEqual(self.mona.command("!grupos 4")[-1],
                         "Grupos: 4. Personas: 6. Escribe !regreso para que vuelvan.")
        groups = self.groups()
        self.assertEqual(sorted(groups), ["Grupo 1", "Grupo 2", "Grupo 3", "Grupo 4"])
        self.assertEqual(sorted(len(names) for names in groups.values()), [1, 1, 2, 2])
        self.assertEqual(set().union(*groups.values()), set(self.people))
        self.told(self.bob, "You are in “Grupo")  # the channel's name is the meeting's language
        self.told(self.ana, "Ahora estás en «Grupo")
        self.assertIn("Personas que volvieron: 6", self.mona.command("!regreso")[-1])
        self.told(self.bob, "you are back in the meeting")
        self.told(self.ana, "estás de vuelta")
        self.assert_all_where_they_were()
        self.assertIn("No hay grupos", self.mona.command("!back")[0])

    def test_mixed(self):
        self.mona.command("!breakout 3 mixed")
        english = {"Bob", "Eve", "Tom"}
        for names in self.groups().values():
            self.assertEqual((len(names), len(names & english)), (2, 1))
        self.mona.command("!back")
        self.assert_all_where_they_were()

    def test_by_language(self):
        self.assertIn("Grupos: 2. Personas: 6", self.mona.command("!grupos idiomas")[-1])
        self.assertEqual(self.groups(), {"Grupo English": {"Bob", "Eve", "Tom"},
                                         "Grupo Español": {"Ana", "Luis", "Rosa"}})
        self.mona.command("!back")
        self.assert_all_where_they_were()

    def test_by_hand(self):
        self.assertIn("Ana está ahora en «Grupo 2»", self.mona.command("!grupos Ana 2")[-1])
        self.mona.command("!grupos Iris 2")
        self.mona.command("!grupos Bob 1")
        self.assertEqual(self.groups(), {"Grupo 1": {"Bob"}, "Grupo 2": {"Ana", "Iris"}})
        self.mona.command("!grupos Ana 1")  # and Ana's seat is still the first
        self.assertEqual(self.groups(), {"Grupo 1": {"Ana", "Bob"}, "Grupo 2": {"Iris"}})
        self.mona.command("!back")
        self.assert_all_where_they_were()

    def test_a_voice_stays_in_its_group(self):
        self.mona.command("!grupos Ana 1")
        self.mona.command("!grupos Bob 1")
        self.mona.command("!grupos Eve 2")
        self.settle()
        for client in (self.bob, self.clients["Eve"], self.luis):
            client.heard()
        self.ana.tunnel(voice.legacy(0, b"\x00" * 20))
        self.bob.until(self.bob.heard, 5, "Ana's voice in the group")
        for client in (self.clients["Eve"], self.luis):
            client.barrier()
            self.assertEqual(client.heard(), [])
        self.mona.command("!back")

    def test_refused(self):
        for line, part in (("!breakout", "Escribe !grupos 4"), ("!breakout 0", "de 1 a 32"),
                           ("!breakout 1000", "de 1 a 32"), ("!breakout 33", "de 1 a 32"),
                           ("!breakout 99999999999999999999", "de 1 a 32"),
                           ("!breakout 4 nada", "Escribe !grupos"), ("!breakout mixed", "Escribe"),
                           ("!breakout 3 languages", "Escribe"),
                           ("!breakout Ana", "Escribe !grupos"), ("!breakout Ana 0", "de 1 a 32"),
                           ("!breakout Ana 33", "de 1 a 32"), ("!breakout Ana x", "de 1 a 32"),
                           ("!breakout Nadie 2", "Aquí no hay nadie"), ("!back", "No hay grupos")):
            with self.subTest(line):
                answers = self.mona.command(line)
                self.assertEqual(len(answers), 1, answers)
                self.assertIn(part, answers[0])
        for line in ("!breakout 2", "!breakout Ana 2", "!back"):
            self.assertIn("Only moderators", self.bob.command(line)[0])
        self.assertEqual(self.groups(), {})
        self.assert_all_where_they_were()

    def test_twice(self):
        self.mona.command("!breakout 2")
        self.assertIn("Ya hay grupos", self.mona.command("!breakout 3")[-1])
        self.assertEqual(len(self.groups()), 2)
        self.mona.command("!back")
        self.assert_all_where_they_were()

    def test_more_groups_than_people(self):
        self.mona.command("!breakout 32")
        self.assertEqual(len(self.groups()), 32)
        self.mona.command("!back")
        self.assert_all_where_they_were()

    def test_people_come_and_go(self):
        """Somebody leaves, somebody comes late, somebody walks out, and the moderator is gone."""
        self.mona.command("!breakout 2")
        self.clients["Tom"].close()
        self.settle()
        group = self.ana.here()
        late = self.client("Late")
        self.all.append(late)
        late.join(group)
        self.bob.join(0)
        self.luis.join(self.english)  # chooses another language instead
        self.mona.close()
        max_ = self.client("Max")
        max_.join(self.floor)
        self.mona = max_
        self.all.append(max_)
        answers = max_.command("!back")
        self.assertIn("Personas que volvieron: 4", answers[-1])  # Ana, Eve, Rosa, Late
        self.settle()
        self.assertEqual((late.here(), self.bob.here(), self.luis.here()),
                         (self.floor, 0, self.english))
        self.assert_all_where_they_were(but=("Tom", "Bob", "Luis"))

    def test_a_session_number_is_nobody_elses(self):
        """Whoever gets the number of one who left does not get their seat."""
        self.mona.command("!breakout 1")
        self.settle()
        group = self.ana.here()
        for _ in range(3):
            self.clients["Tom"].close()
            self.clients["Tom"] = self.client("Tom")
            self.clients["Tom"].join(group)
        self.all.append(self.clients["Tom"])
        self.mona.command("!back")
        self.settle()
        self.assertEqual(self.clients["Tom"].here(), self.floor)

    def test_a_group_is_deleted_by_hand(self):
        root = self.superuser()
        self.mona.command("!breakout 2")
        before = self.groups()
        gone, kept = sorted(before)
        channel = self.mona.channel(gone)["channel_id"]
        root.ask(CHANNEL_REMOVE, {1: channel})
        self.assertEqual(self.groups(), {kept: before[kept]})
        # A channel that is not ours gets the number, and stays what it is.
        root.ask(CHANNEL_STATE, {2: 0, 3: "Otro"})
        other = root.channel("Otro")["channel_id"]
        self.bob.join(other)
        self.mona.command("!back")
        self.settle()
        self.assertEqual(self.bob.here(), other)
        self.assertEqual(self.groups(), {})
        root.ask(CHANNEL_REMOVE, {1: other})

    def test_groups_vanish_with_the_last(self):
        self.mona.command("!grupos Ana 1")
        self.ana.join(self.english)
        self.assertEqual(self.groups(), {})
        self.mona.command("!grupos Ana 1")  # from where she is now
        self.mona.command("!back")
        self.ana.barrier()
        self.assertEqual(self.ana.here(), self.english)

    def test_the_tools_reach_the_groups(self):
        """Votes, notices and raised hands, in each one's language."""
        self.mona.command("!limit 60")
        self.ana.command("!hand")
        self.mona.command("!breakout 2")
        self.mona.command("!notice es: Cinco minutos / en: Five minutes")
        self.assertIn("Five minutes", self.told(self.bob, "📣"))
        self.assertIn("Cinco minutos", self.told(self.ana, "📣"))
        self.mona.command("!poll en: Back? / Yes / No / es: ¿Volvemos? / Sí / No")
        self.told(self.bob, "Back?")
        self.assertIn("Tu voto: Sí", self.ana.command("!vote 1")[0])
        self.assertIn("Your vote: Yes", self.bob.command("!vote 1")[0])
        self.mona.command("!poll close")
        self.told(self.ana, "está cerrado. Votos: 2")
        self.assertIn("Ana", self.mona.command("!queue")[0])  # her hand is still up
        self.assertIn("Nadie ha pedido", self.mona.command("!next")[0])  # but she is not here
        self.mona.command("!back")
        self.mona.command("!next")
        self.told(self.ana, "ya puedes hablar")
        self.assert_all_where_they_were()

    def test_a_turn_ends_with_the_groups(self):
        self.mona.command("!give Ana")
        self.mona.command("!breakout 2")
        self.told(self.ana, "Tu turno ha terminado")
        self.assertIn("Nadie espera", self.mona.command("!queue")[0])
        self.mona.command("!back")
        self.assert_all_where_they_were()

    def test_a_moderator_in_a_group_ends_them(self):
        self.mona.command("!breakout 2")
        self.settle()
        self.mona.join(self.ana.here())
        self.assertIn("Personas que volvieron: 7", self.mona.command("!back")[-1])
        self.settle()
        self.assertEqual(self.mona.here(), self.floor)


class InterpretedTest(BreakoutCase):
    """Groups that are meetings of their own."""

    def test_with_interpreters(self):
        answers = self.mona.command("!breakout 2 interpreters")
        self.assertIn("Grupos: 2. Personas: 6", answers[-2])
        self.assertIn("Sin intérprete: Grupo 2", answers[-1])  # one interpreter a booth: group 1
        groups = self.groups()
        self.assertEqual(sorted(len(names) for names in groups.values()), [3, 5])
        names = {channel["channel_id"]: channel["name"] for channel in self.mona.channels.values()}
        self.assertEqual(names[self.bob.here()], "English")
        self.assertEqual(names[self.ana.here()], "Español")
        self.assertEqual(names[self.iris.here()], "Booth en-es")
        self.assertNotIn(self.bob.here(), (self.english, self.floor))
        inner = self.mona.channels[self.mona.users[self.iris.session]["channel_id"]]["parent"]
        self.assertEqual(names[inner], "Grupo 1")
        self.settle()
        for name in ("Ana", "Bob"):  # dealt at random: somebody who speaks, and who needs it interpreted
            self.mona.command(f"!breakout {name} 1")
        self.settle()
        self.iris.command("!aire")
        self.told(self.iris, "Estás al aire")
        self.assert_interpreted(inner)
        self.assertIn("number 1", self.bob.command("!hand")[0])
        self.mona.command("!notice Cinco minutos")
        for client in (self.bob, self.iris, self.ana):
            self.told(client, "Cinco minutos")
        self.mona.join(inner)
        self.assertIn("Personas que volvieron: 9", self.mona.command("!back")[-1])
        self.assert_all_where_they_were()
        self.assertEqual([one["name"] for one in self.mona.users.values()
                          if one["name"].count("🎧") and "Grupo" in one["name"]], [])

    def assert_interpreted(self, inner):
        """Who of the group sits on a track hears its voice; the other group, and the meeting, nothing."""
        here = {name for name in self.people if self.mona.channels[self.clients[name].here()]["parent"]
                == inner or self.clients[name].here() == inner}
        speaker = self.clients[next(name for name in ("Ana", "Luis") if name in here)]
        listener = self.clients[next(name for name in ("Bob", "Eve", "Tom") if name in here)]
        voices = {user["channel_id"]: user["session"] for user in self.mona.users.values()
                  if "🎧" in user["name"]}
        for client in self.all:
            client.heard()
        Talk().add(speaker, speech("es", 2)).add(self.iris, speech("en", 2), 1.0).run()
        track = voices[listener.here()]
        heard = listener.until(listener.heard, 10, "the track's voice in the group")
        self.assertIn(track, {voice.Heard(packet).session for packet in heard})
        for name in set(self.people) - here:
            self.clients[name].barrier()
            self.assertEqual(self.clients[name].heard(), [], name)

    def test_nobody_is_in_the_booths(self):
        self.iris.join(self.floor)
        self.ivan.join(self.floor)
        self.assertIn("No hay intérpretes en las cabinas",
                      self.mona.command("!breakout 2 interpreters")[-1])

    def test_too_many(self):
        """No room for so many voices: nothing is left behind."""
        self.assertIn("no tiene lugar", self.mona.command("!breakout 32 interpreters")[-1])
        self.assertIn("No hay grupos", self.mona.command("!back")[-1])
        self.assert_all_where_they_were()

    def test_deleted_by_hand(self):
        root = self.superuser()
        self.mona.command("!breakout 2 interpreters")
        for name in ("Grupo 2", "Grupo 1"):
            root.ask(CHANNEL_REMOVE, {1: self.mona.channel(name)["channel_id"]})
        self.settle()
        self.assertEqual(self.groups(), {})
        self.assertEqual({client.here() for client in self.clients.values()}, {self.floor})
        self.assertIn("No hay grupos", self.mona.command("!back")[0])


class EndingTest(BreakoutCase):
    """A track of the meeting is deleted while people are in groups."""

    def test_a_track_is_deleted(self):
        root = self.superuser()
        self.mona.command("!breakout 2 interpreters")
        root.ask(CHANNEL_REMOVE, {1: self.spanish})
        self.settle()
        for client in self.all:
            client.send(TEXT_MESSAGE, {3: client.here(), 5: "!back"})
            client.barrier()
        root.ask(CHANNEL_REMOVE, {1: self.floor})
        self.settle()
        self.assertEqual({client.here() for client in self.all}, {0})
