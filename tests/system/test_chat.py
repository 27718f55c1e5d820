# SPDX-License-Identifier: BSD-3-Clause
"""The meeting's chat: everybody once, wherever they sit; booths beside it; translations; what was written before."""

import os
import random
import re
import signal

from lib import wait
from lib.observer import SERVER_SYNC, TEXT_MESSAGE
from lib.protobuf import last, text
from system.client import CHANNEL_REMOVE, DENIED_PERMISSION, DENIED_TEXT_TOO_LONG
from system.speech import TEXT_RIGHT, SpeechTest

MEETING = """
[meeting "Asamblea"]
tracks = en, es, fr
booths = en-es, es-fr
default_language = es
interpreters = Iris, Ivan, Jan
moderators = Mona
air = act
levelling = off
chat_history = {history}
"""
SEED = int(os.environ.get("SUSURRO_SEED", "20261130"))
NUMBER = re.compile(r'<small style="color:gray">#(\d+) (\w+)</small> ')
LINE = re.compile(r'<br/><small style="color:gray">(?:\d+ h )?\d+ min</small> ')


class ChatTest(SpeechTest):
    """Who sits where is told in seat(); Rosa and Otto are outside, Otto with ears on the floor."""

    history = 20
    keys = {"usersperchannel": 50}
    people = {"Luis": "English", "Ana": "Español", "Zoe": "Français", "Flo": "Asamblea",
              "Mona": "Asamblea", "Iris": "Booth en-es", "Ivan": "Booth en-es", "Jan": "Booth es-fr",
              "Rosa": "Root", "Otto": "Root"}

    @classmethod
    def setUpClass(cls):
        cls.meeting = MEETING.format(history=cls.history)
        super().setUpClass()

    def setUp(self):
        self.here = {}
        for name, seat in self.people.items():
            self.enter(name, seat)
        some = next(iter(self.here.values()))
        self.ids = {one["name"]: number for number, one in some.channels.items()}
        self.floor = self.ids["Asamblea"]
        if "Otto" in self.here:
            self.here["Otto"].change(f21=self.floor)
        self.settle()

    def enter(self, name, seat):
        """A client of that name, in that channel."""
        client = self.here[name] = self.client(name)
        if seat != "Root":
            client.change(f5=client.channel(seat)["channel_id"])
        return client

    def seat(self, name, channel):
        client = self.here[name]
        client.change(f5=channel)
        self.assertEqual(client.here(), channel)

    def settle(self):
        for client in self.here.values():
            client.barrier()

    def write(self, name, message, **fields):
        """Somebody writes, to their own channel unless told otherwise; what they are refused."""
        client = self.here[name]
        fields = {int(key[1:]): value for key, value in fields.items()} or {3: client.here()}
        return client.denied(client.ask(TEXT_MESSAGE, {**fields, 5: message}))

    def got(self):
        """{name: [(who wrote it, text)]} of what has come since the last time; None is the server."""
        names = {one.session: name for name, one in self.here.items()}
        got = {}
        for name, client in self.here.items():
            for kind, fields in client.barrier():
                if kind == TEXT_MESSAGE:
                    actor = names[last(fields, 1)] if 1 in fields else None
                    got.setdefault(name, []).append((actor, text(fields, 5)))
        return got

    def history_of(self, client):
        """The lines of the history among what has come, without ages; None: there was none."""
        found = [one["message"] for one in client.texts if "💬" in one["message"]]
        client.texts.clear()
        if not found:
            return None
        self.assertEqual(len(found), 1, found)
        return LINE.split(found[0])[1:]


class SpreadTest(ChatTest):
    """Whom a text reaches, and how it looks to them."""

    def test_everybody_once(self):
        self.assertEqual(self.write("Ana", "hola"), [])
        got = self.got()
        number = NUMBER.match(got["Iris"][0][1]).group(0)
        self.assertRegex(number, "#[0-9]+ es<")
        plain, numbered = [("Ana", "hola")], [("Ana", number + "hola")]
        self.assertEqual(got, {"Luis": plain, "Zoe": plain, "Flo": plain, "Mona": numbered,
                               "Iris": numbered, "Ivan": numbered, "Jan": numbered, "Otto": plain})

    def test_shape(self):
        """As if it were written to their own channel: clients show it so."""
        self.write("Luis", "hi", f3=[self.floor, self.ids["Español"]], f4=self.floor,
                   f2=self.here["Zoe"].session)
        for name, place in (("Ana", "Español"), ("Zoe", "Français"), ("Flo", "Asamblea"),
                            ("Iris", "Asamblea"), ("Otto", "Asamblea")):
            frames = [fields for kind, fields in self.here[name].barrier() if kind == TEXT_MESSAGE]
            self.assertEqual([(one.get(1), one.get(2), one.get(3), one.get(4)) for one in frames],
                             [([self.here["Luis"].session], None, [self.ids[place]], None)], name)

    def test_a_booth_has_its_own(self):
        self.write("Iris", "solo para ti")
        self.assertEqual(self.got(), {"Ivan": [("Iris", "solo para ti")]})
        refusal = (DENIED_PERMISSION, TEXT_RIGHT, self.ids["Booth en-es"])
        self.assertEqual(self.write("Ana", "x", f3=[self.floor, self.ids["Booth en-es"]]), [refusal])
        self.assertEqual(self.got(), {})

    def test_say(self):
        """From a booth to everybody: by command, by addressing the floor, by its tree."""
        self.assertEqual(self.here["Iris"].command("!say a &lt; b"), [])
        got = self.got()
        self.assertEqual(set(got), set(self.people) - {"Iris", "Rosa"})
        self.assertEqual(got["Ana"], [("Iris", "a &lt; b")])
        self.assertEqual(NUMBER.sub("", got["Ivan"][0][1]), "a &lt; b")
        for fields in ({"f3": self.floor}, {"f4": self.floor},
                       {"f3": [self.floor, self.ids["Booth en-es"]]}):
            self.write("Iris", "x", **fields)
            got = self.got()
            self.assertEqual(set(got), set(self.people) - {"Iris", "Rosa"}, fields)
            self.assertTrue(all(len(one) == 1 for one in got.values()), got)
        self.assertIn("!decir", self.here["Iris"].command("!decir")[0])
        self.assertIn("cabina", self.here["Ana"].command("!say hola")[0])
        self.assertEqual(self.got(), {})

    def test_private_stays_private(self):
        self.write("Ana", "psst", f2=self.here["Luis"].session)
        self.assertEqual(self.got(), {"Luis": [("Ana", "psst")]})
        self.write("Rosa", "hola", f3=0)
        self.assertEqual(self.got(), {"Otto": [("Rosa", "hola")]})

    def test_rights(self):
        root = self.superuser()
        self.addCleanup(self.rule, root, self.floor)
        self.addCleanup(self.rule, root, self.ids["Español"])
        for channel in (self.ids["Español"], self.floor):
            self.rule(root, channel, deny=TEXT_RIGHT)
            self.settle()
            refusal = (DENIED_PERMISSION, TEXT_RIGHT, channel)
            self.assertEqual(self.write("Ana", "x", f3=channel), [refusal])
            self.assertEqual(self.write("Ana", "x", f4=channel), [refusal])
            self.assertEqual(self.got(), {})
        self.assertEqual(self.here["Iris"].command("!say x"), [])
        self.assertEqual(self.got(), {})
        self.assertEqual(self.write("Mona", "x"), [])  # moderators may, always

    def test_long(self):
        image = "<img src='data:image/png;base64,%s'/>" % ("A" * 60000)
        self.assertEqual(self.write("Ana", image), [])
        self.assertEqual(self.got()["Luis"], [("Ana", image)])
        self.assertEqual([one[0] for one in self.write("Ana", "x" * 5001)], [DENIED_TEXT_TOO_LONG])
        self.assertEqual(self.got(), {})
        self.assertEqual(self.here["Iris"].command("!say " + "x" * 4900), [])
        self.assertEqual(self.got()["Ana"], [("Iris", "x" * 4900)])
        frames = self.here["Iris"].ask(TEXT_MESSAGE, {3: self.floor, 5: "!say " + "x" * 5001})
        self.assertEqual([one[0] for one in self.here["Iris"].denied(frames)],
                         [DENIED_TEXT_TOO_LONG])
        self.write("Ana", "!floor " + "x" * 600)  # too long for a command that is none of the chat's
        self.assertEqual(self.got()["Luis"], [("Ana", "!floor " + "x" * 600)])

    def test_any_mix_of_places_and_seats(self):
        """Random texts against a model of whom they reach: nobody twice, nobody left out."""
        chance = random.Random(SEED)
        tracks = [self.ids[one] for one in ("English", "Español", "Français")]
        booths = [self.ids[one] for one in ("Booth en-es", "Booth es-fr")]
        meeting = [self.floor, *tracks]
        everywhere = [0, *meeting, *booths]
        ears = {name: set() for name in self.people}
        ears["Otto"] = {self.floor}
        staff = {"Mona", "Iris", "Ivan", "Jan"}

        def covered(writer, place, is_tree):
            if not is_tree:
                return {place}
            below = {0: everywhere, self.floor: [*meeting, *booths]}.get(place, [place])
            return {one for one in below if one not in booths or writer in staff}

        def expected(writer, channels, trees, sessions):
            """(names, whether the meeting as a whole), or None when it is refused."""
            here = {name: one.here() for name, one in self.here.items()}
            outside = writer not in staff
            if outside and any(one in booths for one in [*channels, *trees,
                                                         *(here[name] for name in sessions)]):
                return None
            reached = set()
            for place, is_tree in [(one, False) for one in channels] + [(one, True) for one in trees]:
                reached |= covered(writer, place, is_tree)
            names = {name for name in here if here[name] in reached or
                     any(one in reached and one not in booths for one in ears[name])}
            is_meeting = any(one in reached for one in meeting)
            if is_meeting:
                names |= {name for name in here if here[name] in (*meeting, *booths) or
                          any(one in meeting for one in ears[name])}
            return (names | set(sessions)) - {writer}, is_meeting

        n_meeting = n_refused = 0
        for i in range(300):
            if chance.random() < 0.3:
                name = chance.choice(list(self.people))
                self.seat(name, chance.choice(everywhere if name in staff else [0, *meeting]))
            if chance.random() < 0.1:
                name = chance.choice(list(self.people))
                change = {self.floor} ^ ears[name]
                self.here[name].change(**({"f21": self.floor} if change else {"f22": self.floor}))
                ears[name] = change
            writer = chance.choice(list(self.people))
            channels = chance.sample(everywhere, chance.choice((0, 0, 1, 1, 2, 3)))
            trees = chance.sample(everywhere, chance.choice((0, 0, 0, 1, 2)))
            sessions = chance.sample(list(self.people), chance.choice((0, 0, 0, 1, 2)))
            wanted = expected(writer, channels, trees, sessions)
            self.settle()
            denied = self.write(writer, f"text {i}", f3=channels, f4=trees,
                                f2=[self.here[name].session for name in sessions])
            got = self.got()
            got.pop(writer, None)  # a refusal in words
            context = f"SUSURRO_SEED={SEED}, text {i} by {writer}: {channels} {trees} {sessions}"
            self.assertEqual(bool(denied), wanted is None, context)
            if wanted is None:
                n_refused += 1
                self.assertEqual(got, {}, context)
                continue
            n_meeting += wanted[1]
            self.assertEqual(set(got), wanted[0], context)
            for name, said in got.items():
                self.assertEqual(len(said), 1, (context, name))
                self.assertEqual((said[0][0], NUMBER.sub("", said[0][1])), (writer, f"text {i}"),
                                 (context, name))
                if wanted[1] and name in staff and self.here[name].here() in (*meeting, *booths):
                    self.assertRegex(said[0][1], NUMBER, (context, name))
        self.assertGreater(n_meeting, 100)
        self.assertGreater(n_refused, 20)


class TranslationTest(ChatTest):
    """Iris and Ivan interpret en-es, Jan es-fr; Mona moderates from the floor."""

    def post(self, name, message, **fields):
        """Write, and give the number that interpreters see."""
        self.settle()
        self.assertEqual(self.write(name, message, **fields), [])
        return int(NUMBER.match(self.got()["Mona" if name != "Mona" else "Iris"][0][1]).group(1))

    def translate(self, name, line):
        """(the answer, {name: texts of others})."""
        self.settle()
        answer = self.here[name].command(line)
        got = self.got()
        return answer, got

    def test_whom_it_reaches(self):
        number = self.post("Ana", "Buenos días")
        self.here["Zoe"].command("!understand en")
        answer, got = self.translate("Iris", f"!tr {number} Good morning")
        self.assertEqual(len(answer), 1)
        for part in (f"#{number}", "Ana", "Español", "English"):
            self.assertIn(part, answer[0])
        head = f'<small style="color:gray">#{number} es</small> '
        told = [("Ana", "<i>(es→en)</i> Good morning")]
        booth = [("Ana", head + "<i>(es→en)</i> Good morning")]
        # On the floor one reads Spanish here, outside English; other booths see that it is done.
        self.assertEqual(got, {"Luis": told, "Zoe": told, "Otto": told, "Ivan": booth, "Jan": booth})
        # Jan's is of no use to Luis, and comes first for Zoe, who sits there.
        _, got = self.translate("Jan", f"!traduire #{number} Bonjour")
        self.assertEqual(got, {"Zoe": [("Ana", "<i>(es→fr)</i> Bonjour")],
                               "Iris": [("Ana", head + "<i>(es→fr)</i> Bonjour")],
                               "Ivan": [("Ana", head + "<i>(es→fr)</i> Bonjour")]})
        # Mona reads English by her own choice, though she understands Spanish.
        self.here["Mona"].command("!lang en")
        self.here["Mona"].command("!understand es en")
        _, got = self.translate("Ivan", f"!tr {number} Good morning!")
        self.assertEqual(got["Mona"], [("Ana", head + "<i>(es→en)</i> Good morning!")])
        self.assertEqual(got["Luis"], [("Ana", "<i>(es→en)</i> Good morning!")])

    def test_which_message(self):
        """Without a number: the newest that can be meant."""
        first = self.post("Ana", "uno")
        second = self.post("Luis", "two")
        third = self.post("Zoe", "trois")
        fourth = self.post("Iris", "mine", f3=self.floor)
        for name, line, number, direction in (
                ("Ivan", "!tr en: x", fourth, "es→en"),  # what Iris wrote is taken to be Spanish
                ("Iris", "!tr dos", second, "en→es"), ("Iris", "!tr fr: deux", second, "en→fr"),
                ("Iris", "!tr English: one", third, "fr→en"),
                ("Iris", f"!tr {first} one", first, "es→en"),
                ("Iris", f"!tr {first}: one", first, "es→en"),
                ("Iris", f"!tr #{first} one", first, "es→en"),
                ("Iris", f"!tr {first} français: un", first, "es→fr"),
                ("Jan", "!tr x", fourth, "es→fr"), ("Jan", "!tr es: tres", third, "fr→es"),
                ("Jan", f"!tr {first} un", first, "es→fr"),
                ("Iris", f"!tr {third} ES: tres", third, "fr→es"),
                ("Iris", f"!tr {first} no: not a language", first, "es→en"),
                ("Mona", f"!tr {third} en: three", third, "fr→en"),
                ("Mona", f"!tr {first} es: uno", first, "→es")):
            with self.subTest(line):
                answer, got = self.translate(name, line)
                said = [one for texts in got.values() for _, one in texts]
                self.assertTrue(said and all(f"({direction})" in one for one in said), (answer, got))
                self.assertIn(f"#{number} ", answer[0])

    def test_refusals(self):
        number = self.post("Ana", "uno")
        self.here["Iris"].command("!lang en")
        for name, line, part in (
                ("Ana", f"!tr {number} x", "Solo intérpretes"), ("Rosa", "!tr x", "Asamblea"),
                ("Iris", "!tr", "Write !tr"), ("Iris", f"!tr {number}", "Write !tr"),
                ("Iris", f"!tr {number} en:", "Write !tr"), ("Iris", "!tr 0 x", "no message 0"),
                ("Iris", "!tr 99999 x", "no message 99999"),
                ("Mona", f"!tr {number} x", f"!traducir {number} en:"),
                ("Jan", "!tr en: " + "x" * 5001, None)):
            with self.subTest(line[:40]):
                answer, got = self.translate(name, line)
                self.assertEqual(got, {})
                if part:
                    self.assertEqual(len(answer), 1, answer)
                    self.assertIn(part, answer[0])
        _, got = self.translate("Iris", f"!tr {number} <b>a</b> &lt;b&gt; &amp;<br/>c")
        self.assertEqual(got["Luis"], [("Ana", "<i>(es→en)</i> a &lt;b&gt; &amp; c")])

    def test_who_wrote_it_has_left(self):
        number = self.post("Ana", "uno")
        self.here.pop("Ana").close()
        wait.until(lambda: self.here["Luis"].barrier() is not None and
                   not any(one["name"] == "Ana" for one in self.here["Luis"].users.values()), 5,
                   lambda: "Ana is gone")
        answer, got = self.translate("Iris", f"!tr {number} one")
        self.assertIn("Ana", answer[0])
        self.assertEqual(got["Luis"], [(None, "<b>Ana</b> <i>(es→en)</i>: one")])

    def test_a_language_guessed_wrong(self):
        """Ana listens in Spanish and writes English: her readers there get it in theirs."""
        number = self.post("Ana", "hello")
        _, got = self.translate("Iris", f"!tr {number} es: hola")
        self.assertEqual(got["Flo"], [("Ana", "<i>(→es)</i> hola")])
        self.assertNotIn("Luis", got)
        self.assertNotIn("Ana", got)

    def test_they_go_into_the_history(self):
        self.post("Ana", "tercero &amp; último")
        number = self.post("Ana", "cuarto")
        self.translate("Iris", f"!tr {number} fourth")
        late = self.client("Tarde")
        late.change(f5=self.ids["English"])
        lines = self.history_of(late)
        self.assertEqual(lines[-2:], ["<b>Ana</b>: tercero &amp; último",
                                      '<b>Ana</b>: fourth <small style="color:gray">(es: cuarto)'
                                      '</small>'])
        other = self.client("Otra")
        other.change(f5=self.ids["Español"])
        self.assertEqual(self.history_of(other)[-1], "<b>Ana</b>: cuarto")


class HistoryTest(ChatTest):
    """Bounded, in order, once in a connection."""

    history = 5
    people = {"Ana": "Español", "Luis": "English", "Rosa": "Root"}

    def late(self, name="Tarde", seat="English"):
        client = self.client(name)
        client.change(f5=self.ids[seat])
        return client

    def test_the_newest(self):
        for i in range(8):
            self.write("Ana", f"uno {i}")
        client = self.late()
        sessions = [one["sessions"] for one in client.texts if "💬" in one["message"]]
        self.assertEqual(sessions, [[client.session]])  # to nobody else
        self.assertEqual(self.history_of(client), [f"<b>Ana</b>: uno {i}" for i in range(3, 8)])
        self.assertEqual(len(self.history_of(self.late("Otra")) or []), 5)

    def test_what_one_has_missed(self):
        """Moves within the meeting tell nothing anew; who was away gets what they have missed."""
        self.write("Ana", "antes")
        client = self.late()
        self.assertEqual(self.history_of(client)[-1], "<b>Ana</b>: antes")
        for seat in ("Español", "Asamblea", "English"):
            client.change(f5=self.ids[seat])
            self.assertIsNone(self.history_of(client))
        client.change(f5=0)
        client.change(f5=self.ids["English"])
        self.assertIsNone(self.history_of(client))
        client.change(f5=0)
        self.write("Ana", "ausente 1")
        self.write("Luis", "ausente 2")
        client.change(f5=self.ids["English"])
        self.assertEqual(self.history_of(client),
                         ["<b>Ana</b>: ausente 1", "<b>Luis</b>: ausente 2"])

    def test_form(self):
        """What is not sound does not spill over; pictures that are too large are a sign."""
        image = "<img src='data:image/png;base64,%s'/>"
        for message, line in (
                ("<b>negrita</b>", "<b>negrita</b>"), ("<b>abierto", "abierto"),
                ("1 < 2 & 3", "1 &lt; 2 &amp; 3"), ("a<!-- b", "a&lt;!-- b"), ("a&nbsp;b", "a b"),
                ("<p>a</p><p>b</p>", "<blockquote><p>a</p><p>b</p></blockquote>"),
                ("<p>a <b>b</b></p>", "a <b>b</b>"),
                ("<p>a</p>b", "<blockquote><p>a</p>b</blockquote>"), ("<p></p>", ""),
                (image % ("A" * 100), image % ("A" * 100)), (image % ("A" * 9000), "🖼 "),
                (image % ("A" * 9000) + "mira &lt;", "🖼 mira &lt;"),
                ("ñ" * 4000, "ñ" * 2495 + "…"), ("a" + "&lt;" * 1249, "a" + "&lt;" * 1249)):
            with self.subTest(message[:40]):
                self.assertEqual(self.write("Ana", message), [])
                self.assertEqual(self.history_of(self.late())[-1], "<b>Ana</b>: " + line)

    def test_lines_of_ones_own_stand_apart(self):
        """Or they would pass for what others have written, and when."""
        forged = 'hi<br/><small style="color:gray">3 min</small> <b>Mona</b>: I resign'
        for html, is_apart in (
                (forged, True), ("<div>x</div>", True), ("<b>a</b><br/>b", True),
                ("<span style='display:block'>x</span>", True), ("<!-- x -->y", True),
                ("<b>hi</b> <a href='x'>y</a>", False), ("a &lt;br/&gt; b", False)):
            with self.subTest(html):
                self.write("Luis", html)
                texts = [one["message"] for one in self.late().texts if "💬" in one["message"]]
                shown = f"<blockquote>{html}</blockquote>" if is_apart else html
                self.assertTrue(texts[-1].endswith("<b>Luis</b>: " + shown), texts[-1][-200:])

    def test_bytes(self):
        """At most 12 KiB come by themselves."""
        for i in range(5):
            self.write("Ana", f"{i}" + "x" * 4800)
        lines = self.history_of(self.late())
        self.assertEqual([line[len("<b>Ana</b>: ")] for line in lines], ["3", "4"])
        client = self.late("Otra")
        client.texts.clear()
        client.command("!historial 100")
        self.assertGreaterEqual(len(self.history_of(client)), 5)

    def test_asked_for(self):
        for i in range(8):
            self.write("Ana", f"dos {i}")
        luis = self.here["Luis"]
        for line, n in (("!history", 5), ("!history 7", 7), ("!historial 1", 1), ("!istwa 8", 8)):
            luis.texts.clear()
            luis.command(line)
            self.assertEqual(self.history_of(luis),
                             [f"<b>Ana</b>: dos {i}" for i in range(8 - n, 8)], line)
        for line in ("!history 0", "!history x", "!history -1", "!history 5x"):
            self.assertIn("!history 50", luis.command(line)[0])
        luis.texts.clear()
        luis.command("!history 99999999999999999999")
        self.assertGreaterEqual(len(self.history_of(luis)), 8)
        self.assertIn("Asamblea", self.here["Rosa"].command("!history")[0])  # enter it first

    def test_interpreters_see_numbers(self):
        self.write("Luis", "hi")
        client = self.late("Iris", "Booth en-es")
        self.assertRegex(self.history_of(client)[-1],
                         '^<small style="color:gray">#[0-9]+ en</small> <b>Luis</b>: hi$')


class LoginTest(ChatTest):
    """Whom the server puts into the meeting at login."""

    keys = {"defaultchannel": 1}
    people = {"Ana": "Español"}

    def test_history(self):
        self.assertEqual(self.floor, 1)
        self.write("Ana", "hola")
        late = self.client("Tarde")
        self.assertEqual(late.here(), self.floor)
        self.assertEqual(self.history_of(late), ["<b>Ana</b>: hola"])
        order = [kind for kind, _ in late.received if kind in (SERVER_SYNC, TEXT_MESSAGE)]
        self.assertEqual(order, [SERVER_SYNC, TEXT_MESSAGE])


class OffTest(ChatTest):
    """chat_history = 0: nothing is shown later, and translations of what is new go on."""

    history = 0
    people = {"Ana": "Español", "Luis": "English", "Iris": "Booth en-es"}

    def test_nothing_is_kept(self):
        self.settle()
        self.write("Ana", "hola")
        number = int(NUMBER.match(self.got()["Iris"][0][1]).group(1))
        late = self.client("Tarde")
        late.change(f5=self.ids["English"])
        self.assertIsNone(self.history_of(late))
        self.assertIn("not kept", late.command("!history")[0])
        self.settle()
        self.here["Iris"].command(f"!tr {number} hello")
        self.assertEqual(self.got()["Luis"], [("Ana", "<i>(es→en)</i> hello")])
        for _ in range(20):
            self.write("Ana", "más")
        self.assertIn(f"{number}", self.here["Iris"].command(f"!tr {number} hello")[0])
        self.assertEqual(self.got()["Luis"], [("Ana", "más")] * 20)

    def test_switched_live(self):
        """As its neighbours: SIGHUP."""
        for history in (3, 0):
            self.server.write(self.keys, MEETING.format(history=history))
            count = self.server.process.log().count("configuration read again")
            os.kill(self.server.process.pid, signal.SIGHUP)
            wait.until(lambda: self.server.process.log().count("configuration read again") > count, 5,
                       lambda: self.server.log())
            for i in range(4):
                self.write("Ana", f"tres {i}")
            late = self.client("Tarde")
            late.change(f5=self.ids["English"])
            lines = self.history_of(late)
            self.assertEqual(lines, [f"<b>Ana</b>: tres {i}" for i in (1, 2, 3)] if history else None)
            late.close()


class PlainTest(ChatTest):
    """allowhtml = false: people's markup goes, the server's own stays."""

    keys = {"allowhtml": "false", "textmessagelength": 50}
    people = {"Ana": "Español", "Luis": "English", "Iris": "Booth en-es"}

    def test_rows(self):
        self.assertEqual(self.write("Ana", "<b>uno</b> &lt; dos"), [])
        got = self.got()
        self.assertEqual(got["Luis"], [("Ana", "uno &lt; dos")])
        self.assertRegex(got["Iris"][0][1], NUMBER)
        self.here["Iris"].command("!tr 1 &lt; 2 &amp; \"3\"")  # the number is a number
        self.assertEqual(self.got()["Luis"], [("Ana", "<i>(es→en)</i> &lt; 2 &amp; &quot;3&quot;")])
        self.here["Iris"].command("!say a <i>b</i> &lt;i&gt;")
        self.assertEqual(self.got()["Luis"], [("Iris", "a b &lt;i&gt;")])
        for line in ("!say ", "!tr 1 "):
            frames = self.here["Iris"].ask(TEXT_MESSAGE, {3: self.floor, 5: line + "x" * 51})
            self.assertEqual([one[0] for one in self.here["Iris"].denied(frames)],
                             [DENIED_TEXT_TOO_LONG])
        self.assertEqual(self.got(), {})


class EndedTest(ChatTest):
    """A track is removed while people write: the meeting is over, its channels are ordinary ones."""

    people = {"Ana": "Español", "Luis": "English", "Iris": "Booth en-es", "Flo": "Asamblea"}

    def test_plain_channels(self):
        self.write("Ana", "hola")
        self.settle()
        root = self.superuser()
        root.ask(CHANNEL_REMOVE, {1: self.ids["Français"]})
        self.settle()
        self.write("Ana", "hola")
        self.assertEqual(self.got(), {})
        self.write("Ana", "hola", f4=self.floor)
        self.assertEqual(self.got(), {name: [("Ana", "hola")] for name in ("Luis", "Iris", "Flo")})
        for line in ("!tr 1 hello", "!say hello", "!history"):
            self.assertEqual(len(self.here["Iris"].command(line)), 1)
        self.assertEqual(self.got(), {})


class HiddenTest(ChatTest):
    """hidechannels: who sits in a booth is a secret, what they say to all is not."""

    keys = {"hidechannels": "true"}
    people = {"Ana": "Español", "Luis": "English"}

    def test_names(self):
        iris = self.client("Iris")
        booth, floor = iris.channel("Booth en-es")["channel_id"], iris.channel("Asamblea")["channel_id"]
        iris.change(f5=booth)
        self.assertNotIn(iris.session, self.here["Ana"].users)
        self.settle()
        iris.ask(TEXT_MESSAGE, {3: floor, 5: "más despacio"})
        self.assertEqual(self.got(), {"Ana": [(None, "<b>Alguien</b>: más despacio")],
                                      "Luis": [(None, "<b>Somebody</b>: más despacio")]})
        iris.command("!tr 1 en: slower")
        self.assertEqual(self.got(), {"Luis": [(None, "<b>Somebody</b> <i>(es→en)</i>: slower")]})
        # Nothing of theirs passes for what somebody else, or the server, has written.
        for form in ("x<br/><b>Ana</b>: no", "x</b><p>Ana</p>", "<p>a</p><p><b>Ana</b>: no</p>"):
            iris.ask(TEXT_MESSAGE, {3: floor, 5: form})
        apart = ["<b>Somebody</b>: <blockquote>x<br/><b>Ana</b>: no</blockquote>", "<b>Somebody</b>: x Ana",
                 "<b>Somebody</b>: <blockquote><p>a</p><p><b>Ana</b>: no</p></blockquote>"]
        self.assertEqual([message for _, message in self.got()["Luis"]], apart)
        self.write("Ana", "vale")
        self.assertIn((self.here["Ana"].session, "vale"),
                      [(one["actor"], NUMBER.sub("", one["message"])) for one in iris.texts
                       if iris.barrier() is not None])
        late = self.client("Tarde")
        late.change(f5=late.channel("English")["channel_id"])
        self.assertEqual(self.history_of(late), [
            '<b>Somebody</b>: slower <small style="color:gray">(es: más despacio)</small>',
            *apart, "<b>Ana</b>: vale"])
        self.here["Ana"].close()
        iris.until(lambda: iris.barrier() is not None and
                   not any(one["name"] == "Ana" for one in iris.users.values()), 5, "Ana is gone")
        later = self.client("Luego")
        later.change(f5=later.channel("English")["channel_id"])
        self.assertEqual(self.history_of(later)[-1], "<b>Somebody</b>: vale")
