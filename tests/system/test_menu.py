# SPDX-License-Identifier: BSD-3-Clause
"""The context menu as a stock client keeps it: a list to whose end is added, and from which is removed by name."""

from lib.observer import CONTEXT_ACTION_MODIFY
from lib.protobuf import last, text
from lib.sound import speech
from system.case import SystemTest
from system.talk import Talk

MEETING = """
[meeting "Asamblea"]
tracks = en, es
booths = en-es
default_language = es
interpreters = Iris, Ivan, Isa
moderators = Mona
air = act
levelling = off
"""
MOST = 12
IN_USERS = 4


class Menu:
    """What a client shows."""

    def __init__(self, test, client):
        self.test, self.client = test, client
        self.n_seen = 0
        self.entries = []  # (action, text, menus)

    def update(self):
        """Follow what has come; how many messages that were."""
        changes = self.client.kinds(CONTEXT_ACTION_MODIFY)
        fresh = changes[self.n_seen:]
        self.n_seen = len(changes)
        for one in fresh:
            name = text(one, 1)
            known = [entry for entry in self.entries if entry[0] == name]
            if last(one, 4) == 1:
                self.test.assertTrue(known, f"{name} is removed and was not there")
                self.entries.remove(known[0])
                continue
            self.test.assertFalse(known, f"{name} would be there twice")
            self.entries.append((name, text(one, 2), last(one, 3)))
            self.test.assertLessEqual(len(self.entries), MOST)
        return len(fresh)

    def actions(self):
        self.client.barrier()
        self.update()
        return [name.removeprefix("susurro.") for name, _, _ in self.entries]

    def text(self, action):
        self.actions()
        return dict((name.removeprefix("susurro."), said) for name, said, _ in self.entries).get(action)

    def until(self, *parts):
        """Until these texts, or their parts, are at the front, in this order."""
        def fits():
            self.update()
            texts = [said for _, said, _ in self.entries]
            return len(texts) >= len(parts) and all(part in said for part, said in zip(parts, texts))
        self.client.until(fits, 5, lambda: f"{parts}: {self.entries}")

    def choose(self, action, session=None):
        self.test.assertIn(action, self.actions())
        self.client.act("susurro." + action, session=session)


class MenuCase(SystemTest):
    """People and their menus."""

    meeting = MEETING

    def setUp(self):
        self.server = self.start(self._testMethodName)  # whose booths have seen nobody yet
        self.people = {}

    def enter(self, name, channel=None, language=None):
        client = self.client(name)
        if language:
            client.command(f"!lang {language}")
        if channel:
            client.join(client.channel(channel)["channel_id"])
        self.people[name] = client
        return Menu(self, client)


class MenuTest(MenuCase):
    """Two interpreters and their booth."""

    SIGNALS = ["slow", "louder", "repeat", "cannot"]
    PLACES = ["listen.en", "listen.es", "floor"]

    def test_alone(self):
        iris = self.enter("Iris", "Booth en-es", "en")
        self.assertEqual(iris.actions(), ["air", "turn", *self.SIGNALS, *self.PLACES])
        self.assertEqual([menus for _, _, menus in iris.entries], [7] * len(iris.entries))
        iris.choose("air")
        iris.until("⚪ Leave the air", "↔")
        iris.choose("off")
        iris.until("🔴 Go on air", "↔")

    def test_a_handover_by_menu(self):
        iris, ivan = (self.enter(name, "Booth en-es", "en") for name in ("Iris", "Ivan"))
        iris.choose("air")
        iris.until("Leave the air", "Ask your partner to go on", "↔")
        ivan.until("Take the air at once", "Offer to go on", "↔")
        iris.choose("handover")
        iris.until("Leave", "Go on yourself after all")
        ivan.until("Take", "Go on for your partner")
        iris.choose("handover")
        iris.until("Leave", "Ask your partner to go on")
        ivan.choose("handover")
        ivan.until("Take", "Withdraw your offer")
        iris.until("Leave", "Let your partner go on")
        iris.choose("handover")
        iris.until("Leave", "Switch at once")
        ivan.until("Take", "Switch at once")
        ivan.choose("handover")
        ivan.until("Leave the air", "Ask your partner")
        iris.until("Take the air at once", "Offer to go on")
        self.assertEqual(ivan.actions(), ["off", "handover", "turn", *self.SIGNALS, *self.PLACES])
        self.assertEqual(iris.actions(), ["take", "handover", "turn", *self.SIGNALS, *self.PLACES])

    def test_a_third_one_keeps_out(self):
        iris, ivan, isa = (self.enter(name, "Booth en-es", "en") for name in ("Iris", "Ivan", "Isa"))
        iris.choose("air")
        iris.until("Leave", "Ask")
        iris.choose("handover")
        ivan.until("Take", "Go on for")
        ivan.choose("handover")
        isa.until("Take", "↔")

    def test_only_what_has_changed(self):
        iris, ivan = (self.enter(name, "Booth en-es", "en") for name in ("Iris", "Ivan"))
        iris.choose("air")
        ivan.until("Take", "Offer")
        luis = self.client("Luis")
        for channel in ("English", "Español", "Asamblea"):
            luis.join(luis.channel(channel)["channel_id"])
        Talk().add(luis, speech("es", 2)).run()
        self.people["Ivan"].command("!pareja -6")
        ivan.client.barrier()
        self.assertEqual(ivan.update(), 0, "the menu says the same as before")
        ana = self.enter("Ana", "English")
        ana.update()
        ana.client.join(ana.client.channel("English")["channel_id"])
        ana.client.command("!es")
        ana.client.command("!hablo es")
        ana.client.command("!en")
        first = [one for one in ana.entries if one[0].startswith("susurro.listen")]
        ana.actions()
        self.assertEqual(first, [one for one in ana.entries if one[0].startswith("susurro.listen")])

    def test_language(self):
        iris = self.enter("Iris", "Booth en-es")
        self.assertEqual(iris.text("air"), "🔴 Salir al aire")
        self.assertEqual(iris.text("listen.en"), "🎧 Listen in English")
        for word, expected in (("fr", "🔴 Passer à l’antenne"), ("en", "🔴 Go on air")):
            iris.client.command(f"!lang {word}")
            self.assertEqual(iris.text("air"), expected)
            self.assertEqual(iris.actions(), ["air", "turn", *self.SIGNALS, *self.PLACES])

    def test_who_leaves_the_booth(self):
        iris = self.enter("Iris", "Booth en-es")
        iris.choose("listen.es")
        iris.actions()
        self.assertEqual(iris.actions()[:3], self.PLACES)
        self.assertFalse({"air", "turn", "slow"} & set(iris.actions()))

    def test_stale_entries(self):
        """Chosen in the moment in which they went: a clear answer, or nothing at all."""
        iris = self.enter("Iris", "Asamblea", "en")
        for action, part in (("susurro.off", "Enter a booth first"), ("susurro.slow", "Enter a booth"),
                             ("susurro.handover", "Enter a booth"), ("susurro.relay.auto", "Enter a"),
                             ("susurro.relay.en", "Enter a booth"), ("susurro.out.xx", None),
                             ("susurro.out.", None), ("susurro.nothing", None), ("susurro.", None),
                             ("", None), ("susurro.interpreter", "menu on a person")):
            with self.subTest(action):
                n = len(iris.client.texts)
                iris.client.act(action)
                iris.client.barrier()
                said = [one["message"] for one in iris.client.texts[n:]]
                self.assertEqual(len(said), 1 if part else 0, said)
                if part:
                    self.assertIn(part, said[0])

    def test_moderator(self):
        mona = self.enter("Mona", "Asamblea", "en")
        ana = self.client("Ana")
        self.assertIn("interpreter", mona.actions())
        self.assertEqual({menus for name, _, menus in mona.entries if name == "susurro.interpreter"},
                         {IN_USERS})
        mona.choose("interpreter", session=ana.session)
        mona.client.until(lambda: any("Ana is now an interpreter" in one["message"]
                                      for one in mona.client.texts), 5, "an answer")
        ana.join(ana.channel("Booth en-es")["channel_id"])
        n = len(mona.client.texts)
        for session in (999999, ana.user("English 🎧")["session"], None):
            mona.client.act("susurro.interpreter", session=session)
        mona.client.barrier()
        said = [one["message"] for one in mona.client.texts[n:]]
        self.assertEqual(len(said), 3, said)
        self.assertNotIn("is now an interpreter", " ".join(said))


class HandsTest(MenuCase):
    """The speaking queue by menu."""

    def until(self, menu, *actions):
        menu.client.until(lambda: all(one in menu.actions() for one in actions), 5,
                          lambda: f"{actions} in {menu.entries}")

    def test_hands(self):
        ana, mona = self.enter("Ana", "English"), self.enter("Mona", "Asamblea", "en")
        self.assertEqual(ana.actions(), ["listen.en", "listen.es", "floor", "hand"])
        ana.choose("hand")
        self.until(ana, "down")
        self.assertEqual(ana.text("down"), "✋ Lower your hand")
        ana.choose("down")
        self.until(ana, "hand")
        ana.choose("hand")
        self.until(ana, "down")
        mona.choose("next")
        ana.client.until(lambda: ana.text("down") == "✋ I have finished", 5, "the turn in the menu")
        ana.choose("down")
        self.until(ana, "hand")
        mona.choose("give", session=ana.client.session)
        ana.client.until(lambda: ana.text("down") == "✋ I have finished", 5, "the turn in the menu")


class ThreeLanguagesTest(MenuCase):
    """A booth of three, and one that works one way only; relays."""

    meeting = """
[meeting "Asamblea"]
tracks = en, es, fr, ht
booths = en-es-fr, fr>ht
default_language = es
interpreters = anyone
moderators = Mona
levelling = off
"""

    def test_booths_by_their_languages(self):
        mona = self.enter("Mona", "Asamblea", "en")
        for word, is_known in (("en-es-fr", True), ("fr>ht", True), ("Booth fr>ht", True),
                               ("en-es", False), ("ht-fr", False), ("xx", False)):
            with self.subTest(word):
                answers = mona.client.command(f"!turn {word}")
                self.assertEqual(len(answers), 1)
                self.assertEqual("Booth en-es-fr, Booth fr>ht" in answers[0].replace("&gt;", ">"),
                                 not is_known, answers)

    def test_choices(self):
        iris = self.enter("Iris", "Booth en-es-fr", "en")
        other = self.enter("Isa", "Booth fr>ht", "en")
        self.people["Iris"].command("!air")
        iris.until("Leave the air", "↔ The speaker", "↔ Work into Français")
        self.assertNotIn("turn", other.actions())
        iris.choose("turn")
        iris.client.until(lambda: any("Nobody is speaking" in one["message"]
                                      for one in iris.client.texts), 5, "an answer")
        iris.choose("out.fr")  # a choice, which corrects no speaker and needs none
        iris.until("Leave the air", "↔ The speaker", "↔ Work into English")
        iris.choose("out.en")
        iris.until("Leave the air", "↔ The speaker", "↔ Work into Français")
        luis = self.client("Luis")
        luis.join(luis.channel("Español")["channel_id"])
        Talk().add(luis, speech("es", 2)).run()
        iris.choose("out.fr")
        iris.until("Leave the air", "↔ The speaker", "↔ Work into English")
        other.until("🔴 Go on air", "👂 Hear the floor, no relay")
        other.client.until(lambda: any("Relay: you hear the interpretation into Français (hops: 1), "
                                       "about 2.0 s" in one["message"]
                                       for one in other.client.texts), 5, "the path")
        other.choose("relay.floor")
        other.until("🔴 Go on air", "👂 Relay chosen by itself")
        other.choose("relay.auto")
        other.until("🔴 Go on air", "👂 Hear the floor, no relay")


    def test_they_come_back_from_the_database(self):
        """With the ids that they had, though the file does not name the meeting any more."""
        before = {one["name"]: i for i, one in self.client("Ana").channels.items()}
        self.server.stop()
        self.server.write(self.keys)
        self.server.run()
        after = self.client("Ana")
        self.assertEqual({one["name"]: i for i, one in after.channels.items()}, before)
        iris = self.enter("Iris", "Booth en-es-fr", "en")
        iris.until("🔴 Go on air", "↔ The speaker", "↔ Work into")


class ManyTracksTest(MenuCase):
    """Eight tracks: what gives way."""

    meeting = """
[meeting "Asamblea"]
tracks = en, es, fr, ht, pt, de, it, ca
booths = en-es
interpreters = Iris, Ivan, Mona
moderators = Mona
levelling = off
"""

    def test_languages_give_way_in_a_booth(self):
        iris = self.enter("Iris", "Booth en-es")
        self.enter("Ivan", "Booth en-es")
        self.people["Ivan"].command("!air")
        iris.until("🔴", "⇄", "↔", "🐢", "🔊", "🔁", "🚫", "🎧 ")
        self.assertEqual(iris.actions(), ["take", "handover", "turn", "slow", "louder", "repeat",
                                          "cannot", "floor"])
        iris.choose("floor")
        iris.client.until(lambda: iris.client.here() == iris.client.channel("Asamblea")["channel_id"],
                          5, "on the floor")
        self.assertEqual(iris.actions()[:9], [f"listen.{one}" for one in
                                              "en es fr ht pt de it ca".split()] + ["floor"])

    def test_a_moderator_has_all_languages(self):
        mona = self.enter("Mona", "Asamblea")
        actions = mona.actions()
        self.assertEqual(sum(one.startswith("listen.") for one in actions), 8)
        self.assertIn("interpreter", actions)
        self.assertLessEqual(len(actions), MOST)
        mona.client.join(mona.client.channel("Booth en-es")["channel_id"])
        self.assertEqual(mona.actions()[0], "air")
        self.assertIn("interpreter", mona.actions())
