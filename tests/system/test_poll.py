# SPDX-License-Identifier: BSD-3-Clause
"""Straw polls and notices: asked once, read by each in their language."""

from lib.observer import TEXT_MESSAGE
from system.case import make_certificate
from system.test_display import Console
from system.test_queue import QueueCase


class PollTest(QueueCase):
    """Ana and Luis read Spanish, Bob English; Mona moderates, Iris interprets."""

    def setUp(self):
        super().setUp()
        self.iris = self.client("Iris")
        self.iris.join(self.booth)
        self.mona.command("!poll close")  # of another test
        for client in (self.ana, self.luis, self.bob, self.mona, self.iris):
            client.barrier()
            client.n_read = len(client.texts)

    def test_a_poll_in_two_languages(self):
        self.assertIn("está abierto", self.mona.command("!poll en: Lunch? / Yes / No / "
                                                        "es: ¿Comemos? / Sí / No")[-1])
        question = self.told(self.bob, "Lunch?")
        self.assertIn("<br/>1. Yes<br/>2. No<br/>Votes so far: 0<br/>Write !vote", question)
        self.assertIn("1. Sí<br/>2. No<br/>Votos hasta ahora: 0<br/>Escribe !votar",
                      self.told(self.ana, "¿Comemos?"))
        self.told(self.iris, "¿Comemos?")  # in a booth, too
        self.assertIn("Tu voto: Sí.", self.ana.command("!votar 1")[0])
        self.assertIn("Your vote: Yes.", self.bob.command("!vote 1")[0])
        self.assertIn("Tu voto: No.", self.luis.command("!vote 2")[0])
        self.assertIn("Tu voto: Sí.", self.luis.command("!vote 1")[0])  # changed
        self.assertNotIn("<b>3</b>", self.ana.command("!sondeo")[0])
        self.assertIn("1. Sí: <b>3</b><br/>2. No: <b>0</b>", self.mona.command("!sondeo")[0])
        self.mona.command("!sondeo cerrar")
        self.assertIn("1. Yes: <b>3</b><br/>2. No: <b>0</b><br/>The poll is closed. Votes: 3",
                      self.told(self.bob, "The poll is closed"))
        self.assertIn("1. Sí: <b>3</b>", self.told(self.luis, "está cerrado"))
        self.assertIn("closed. Votes: 3", self.bob.command("!poll")[0])

    def test_a_translation_that_comes_later(self):
        self.mona.command("!sondeo ¿Sigue la reunión? / Sí / No / Otra cosa")
        self.assertIn("¿Sigue la reunión?", self.told(self.bob, "📊"))
        self.assertIn("3 respuestas",
                      self.iris.command("!poll en: Go on? / Yes / No")[0])
        self.assertIn("Only moderators", self.bob.command("!poll en: Go on? / Yes / No / Maybe")[0])
        answers = self.iris.command("!poll en: Go on? / Yes / No / Something else")
        self.assertIn("leer en English", answers[0])
        self.assertIn("3. Something else", self.told(self.bob, "Go on?"))
        self.untold(self.ana, "Go on?")

    def test_one_poll_at_a_time(self):
        self.mona.command("!poll ¿Una? / Sí / No")
        self.assertIn("sondeo cerrar", self.mona.command("!poll ¿Otra? / Sí / No")[0])
        self.mona.command("!poll close")
        self.assertIn("no hay ningún sondeo", self.mona.command("!poll close")[-1])
        self.assertIn("está abierto", self.mona.command("!poll ¿Otra? | Sí | No")[-1])

    def test_refused(self):
        for line in ("!vote 1", "!vote", "!vote nada"):
            self.assertIn("There is no poll now", self.bob.command(line)[0])
        long = "x" * 600
        for line, part in (("!poll ¿Sola?", "Al menos dos"), ("!poll ¿Una? / Sí", "Al menos dos"),
                           ("!poll / / /", "Al menos dos"),
                           ("!poll a / 1 / 2 / 3 / 4 / 5 / 6 / 7 / 8 / 9", "como mucho 8"),
                           ("!poll en: a / b / c / es: a / b", "Al menos dos"),
                           (f"!poll {long} / a / b", "512 caracteres")):
            with self.subTest(line[:40]):
                answers = self.mona.command(line)
                self.assertEqual(len(answers), 1, answers)
                self.assertIn(part, answers[0])
        self.assertIn("Only moderators", self.bob.command("!poll A? / B / C")[0])
        self.assertIn("Only moderators", self.bob.command("!poll close")[0])
        self.mona.command("!poll ¿Una? / Sí / No")
        for line in ("!vote 0", "!vote 3", "!vote", "!vote -1", "!vote 1.5", "!vote Yes",
                     "!vote 4294967297", "!vote 99999999999999999999999"):
            with self.subTest(line):
                self.assertIn("from 1 to 2", self.bob.command(line)[0])
        self.assertIn("Votos hasta ahora: 0", self.mona.command("!poll")[0])

    def test_markup_is_text(self):
        self.mona.command("!poll &lt;b&gt;¿A&lt;/b&gt;&amp;? / &lt;i&gt; / no")
        self.assertIn("&lt;b&gt;¿A&lt;/b&gt;&amp;?", self.told(self.ana, "📊"))
        self.mona.command("!notice &lt;b&gt;x")
        self.assertIn("&lt;b&gt;x", self.told(self.ana, "📣"))

    def test_who_leaves_has_voted(self):
        """And who comes back with the same certificate does not vote twice."""
        self.mona.command("!poll ¿Una? / Sí / No")
        certificate = make_certificate(self.directory, "eva")
        for answer in ("1", "2"):
            eva = self.client("Eva", certificate=certificate)
            eva.join(self.spanish)
            eva.command(f"!vote {answer}")
            eva.close()
        guest = self.client("Huésped")
        guest.join(self.spanish)
        guest.command("!vote 1")
        guest.close()
        self.assertIn("1. Sí: <b>1</b><br/>2. No: <b>1</b>", self.mona.command("!poll")[0])

    def test_the_moderator_leaves_in_the_middle(self):
        self.mona.command("!poll ¿Una? / Sí / No")
        self.mona.close()
        self.assertIn("Your vote: Sí", self.bob.command("!vote 1")[0])
        self.mona = self.client("Mona")
        self.mona.join(self.floor)
        self.mona.command("!poll close")
        self.told(self.bob, "poll is closed. Votes: 1")

    def test_consoles(self):
        console = self.console("Max", self.floor)
        console.client.command("!lang en")
        self.mona.command("!poll en: Lunch? / Yes / No / es: ¿Comemos? / Sí / No")
        self.bob.command("!vote 2")
        state = console.until(lambda one: one["poll"] and one["poll"]["answers"][1]["count"] == 1)
        self.assertEqual(state["poll"], {"open": True, "question": "Lunch?", "answers": [
            {"text": "Yes", "count": 0}, {"text": "No", "count": 1}]})
        self.mona.command("!poll close")
        console.until(lambda one: not one["poll"]["open"])

    def test_consoles_of_participants(self):
        """Nobody votes as the others do: they see the counts when it is over, as in the chat."""
        console = self.console("Rosa", self.floor)
        moderator = Console(self.mona).say("hello")
        self.mona.command("!poll ¿Comemos? / Sí / No")
        self.bob.command("!vote 2")
        moderator.until(lambda one: one["poll"] and one["poll"]["answers"][1]["count"] == 1)
        self.bob.command("!hand")  # is seen by all of them
        state = console.until(lambda one: one["queue"])
        self.assertEqual([one["count"] for one in state["poll"]["answers"]], [None, None])
        self.mona.command("!poll close")
        state = console.until(lambda one: not one["poll"]["open"])
        self.assertEqual([one["count"] for one in state["poll"]["answers"]], [0, 1])

    def test_what_was_asked_stays(self):
        """An interpreter translates a question; only moderators say it anew."""
        self.mona.command("!poll ¿Sigue la reunión? / Sí / No")
        self.assertIn("moder", self.iris.command("!poll es: ¿Sigue? / No / Sí")[0])
        self.assertIn("1. Sí<br/>2. No", self.ana.command("!poll")[0])
        self.iris.command("!poll en: Go on? / No / Yes")
        self.iris.command("!poll en: Go on? / Yes / No")
        self.assertIn("1. Yes<br/>2. No", self.bob.command("!poll")[0])
        self.mona.command("!poll es: ¿Seguimos? / Sí / No")
        self.told(self.ana, "¿Seguimos?")

    def test_notices(self):
        rosa = self.client("Rosa")
        self.assertIn("Lo leen: 5", self.mona.command("!notice Diez minutos de pausa / o quince")[-1])
        for client, part in ((self.bob, "<b>Notice:</b> Diez minutos de pausa / o quince"),
                             (self.ana, "<b>Aviso:</b> Diez minutos"), (self.iris, "Diez minutos")):
            self.assertIn(part, self.told(client, "📣"))
        self.assertEqual(self.iris.command("!notice en: Ten minutes of break")[-1],
                         "El aviso fue enviado. Lo leen: 1")
        self.assertIn("Notice:</b> Ten minutes of break", self.told(self.bob, "📣"))
        self.assertIn("ningún aviso", self.iris.command("!notice en: Again")[0])
        self.mona.command("!aviso es: Pausa / en: Break")
        self.assertIn("Notice:</b> Break", self.told(self.bob, "📣"))
        self.assertIn("Aviso:</b> Pausa", self.told(self.luis, "Pausa"))
        rosa.barrier()
        self.assertEqual([one for one in rosa.texts if "📣" in one["message"]], [])

    def test_notices_refused(self):
        self.assertIn("Only interpreters and moderators", self.bob.command("!notice x")[0])
        self.assertIn("Escribe por ejemplo", self.mona.command("!notice")[0])
        self.assertIn("Escribe por ejemplo", self.mona.command("!notice en:")[0])
        long = "palabra " * 300
        self.mona.command(f"!notice {long}")
        self.assertIn(long.strip(), self.told(self.ana, "📣"))
        self.mona.send(TEXT_MESSAGE, {3: self.floor, 5: "!notice " + "y" * 6000})
        self.mona.barrier()
        self.bob.barrier()

    def test_from_a_console(self):
        Console(self.mona).say("do poll ¿Una? / Sí / No")
        self.told(self.bob, "¿Una?")
        Console(self.bob).say("do vote 2")
        self.told(self.bob, "Your vote: No")


class AnyoneTest(QueueCase):
    """Where anyone may interpret, whoever sits in a booth speaks for others, and nobody else."""

    meeting = QueueCase.meeting.replace("Iris, Ivan", "anyone")

    def test_translations(self):
        self.mona.command("!poll ¿Comemos? / Sí / No")
        self.assertIn("Only moderators", self.bob.command("!poll en: Lunch? / No / Yes")[0])
        self.mona.command("!notice Diez minutos de pausa")
        self.assertIn("Only", self.bob.command("!notice en: Go home")[0])
        self.ana.send(TEXT_MESSAGE, {3: self.spanish, 5: "buenas"})
        self.bob.until(lambda: any("buenas" in one["message"] for one in self.bob.texts), 5, "it")
        self.assertIn("booth", self.bob.command("!tr en: I resign")[0])
        self.bob.join(self.booth)
        self.assertIn("#1", self.bob.command("!tr en: good day")[0])
        self.bob.command("!poll en: Lunch? / Yes / No")
        self.bob.command("!notice en: Ten minutes of break")
        self.bob.join(self.english)
        self.assertIn("1. Yes", self.bob.command("!poll")[0])
