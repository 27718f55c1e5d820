# SPDX-License-Identifier: BSD-3-Clause
"""The speaking queue: hands, turns, the sign to begin, time limits; in two languages, with real sound."""

from lib.observer import TEXT_MESSAGE
from lib.sound import speech
from system.talk import Talk
from system.test_display import Console, DisplayCase

MEETING = """
[meeting "Asamblea"]
tracks = en, es, fr
booths = en-es, es-fr
default_language = es
interpreters = Iris, Ivan
moderators = Mona, Max
air = act
levelling = off
"""
HANDS_EVERY_S = 5  # moderators are told of hands at most this often
DRAIN_S = 8  # the sign waits for the interpreters at most so long


class QueueCase(DisplayCase):
    """Ana and Luis in Spanish, Bob in English; Mona moderates on the floor, in Spanish."""

    meeting = MEETING

    def setUp(self):
        super().setUp()
        self.ana.join(self.spanish)
        self.luis, self.bob, self.mona = (self.client(name) for name in ("Luis", "Bob", "Mona"))
        self.luis.join(self.spanish)
        self.bob.join(self.english)
        self.mona.join(self.floor)
        for client in (self.ana, self.luis, self.bob, self.mona):
            client.barrier()

    def told(self, client, part, timeout_s=10):
        """Wait for a text of the server's that holds this part, and has not been waited for yet."""
        def found():
            for one in client.texts[getattr(client, "n_read", 0):]:
                if one["actor"] is None and part in one["message"]:
                    return one["message"]
            return None
        message = client.until(found, timeout_s, lambda: f"{part!r} in {client.texts[-4:]}")
        client.n_read = len(client.texts)
        return message

    def untold(self, client, part):
        """That nobody has said this to them."""
        client.barrier()
        self.assertEqual([one for one in client.texts if part in one["message"]], [])


class QueueTest(QueueCase):
    """Whose turn it is."""

    def test_first_come_first_served(self):
        self.assertIn("Tu lugar en la lista: 1", self.ana.command("!mano")[0])
        self.assertIn("Esperan la palabra: Ana", self.told(self.mona, "✋"))
        self.assertIn("number 2", self.bob.command("!hand")[0])
        self.assertIn("number 2", self.bob.command("!hand")[0])  # it is up
        self.assertIn("number 3", self.told_place(self.luis))
        listed = self.luis.command("!lista")
        self.assertIn("Ana, Bob, Luis", listed[-1])
        self.assertIn("Ana tiene la palabra", self.mona.command("!siguiente")[-1])
        self.told(self.ana, "ya puedes hablar")
        self.assertIn("Ya tienes la palabra", self.ana.command("!mano")[0])
        self.assertIn("Bob tiene la palabra", self.mona.command("!next")[-1])
        self.told(self.ana, "Tu turno ha terminado")
        self.told(self.bob, "you may speak now")
        self.mona.command("!next")
        self.assertIn("Nadie espera", self.mona.command("!next")[-1])
        self.assertIn("Nadie ha pedido la palabra", self.mona.command("!next")[-1])

    def told_place(self, client):
        client.command("!lang en")
        answer = client.command("!hand")[0]
        client.command("!lang es")
        return answer

    def test_down(self):
        self.ana.command("!hand")
        self.assertIn("Ya no pides", self.ana.command("!bajar")[0])
        self.assertIn("No has pedido", self.ana.command("!down")[0])
        self.assertIn("Nadie espera la palabra", self.ana.command("!queue")[0])
        self.bob.command("!hand")
        self.mona.command("!next")
        self.assertIn("Your turn has ended", self.bob.command("!down")[0])
        self.told(self.mona, "Bob ha terminado")
        self.assertIn("Nobody waits", self.bob.command("!queue")[0])

    def test_out_of_turn(self):
        self.ana.command("!hand")
        self.mona.command("!next Bob")
        self.told(self.bob, "you may speak now")
        self.mona.command("!dar Luis")
        self.told(self.luis, "ya puedes hablar")
        for line, part in (("!give Nobody", "Aquí no hay nadie"), ("!give", ""), ("!next Iris", "")):
            answers = self.mona.command(line)
            self.assertEqual(len(answers), 1, answers)
            self.assertIn(part, answers[0])
        self.assertIn("Luis tiene la palabra", self.mona.command("!queue")[0])

    def test_not_from_elsewhere(self):
        """From a booth and from outside nobody speaks on the floor."""
        iris, rosa = self.client("Iris"), self.client("Rosa")
        iris.join(self.booth)
        self.assertIn("cabina", iris.command("!hand")[0])
        self.assertIn("Enter “Asamblea” first", rosa.command("!hand")[0])
        for name in ("Iris", "Rosa"):
            self.assertIn("ni en la sala", self.mona.command(f"!give {name}")[0])
        iris.join(self.spanish)
        iris.command("!hand")
        iris.join(self.booth)
        self.assertIn("Nadie espera", self.mona.command("!queue")[0])
        iris.join(self.spanish)
        self.mona.command("!give Iris")
        self.told(iris, "ya puedes hablar")
        iris.join(self.booth)
        self.told(iris, "Tu turno ha terminado")
        self.assertIn("Nadie espera", self.mona.command("!queue")[0])

    def test_only_moderators(self):
        self.ana.command("!hand")
        for line in ("!next", "!next Bob", "!give Bob", "!stacking on", "!limit 120"):
            with self.subTest(line):
                self.assertIn("Only moderators", self.bob.command(line)[0])
        self.assertIn("Ana", self.bob.command("!queue")[0])

    def test_progressive_stacking(self):
        self.mona.command("!give Ana")
        self.ana.command("!down")
        self.ana.command("!hand")
        self.bob.command("!hand")
        self.assertIn("Ana, Bob", self.mona.command("!queue")[0])
        self.assertIn("quien ha hablado menos", self.mona.command("!progresiva sí")[0])
        self.assertIn("Bob, Ana", self.mona.command("!queue")[0])
        self.assertIn("quien ha hablado menos", self.mona.command("!stacking")[0])
        self.assertIn("quien pide primero", self.mona.command("!stacking off")[0])
        self.assertIn("Ana, Bob", self.mona.command("!queue")[0])

    def test_out_and_in_again(self):
        """Nobody gets to the head of a progressive queue by leaving the meeting for a moment."""
        self.mona.command("!stacking on")
        self.mona.command("!give Bob")
        self.bob.command("!down")
        self.bob.join(0)
        self.bob.join(self.english)
        self.bob.command("!hand")
        self.ana.command("!hand")
        self.assertIn("Ana, Bob", self.mona.command("!queue")[0])
        self.mona.command("!stacking off")

    def test_leaving(self):
        for client in (self.ana, self.bob, self.luis):
            client.command("!hand")
        self.mona.command("!next")
        self.bob.join(0)
        self.ana.close()
        self.told(self.mona, "Ana ha terminado")
        self.assertEqual(self.mona.command("!queue")[0], "✋ Esperan la palabra: Luis.")
        self.bob.join(self.english)
        self.assertIn("Luis.", self.mona.command("!queue")[0])

    def test_moderators_are_not_flooded(self):
        for _ in range(20):
            self.ana.command("!hand")
            self.ana.command("!down")
        self.ana.command("!hand")
        self.bob.command("!hand")
        self.mona.barrier()
        told = [one for one in self.mona.texts if "Esperan la palabra" in one["message"]]
        self.assertLessEqual(len(told), 2, told)
        self.told(self.mona, "Ana, Bob", HANDS_EVERY_S + 5)

    def test_what_is_shown(self):
        console = self.console("Max", self.floor)
        self.ana.command("!hand")
        self.bob.command("!hand")
        state = console.until(lambda one: len(one["queue"]) == 2)
        self.assertEqual([one["name"] for one in state["queue"]], ["Ana", "Bob"])
        self.assertIsNone(state["speaker"])
        self.until_described(self.luis, self.floor, "Esperan la palabra: Ana, Bob")
        self.mona.command("!limit 90")
        self.mona.command("!next")
        state = console.until(lambda one: one["speaker"])
        self.assertEqual((state["speaker"]["name"], state["speaker"]["limit_s"],
                          state["speaker"]["seconds"], state["speaker"]["speaking"]),
                         ("Ana", 90, 0, False))
        console.until(lambda one: one["floor"]["given"])
        self.until_described(self.luis, self.floor, "Tiene la palabra: Ana", "Esperan la palabra: Bob")
        self.ana.command("!down")
        console.until(lambda one: one["speaker"] is None and not one["floor"]["given"])

    def test_from_a_console(self):
        console = Console(self.bob).say("do hand")
        self.told(self.bob, "number 1")
        console.say("do down")
        self.told(self.bob, "hand is down")

    def test_from_the_menu(self):
        self.ana.until(lambda: "susurro.hand" in self.ana.actions, 5, "the entry")
        self.ana.act("susurro.hand", session=self.ana.session)
        self.told(self.ana, "Tu lugar en la lista: 1")
        self.ana.until(lambda: "susurro.down" in self.ana.actions, 5, "the other entry")
        self.ana.act("susurro.down", session=self.ana.session)
        self.told(self.ana, "Ya no pides la palabra")

    def test_limits(self):
        for line, part in (("!limit", "no tienen límite"), ("!límite 120", "120 segundos"),
                           ("!limit", "120 segundos"), ("!limit 9", "!límite 120"),
                           ("!limit 3601", "!límite 120"), ("!limit -5", "!límite 120"),
                           ("!limit 1e9", "!límite 120"), ("!limit 99999999999999999999", "!límite"),
                           ("!limit off", "no tienen límite"), ("!limit 0", "no tienen límite")):
            with self.subTest(line):
                self.assertIn(part, self.mona.command(line)[0])


class SoundTest(QueueCase):
    """What follows from what is heard."""

    def test_time_is_over(self):
        """Half of ten seconds of voice, then all of it; the clock stands in silence."""
        console = self.console("Max", self.floor)
        self.mona.command("!limit 10")
        self.mona.command("!give Bob")
        talk = Talk().add(self.bob, speech("en", 7))
        talk.run()
        self.told(self.bob, "seconds left")
        self.told(self.mona, "A Bob le quedan")
        state = console.until(lambda one: one["speaker"] and one["speaker"]["seconds"] > 0
                              and not one["speaker"]["speaking"])
        used_s = state["speaker"]["seconds"]
        self.assertTrue(4 <= used_s <= 8, used_s)
        self.untold(self.bob, "Your time is over")
        before = self.bob.command("!queue")[0]  # the state above may have been that of a breath
        self.assertIn("Bob has the floor: ", before)
        Talk().add(self.ana, speech("es", 2)).run()  # nobody's time but hers
        self.assertEqual(self.bob.command("!queue")[0], before)
        Talk().add(self.bob, speech("en", 7)).run()
        self.told(self.bob, "Your time is over")
        self.told(self.mona, "El tiempo de Bob ha terminado")
        self.untold(self.ana, "tiempo")

    def test_the_sign_waits_for_the_interpreters(self):
        iris = self.client("Iris")
        iris.join(self.booth)
        iris.command("!aire")
        self.told(iris, "Estás al aire")
        self.bob.command("!hand")
        # Ana speaks; Iris is two seconds behind, and still on when Bob gets the floor.
        Talk().add(self.ana, speech("es", 4)).add(iris, speech("en", 6), 2.0).call(
            5.0, lambda: self.mona.send(TEXT_MESSAGE, {3: self.floor, 5: "!next"})).run()
        self.told(self.bob, "Please wait a moment")
        self.assertIn("Bob. English va", self.told(self.mona, "Sigue").replace("Sigue ", ""))
        self.told(self.bob, "you may speak now", DRAIN_S + 5)

    def test_who_was_given_the_floor_holds_it(self):
        console = self.console("Max", self.floor)
        self.mona.command("!give Bob")
        Talk().add(self.bob, speech("en", 2)).add(self.ana, speech("es", 4), 2.5).run()
        state = console.until(lambda one: one["floor"]["name"] == "Bob")
        self.assertTrue(state["floor"]["given"])
        self.bob.command("!down")
        Talk().add(self.ana, speech("es", 3)).run()
        console.until(lambda one: one["floor"]["name"] == "Ana" and not one["floor"]["given"])
