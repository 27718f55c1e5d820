# SPDX-License-Identifier: BSD-3-Clause
"""Who is what in a meeting: by the file, by moderators, by the ACL dialog; kept, and taken back."""

import json

from lib.observer import TEXT_MESSAGE
from lib.protobuf import decode, last, text
from system.client import CHANNEL_REMOVE
from system.roles import RolesCase
from system.test_admin import DONE, NOT_FOUND, REFUSED, USAGE, Runner

ACL = 13
CONSOLE = "susurro.console"
PLUGIN_DATA = 26


class RolesTest(RolesCase, Runner):
    """Chat commands, groups, restarts."""

    def groups(self):
        """The groups of the floor channel as the ACL dialog shows them: {name: members}."""
        root = self.superuser()
        frames = root.ask(ACL, {1: self.floor, 5: True})
        answer = [fields for kind, fields in frames if kind == ACL][0]
        root.close()
        return {text(group, 1): set(group.get(5, [])) for group in map(decode, answer.get(3, []))}

    def test_groups_are_there_from_the_start(self):
        self.assertGreaterEqual(set(self.groups()), {"interpreters", "moderators", "participants"})

    def test_a_guest_is_made_interpreter_and_participant_again(self):
        ana = self.guest("Guest A")
        self.assertFalse(self.may_enter(ana, self.booth))
        self.answer(self.mona, "!interpreter Guest A", "now an interpreter of Asamblea")
        self.told(ana, "You are now an interpreter", "Booth en-es")
        ana.join(self.booth)
        self.answer(self.mona, "!participant Guest A", "now a participant of Asamblea")
        self.told(ana, "You are now a participant")
        self.is_at(ana, self.floor)
        self.assertFalse(self.may_enter(ana, self.booth))
        ana.close()
        self.mona.until(lambda: self.mona.user("Guest A") is None, 5, "they are gone")

    def test_leaving_the_booth_ends_being_on_air(self):
        ana = self.guest("On Air")
        self.mona.command("!interpreter On Air")
        ana.join(self.booth)
        ana.command("!air")
        self.told(ana, "You are on air")
        self.mona.command("!participant On Air")
        self.is_at(ana, self.floor)
        ana.send(PLUGIN_DATA, {3: b"hello", 4: CONSOLE})
        ana.until(lambda: any(json.loads(text(fields, 3))["booths"][0]["on_air"] is None
                              for fields in ana.kinds(PLUGIN_DATA)[-1:]), 5, "nobody is on air")

    def test_in_spanish(self):
        ana = self.guest("Invitada", "es")
        self.mona.command("!lang es")
        self.answer(self.mona, "!intérprete Invitada", "ahora interpreta en Asamblea")
        self.told(ana, "Ahora eres intérprete")
        self.answer(self.mona, "!participante Invitada", "ahora participa en Asamblea")
        self.told(ana, "Ahora participas en Asamblea")
        self.answer(self.mona, "!moderadora Invitada", "ahora modera Asamblea")
        self.told(ana, "Ahora moderas Asamblea", "!ayuda")
        self.assertIn("Para la moderación", ana.command("!ayuda")[0])

    def test_a_guests_role_is_of_the_connection(self):
        self.guest("Passing")
        self.mona.command("!interpreter Passing")
        again = self.guest("Passing")  # from the same host: the first gives way
        self.assertFalse(self.may_enter(again, self.booth))

    def test_registered_people_keep_theirs(self):
        ana, berta, eva = (self.registered(name) for name in ("Ana", "Berta", "Eva"))
        for name in ("Ana", "Berta", "Eva"):
            role = {"Ana": "interpreter", "Berta": "moderator", "Eva": "participant"}[name]
            self.answer(self.mona, f"!{role} {name}", role)
        ids = {one.name: one.users[one.session]["user_id"] for one in (ana, berta, eva)}
        groups = self.groups()
        self.assertEqual([groups[name] for name in ("interpreters", "moderators", "participants")],
                         [{ids["Ana"]}, {ids["Berta"]}, {ids["Eva"]}])
        self.restart()
        self.mona = self.guest("Mona")
        ana, berta, eva = (self.registered(name) for name in ("Ana", "Berta", "Eva"))
        self.assertEqual([self.may_enter(one, self.booth) for one in (ana, berta, eva)],
                         [True, True, False])
        self.answer(berta, "!interpreter Eva", "now an interpreter")
        self.assertTrue(self.may_enter(eva, self.booth))
        self.answer(eva, "!interpreter Ana", "Only moderators")
        # Moderators of the meeting may take each other's role back.
        self.answer(self.mona, "!participant Berta", "now a participant")
        self.answer(berta, "!interpreter Eva", "Only moderators")
        groups = self.groups()
        self.assertEqual([groups[name] for name in ("interpreters", "moderators", "participants")],
                         [{ids["Ana"], ids["Eva"]}, set(), {ids["Berta"]}])

    def test_who_registers_keeps_what_they_were_given(self):
        certificate = self.certificates["Eva"]
        eva = self.guest("Eva Nueva", certificate=certificate)
        if eva.users[eva.session].get("user_id") is None:
            self.mona.command(f"!interpreter {eva.name}")
            eva.change(f4=0)
            self.assertIn(eva.users[eva.session]["user_id"], self.groups()["interpreters"])

    def test_the_acl_dialog(self):
        ana = self.registered("Ana")
        number = ana.users[ana.session]["user_id"]

        def edit(**groups):
            root = self.superuser()
            root.ask(ACL, {1: self.floor, 2: True, 3: [
                {1: name, 3: True, 4: True, 5: list(members)} for name, members in groups.items()]})
            root.close()

        edit(interpreters=[number], moderators=[], participants=[])
        ana.barrier()
        ana.join(self.booth)
        edit(interpreters=[], moderators=[], participants=[])
        self.is_at(ana, self.floor)  # who has lost the right leaves
        self.assertFalse(self.may_enter(ana, self.booth))
        edit(moderators=[number])
        self.says(ana, "!lock", "is locked now")
        self.says(ana, "!unlock", "not locked")
        edit()  # even without any groups it works
        self.answer(self.mona, "!interpreter Ana", "now an interpreter")
        self.assertEqual(self.groups()["interpreters"], {number})
        edit(interpreters=[], moderators=[], participants=[])

    def test_who_moderates_by_the_file_stays(self):
        self.answer(self.mona, "!participant Mona", "cannot be taken back here")
        self.answer(self.mona, "!interpreter Mona", "cannot be taken back here")
        root = self.superuser()
        self.answer(self.mona, "!participant SuperUser", "cannot be taken back here")
        root.close()
        self.answer(self.mona, "!participant Iris", "nobody")
        iris = self.guest("Iris")
        iris.join(self.booth)
        self.answer(self.mona, "!participant Iris", "now a participant")
        self.is_at(iris, self.floor)

    def test_a_reload_changes_names(self):
        berta = self.guest("Nueva")
        iris = self.guest("Iris")
        iris.join(self.booth)
        self.reload(interpreters="Nueva", moderators="Mona, Otra")
        self.is_at(iris, self.floor)
        self.told(iris, "You are now a participant")
        berta.join(self.booth)
        self.reload()
        self.is_at(berta, self.floor)
        self.assertTrue(self.may_enter(iris, self.booth))

    def test_without_the_right_or_sense(self):
        ana = self.guest("Nobody Special")
        for word in ("interpreter", "participant", "moderator", "invite", "admit", "lock", "unlock",
                     "muteall", "unmuteall", "allow", "gather", "floorlang", "pivot", "turn"):
            with self.subTest(word):
                self.answer(ana, f"!{word} Iris", "Only moderators")
                self.answer(ana, f"!{word}", "Only moderators")
        self.assertNotIn("For moderators", ana.command("!help")[0])
        for command, part in (("!interpreter", "Write the name behind"), ("!interpreter Nobody", "Nobody"),
                              ("!participant Español 🎧", "Español"), ("!moderator <b>", "&lt;b&gt;"),
                              ("!floorlang xx", "no language"), ("!pivot xx", "no language"),
                              ("!turn nothing", "no booth “nothing”")):
            with self.subTest(command):
                if command.endswith("<b>"):
                    command = "!moderator &lt;b&gt;"
                self.answer(self.mona, command, part)

    def test_what_is_missing(self):
        """Who leaves out the language or the name is asked for it."""
        ana = self.guest("Nora")
        ana.join(self.floor)
        for client, line in ((ana, "!speak"), (ana, "!understand"), (ana, "!lang"), (self.mona, "!floorlang"),
                             (self.mona, "!pivot")):
            with self.subTest(line):
                self.answer(client, line, "Which language?", "Español (es)")
        for line in ("!give", "!interpreter", "!participant", "!moderator", "!allow"):
            with self.subTest(line):
                self.answer(self.mona, line, "Write the name behind")

    def test_who_is_elsewhere(self):
        self.guest("Elsewhere")
        for line in ("!lang Elsewhere en", "!line Elsewhere thin", "!allow Elsewhere", "!breakout Elsewhere 1"):
            with self.subTest(line):
                self.answer(self.mona, line, "Elsewhere is not in this meeting")

    def test_nearly_a_command(self):
        """What is suggested is of the reader's own language, or a slip of one letter."""
        ana = self.guest("Nora")
        ana.join(self.floor)
        for line, part in (("!haand", "Did you mean !hand?"), ("!histori", "Did you mean !history?"),
                           ("!manoo", "Did you mean !mano?"), ("!sglg", "Write !help"), ("!xyzxyz", "Write !help")):
            with self.subTest(line):
                self.answer(ana, line, part)

    def test_what_booths_are_told(self):
        self.answer(self.mona, "!floorlang en", "English")
        self.answer(self.mona, "!pivot es", "Español")
        self.answer(self.mona, "!pivot no", "No language")
        self.answer(self.mona, "!turn", "change direction now")
        self.answer(self.mona, "!turn en-es", "change direction now")
        self.answer(self.mona, "!turn es-en", "change direction now")
        self.answer(self.mona, "!turn Booth en-es", "change direction now")

    def test_two_moderators_at_once(self):
        """Both are obeyed, in some order; nobody is half something."""
        ana, second = self.guest("Between"), self.guest("Second")
        self.mona.command("!moderator Second")
        for client, word in ((self.mona, "interpreter"), (second, "participant")) * 5:
            client.send(TEXT_MESSAGE, {3: client.here(), 5: f"!{word} Between"})
        self.mona.barrier()
        second.barrier()
        ana.barrier()
        self.mona.command("!interpreter Between")
        self.assertTrue(self.may_enter(ana, self.booth))

    def test_console(self):
        ana = self.guest("Console")
        ana.join(self.english)
        ana.send(PLUGIN_DATA, {3: b"hello", 4: CONSOLE})

        def role():
            return json.loads(text(ana.kinds(PLUGIN_DATA)[-1], 3))["me"]["role"] \
                if ana.kinds(PLUGIN_DATA) else None

        ana.until(lambda: role() == "participant", 5, "a participant")
        for word in ("interpreter", "moderator", "participant"):
            self.mona.command(f"!{word} Console")
            ana.until(lambda word=word: role() == word, 5, word)

    def test_by_admin(self):
        ana = self.registered("Ana")
        self.assertIn("is an interpreter", self.admin("meeting", "Asamblea", "interpreter", "Ana"))
        self.assertTrue(self.may_enter(ana, self.booth))
        guest = self.guest("Guest B")
        guest.join(self.floor)
        roles = {one["name"]: one for one in
                 self.json("meeting", "Asamblea", "roles")["roles"]}
        self.assertEqual({name: roles[name]["role"] for name in ("Ana", "Guest B", "Mona")},
                         {"Ana": "interpreter", "Guest B": "participant", "Mona": "moderator"})
        ana.close()
        self.mona.until(lambda: self.mona.user("Ana") is None, 5, "Ana has gone")
        roles = {one["name"]: one for one in
                 self.json("meeting", "Asamblea", "roles")["roles"]}
        self.assertEqual((roles["Ana"]["role"], roles["Ana"]["here"]), ("interpreter", False))
        self.assertIn("is a participant", self.admin("meeting", "asamblea", "participant", "Guest B"))
        self.assertIn("is a moderator", self.admin("meeting", "Asamblea", "moderator", "Guest B"))
        self.says(guest, "!lock", "is locked now")
        self.says(guest, "!unlock", "not locked")
        for words, expect in ((("participant", "Mona"), REFUSED), (("moderator", "Nadie"), NOT_FOUND),
                              (("floor-language", "xx"), NOT_FOUND), (("turn", "xx"), NOT_FOUND),
                              (("invite", "--role", "king"), USAGE), (("dance",), USAGE),
                              (("invite", "--role", "moderator", "--for", "soon"), USAGE),
                              (("floor-language", "en"), DONE), (("pivot", "en"), DONE),
                              (("pivot",), DONE), (("turn", "en-es"), DONE), (("turn",), DONE),
                              (("gather",), DONE), (("gather", "floor"), DONE)):
            with self.subTest(words):
                self.admin("meeting", "Asamblea", *words, expect=expect)


class EndedTest(RolesCase):
    """A meeting ends with the floor, and with any of its languages and booths; nobody is left to guess."""

    keys = {"recordings": "recordings"}

    def test_in_the_middle_of_everything(self):
        for victim in ("Asamblea", "Español", "Booth en-es"):
            with self.subTest(victim):
                root, outside = self.superuser(), self.guest("Outside")
                ana, berta, iris = self.guest("Ana"), self.guest("Berta", "es"), self.guest("Iris", "fr")
                ana.join(self.floor)
                berta.join(self.spanish)
                iris.join(self.booth)
                self.mona.join(self.floor)
                for line in ("!poll x? / a / b", "!limit 20", "!muteall", "!lock", "!record on"):
                    self.mona.command(line)
                iris.command("!air")
                ana.command("!hand")
                self.mona.command("!give Ana")
                self.told(berta, "esta reunión se graba")
                n = len(self.mona.kinds(TEXT_MESSAGE))
                root.send(CHANNEL_REMOVE, {1: self.mona.channel(victim)["channel_id"]})
                self.told(ana, "“Asamblea” is no meeting any more")
                self.told(berta, "«Asamblea» ya no es una reunión")
                self.told(iris, "n’est plus une réunion")
                self.told(root, "“Asamblea” is no meeting any more")
                self.told(ana, "The recording has ended")
                self.mona.barrier()
                self.assertEqual(sum("no meeting any more" in text(one, 5)
                                     for one in self.mona.kinds(TEXT_MESSAGE)[n:]), 1)
                self.assertFalse([one for one in outside.kinds(TEXT_MESSAGE) if "no meeting any" in text(one, 5)])
                self.answer(ana, "!hand", "There is no meeting")
                for client in (root, outside, ana, berta, iris, self.mona):
                    client.close()
                self.restart()
                self.setUp()

    def test_a_group(self):
        """Of a group with interpreters only those in it hear; and nobody when all come back."""
        ana, iris = self.guest("Ana"), self.guest("Iris")
        ana.join(self.floor)
        iris.join(self.booth)
        self.mona.join(self.floor)
        self.mona.command("!breakout 1 interpreters")
        self.mona.command("!back")
        ana.barrier()
        self.assertFalse([one for one in ana.kinds(TEXT_MESSAGE) if "no meeting any" in text(one, 5)])
        self.mona.command("!breakout 1 interpreters")
        group = ana.until(lambda: ana.here() != self.floor and ana.here(), 5, "in the group")
        ana.barrier()
        track = [number for number, one in ana.channels.items()
                 if one.get("parent") == group and one["name"] == "English"][0]
        self.superuser().send(CHANNEL_REMOVE, {1: track})
        self.told(ana, "is no meeting any more")
        self.mona.barrier()
        self.assertFalse([one for one in self.mona.kinds(TEXT_MESSAGE) if "no meeting any" in text(one, 5)])
        self.mona.command("!back")
        self.is_at(ana, self.floor)
