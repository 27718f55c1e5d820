# SPDX-License-Identifier: BSD-3-Clause
"""The door of a meeting and the moderator's hand: lock, password, lobby, all muted, everybody back."""

import json
import signal
import os

from lib.observer import CHANNEL_STATE, TEXT_MESSAGE, USER_REMOVE
from lib.protobuf import last, text
from system.client import CHANNEL_REMOVE, DENIED_PERMISSION, REQUEST_BLOB
from system.roles import RolesCase
from system.test_admin import REFUSED, Runner

CONSOLE = "susurro.console"
PLUGIN_DATA, AUTHENTICATE, CONTEXT_ACTION = 26, 2, 17
ENTER = 4


class DoorCase(RolesCase, Runner):
    """What is shown of a door."""

    def console(self, client):
        """The newest state that its console was shown."""
        client.barrier()
        states = [json.loads(text(fields, 3)) for fields in client.kinds(PLUGIN_DATA)
                  if text(fields, 4) == CONSOLE]
        return states[-1] if states else {}

    def shows(self, client, **facts):
        client.until(lambda: all(self.console(client).get(key) == value
                                 for key, value in facts.items()), 5,
                     lambda: f"{facts} in {self.console(client)}")

    def description(self, client):
        client.barrier()
        states = [one for one in client.kinds(CHANNEL_STATE) if last(one, 1) == self.floor]
        newest = [one for one in states if 5 in one or 10 in one][-1:]
        if newest and 10 in newest[0]:
            newest = [one for kind, one in client.ask(REQUEST_BLOB, {3: self.floor})
                      if kind == CHANNEL_STATE]
        return text(newest[0], 5) if newest else ""

    def is_suppressed(self, client):
        client.barrier()
        return bool(client.users[client.session].get("suppress"))

    def suppressed(self, client, value):
        client.until(lambda: self.is_suppressed(client) == value, 5, f"suppressed: {value}")


class LockTest(DoorCase):
    """!lock, !unlock."""

    def tearDown(self):
        self.mona.command("!unlock")

    def test_locked(self):
        ana, outside = self.guest("Inside"), self.guest("Outside", "es")
        ana.join(self.english)
        self.says(self.mona, "!lock", "Asamblea is locked now (Mona)")
        self.assertEqual(outside.denied(outside.change(f5=self.floor)),
                         [(DENIED_PERMISSION, ENTER, self.floor)])
        self.told(outside, "está bajo llave")
        self.says(outside, "!es", "está bajo llave")
        self.assertEqual(outside.here(), 0)
        self.assertTrue(self.may_enter(ana, self.spanish))  # who is inside moves about
        ana.join(0)
        ana.join(self.floor)  # and comes back
        iris = self.guest("Iris")
        iris.join(self.booth)
        iris.join(self.floor)
        # They hear nothing by listening, whispering or making a channel either.
        frames = outside.change(f21=self.floor)
        self.assertTrue(outside.denied(frames))
        self.assertTrue(outside.denied(outside.ask(11, {3: self.floor, 5: "hello"})))
        self.says(self.mona, "!unlock", "not locked any more")
        outside.join(self.spanish)

    def test_who_loses_their_line(self):
        """Certificates and registrations are known again; a kick is for good."""
        ana = self.registered("Ana")
        ana.join(self.floor)
        berta = self.guest("B", certificate=self.certificates["Berta"])
        berta.join(self.floor)
        nobody = self.guest("Nobody")
        nobody.join(self.floor)
        self.mona.command("!lock")
        for client in (ana, berta, nobody):
            client.close()
            self.mona.until(lambda name=client.name: self.mona.user(name) is None, 5, "gone")
        ana = self.registered("Ana")
        self.assertEqual(ana.here(), self.floor)  # where they were last
        berta = self.guest("B", certificate=self.certificates["Berta"])
        self.assertTrue(self.may_enter(berta, self.floor))
        nobody = self.guest("Nobody")
        self.assertFalse(self.may_enter(nobody, self.floor))
        root = self.superuser()
        root.send(USER_REMOVE, {1: ana.session, 3: "enough"})
        ana.wait_closed()
        ana = self.registered("Ana")
        self.assertEqual(ana.here(), 0)
        self.assertFalse(self.may_enter(ana, self.floor))

    def test_restart_while_locked(self):
        ana = self.guest("A", certificate=self.certificates["Ana"])
        ana.join(self.floor)
        self.mona.command("!lock")
        self.restart()
        self.mona = self.guest("Mona")
        ana = self.guest("A", certificate=self.certificates["Ana"])
        outside = self.guest("Outside")
        self.assertTrue(self.may_enter(ana, self.floor))
        self.assertFalse(self.may_enter(outside, self.floor))

    def test_let_in_while_locked(self):
        outside = self.guest("Late")
        self.mona.command("!lock")
        self.answer(self.mona, "!admit Late", "is let in")
        self.told(outside, "You may enter Asamblea")
        outside.join(self.floor)
        moved = self.guest("Moved")
        root = self.superuser()
        root.move(moved.session, self.floor)
        self.is_at(moved, self.floor)
        moved.join(0)
        moved.join(self.floor)
        self.answer(self.mona, "!admit Moved", "already")

    def test_shown_out(self):
        """Whom a moderator moves out does not walk in again; who leaves by themselves may."""
        ana = self.guest("Shown Out", certificate=self.certificates["Eva"])
        ana.join(self.floor)
        self.mona.command("!lock")
        self.mona.move(ana.session, 0)
        self.is_at(ana, 0)
        self.assertFalse(self.may_enter(ana, self.floor))
        self.assertFalse(self.may_enter(ana, self.english))
        ana.close()
        self.mona.until(lambda: self.mona.user("Shown Out") is None, 5, "gone")
        ana = self.guest("Shown Out", certificate=self.certificates["Eva"])
        self.assertFalse(self.may_enter(ana, self.floor))
        self.answer(self.mona, "!admit Shown Out", "is let in")
        ana.join(self.floor)

    def test_it_is_shown(self):
        ana = self.guest("Viewer")
        ana.join(self.floor)
        ana.send(PLUGIN_DATA, {3: b"hello", 4: CONSOLE})
        self.shows(ana, locked=False, all_muted=False, lobby=False, waiting=0)
        outside = self.guest("Sees It")
        self.assertIn("locked", self.admin("meeting", "Asamblea", "lock"))
        self.shows(ana, locked=True)
        ana.until(lambda: "Bajo llave" in self.description(ana), 15, "the description says it")
        outside.barrier()
        state = [one for one in outside.kinds(CHANNEL_STATE) if last(one, 1) == self.floor][-1]
        outside.until(lambda: any((last(one, 12), last(one, 13)) == (1, 0)
                                  for one in outside.kinds(CHANNEL_STATE)
                                  if last(one, 1) == self.floor), 5, "a lock, and no entry")
        self.assertIn("not locked", self.admin("meeting", "Asamblea", "unlock"))
        self.shows(ana, locked=False)
        self.assertIsNotNone(state)


class MutedTest(DoorCase):
    """!muteall, !unmuteall, !allow."""

    def setUp(self):
        super().setUp()
        self.ana, self.berta, self.iris = self.guest("A"), self.guest("B", "es"), self.guest("Iris")
        self.ana.join(self.floor)
        self.berta.join(self.spanish)
        self.iris.join(self.floor)
        self.mona.join(self.floor)

    def tearDown(self):
        self.mona.command("!unmuteall")

    def test_everybody_but(self):
        self.says(self.mona, "!muteall", "participants of Asamblea are muted")
        self.told(self.ana, "are muted by a moderator")
        self.told(self.berta, "La moderación ha silenciado")
        self.assertEqual([self.is_suppressed(one) for one in
                          (self.ana, self.berta, self.iris, self.mona)], [True, True, False, False])
        late = self.guest("Late")
        late.join(self.floor)
        self.suppressed(late, True)
        self.told(late, "are muted by a moderator")
        self.answer(self.mona, "!allow A", "A may speak")
        self.told(self.ana, "You may speak")
        self.suppressed(self.ana, False)
        self.ana.join(self.english)  # also elsewhere
        self.suppressed(self.ana, False)
        self.says(self.mona, "!unmuteall", "may speak again")
        for client in (self.ana, self.berta, late):
            self.suppressed(client, False)
        self.mona.command("!muteall")  # anew: nobody is excepted
        self.suppressed(self.ana, True)

    def test_groups(self):
        """They talk on among themselves, and nobody tells them anything else before they come back."""
        self.says(self.mona, "!breakout 1", "Groups: 1")
        self.ana.until(lambda: self.ana.here() != self.floor, 5, "in a group")
        self.mona.join(self.ana.here())
        self.answer(self.mona, "!muteall", "are muted")
        self.assertFalse(self.is_suppressed(self.ana))
        self.ana.barrier()
        self.assertFalse([one for one in self.ana.kinds(TEXT_MESSAGE) if "muted" in text(one, 5)])
        self.mona.command("!back")
        self.suppressed(self.ana, True)
        self.told(self.ana, "are muted by a moderator")

    def test_allowed_elsewhere(self):
        outside = self.guest("Not Here")
        self.mona.command("!muteall")
        self.answer(self.mona, "!allow Not Here", "is not in this meeting")
        self.assertFalse([one for one in outside.kinds(TEXT_MESSAGE) if "may speak" in text(one, 5)])

    def test_by_the_menu_of_a_client(self):
        self.mona.command("!muteall")
        self.mona.change(self.ana.session, f8=False)
        self.suppressed(self.ana, False)
        self.mona.command("!interpreter Late")  # whatever makes the server look again
        self.mona.command("!lock")
        self.mona.command("!unlock")
        self.assertFalse(self.is_suppressed(self.ana))

    def test_who_has_the_floor(self):
        self.mona.command("!muteall")
        self.mona.command("!give A")
        self.suppressed(self.ana, False)
        self.mona.command("!give B")
        self.suppressed(self.berta, False)
        self.suppressed(self.ana, True)

    def test_roles_change_meanwhile(self):
        self.mona.command("!muteall")
        self.mona.command("!interpreter A")
        self.suppressed(self.ana, False)
        self.mona.command("!participant A")
        self.suppressed(self.ana, True)

    def test_by_admin_and_shown(self):
        self.ana.send(PLUGIN_DATA, {3: b"hello", 4: CONSOLE})
        self.assertIn("muted", self.admin("meeting", "Asamblea", "mute-all"))
        self.shows(self.ana, all_muted=True)
        self.assertIn("may speak", self.admin("meeting", "Asamblea", "allow", "B"))
        self.suppressed(self.berta, False)
        outside = self.guest("Outside")
        self.assertIn("not in that meeting",
                      self.admin("meeting", "Asamblea", "allow", outside.name, expect=REFUSED))
        self.assertIn("may speak", self.admin("meeting", "Asamblea", "unmute-all"))
        self.shows(self.ana, all_muted=False)
        self.suppressed(self.ana, False)

    def test_restart(self):
        self.mona.command("!muteall")
        self.restart()
        self.mona, ana = self.guest("Mona"), self.guest("A")
        ana.join(self.floor)
        self.suppressed(ana, True)


class AnyoneTest(DoorCase):
    """Where anyone may interpret, doors and a general mute hold all the same."""

    names = {"interpreters": "anyone", "moderators": "Mona"}

    def tearDown(self):
        self.mona.command("!unlock")
        self.mona.command("!unmuteall")

    def test_lock(self):
        inside, outside = self.guest("Inside"), self.guest("Outside", "es")
        inside.join(self.floor)
        self.mona.command("!lock")
        for place in (self.floor, self.english, self.booth):
            self.assertFalse(self.may_enter(outside, place))
        self.told(outside, "está bajo llave")
        inside.join(self.booth)  # who is in may interpret
        self.mona.command("!interpreter Outside")
        self.assertTrue(self.may_enter(outside, self.booth))

    def test_muted(self):
        ana, iris = self.guest("A"), self.guest("I")
        ana.join(self.floor)
        iris.join(self.booth)
        self.mona.command("!muteall")
        self.suppressed(ana, True)
        self.assertFalse(self.is_suppressed(iris))
        iris.join(self.english)
        self.suppressed(iris, True)

    def test_lobby(self):
        self.reload("lobby = on")
        ana = self.guest("Comes")
        ana.join(self.mona.channel("Asamblea (sala de espera)")["channel_id"])
        self.assertFalse(self.may_enter(ana, self.booth))
        self.told(self.mona, "Comes waits to enter")
        self.answer(self.mona, "!admit", "People let in: 1")
        self.is_at(ana, self.floor)
        self.reload("lobby = off")


class LobbyTest(DoorCase):
    """lobby = on, in two languages."""

    more = "lobby = on"

    def setUp(self):
        super().setUp()
        self.lobby = self.mona.channel("Asamblea (sala de espera)")["channel_id"]

    def test_waiting(self):
        ana = self.guest("Waits", "es")
        ana.change(f5=self.spanish)
        self.is_at(ana, self.lobby)
        self.told(ana, "Espera, por favor")
        self.told(self.mona, "Waits waits to enter Asamblea", "!admit")
        self.assertTrue(self.is_suppressed(ana))
        ana.change(f5=self.spanish)
        self.assertEqual(ana.here(), self.lobby)
        self.answer(self.mona, "!admit Waits", "is let in")
        self.is_at(ana, self.spanish)  # where they wanted to go
        self.told(ana, "Puedes entrar")
        ana.join(0)
        ana.join(self.floor)
        self.answer(self.mona, "!admit Waits", "already")
        self.answer(self.mona, "!admit", "Nobody is waiting")

    def test_somebody_called_all(self):
        """Who lets them in by a client's menu lets nobody else in."""
        other, ana = self.guest("Other"), self.guest("Todos")
        for client in (other, ana):
            client.command("!en")
            self.is_at(client, self.lobby)
        self.mona.send(CONTEXT_ACTION, {1: ana.session, 3: "susurro.admit"})
        self.is_at(ana, self.mona.channel("English")["channel_id"])
        self.assertEqual(other.here(), self.lobby)
        self.answer(self.mona, "!admit todos", "already")
        self.answer(self.mona, "!admit all", "let in")
        self.is_at(other, self.mona.channel("English")["channel_id"])

    def test_everybody(self):
        some = [self.guest(f"Guest {i}") for i in range(3)]
        for client in some:
            client.command("!en")
            self.is_at(client, self.lobby)
        other = self.guest("Stays Out")
        self.answer(self.mona, "!admit all", "People let in: 3")
        for client in some:
            self.is_at(client, self.english)
        self.assertEqual(other.here(), 0)

    def test_from_a_group(self):
        """A moderator in a breakout group has the whole meeting in hand, and its people keep the way in."""
        ana = self.guest("In A Group")
        ana.command("!en")
        self.mona.command("!admit")
        self.is_at(ana, self.english)
        self.mona.command("!lang en")
        self.says(self.mona, "!groups 1", "")
        group = ana.until(lambda: ana.here() not in (self.english, self.floor) and ana.here(), 5,
                          "in a group")
        self.mona.join(group)
        self.says(self.mona, "!lock", "Asamblea is locked now")
        ana.join(self.floor)
        ana.join(0)
        ana.join(self.floor)
        outside = self.guest("Outside Of It")
        self.assertFalse(self.may_enter(outside, group))
        self.says(self.mona, "!unlock", "Asamblea is not locked")
        ana.join(group)
        self.says(self.mona, "!gather", "People brought back")
        self.is_at(ana, self.english)  # from where the group was made

    def test_by_admin(self):
        ana, berta = self.guest("One"), self.guest("Two")
        ana.join(self.lobby)
        berta.join(self.lobby)
        self.assertIn("One is let in", self.admin("meeting", "Asamblea", "admit", "One"))
        self.is_at(ana, self.floor)
        self.assertIn("People let in: 1", self.admin("meeting", "Asamblea", "admit"))
        self.is_at(berta, self.floor)

    def test_who_does_not_wait(self):
        iris = self.guest("Iris")
        iris.join(self.floor)
        word = self.says(self.mona, "!invite participant 1", "inv-")[0].split("<br/>")[-1]
        ana = self.client("Invited", password=word)
        self.is_at(ana, self.floor)

    def test_known_again(self):
        ana = self.guest("Known", certificate=self.certificates["Ana"])
        ana.command("!en")
        self.mona.command("!admit Known")
        self.is_at(ana, self.english)
        ana.close()
        self.mona.until(lambda: self.mona.user("Known") is None, 5, "gone")
        self.restart()
        self.mona = self.guest("Mona")
        ana = self.guest("Known", certificate=self.certificates["Ana"])
        ana.join(self.floor)
        self.assertEqual(self.mona.channel("Asamblea (sala de espera)")["channel_id"], self.lobby)

    def test_in_the_lobby_nobody_is_heard_or_hears(self):
        ana, berta = self.guest("Silent"), self.guest("Deaf")
        ana.join(self.lobby)
        self.assertTrue(ana.denied(ana.change(f21=self.floor)))
        self.assertTrue(ana.denied(ana.ask(11, {3: self.floor, 5: "hello"})))
        self.assertTrue(berta.denied(berta.change(f21=self.floor)))

    def test_gathered(self):
        ana = self.guest("Gathered")
        ana.command("!en")
        berta = self.guest("Elsewhere")
        berta.command("!en")
        self.mona.command("!admit all")
        self.is_at(berta, self.english)
        root = self.superuser()
        root.ask(CHANNEL_STATE, {2: self.floor, 3: "Group"})
        group = root.channel("Group")["channel_id"]
        berta.barrier()
        berta.join(group)
        carla = self.guest("Waiting")
        carla.join(self.lobby)
        self.answer(self.mona, "!gather", "People brought back: 2")
        self.is_at(berta, self.english)
        self.told(berta, "brought you back to “English”")
        self.is_at(carla, self.floor)
        self.answer(self.mona, "!gather floor", "People brought back: 2")
        self.is_at(ana, self.floor)
        self.is_at(berta, self.floor)
        root.send(7 - 1, {1: group})
        root.barrier()

    def test_reload(self):
        self.reload("lobby = off")
        ana = self.guest("Free")
        ana.join(self.floor)
        ana.join(0)
        self.reload("lobby = on")
        berta = self.guest("Bound")
        berta.command("!en")
        self.is_at(berta, self.lobby)

    def test_without_its_channel(self):
        """A channel that comes by the number of the removed one is no lobby."""
        root = self.superuser()
        root.ask(CHANNEL_REMOVE, {1: self.lobby})
        root.ask(CHANNEL_STATE, {2: 0, 3: "Mine"})
        mine = root.channel("Mine")["channel_id"]
        ana = self.guest("Knocks")
        self.assertEqual(ana.denied(ana.change(f5=self.floor)),
                         [(DENIED_PERMISSION, ENTER, self.floor)])
        self.assertEqual(ana.here(), 0)
        root.ask(CHANNEL_REMOVE, {1: mine})
        self.reload("lobby = on")  # makes it anew
        ana.change(f5=self.floor)
        self.is_at(ana, self.mona.channel("Asamblea (sala de espera)")["channel_id"])

    def test_default_channel(self):
        """Whoever would arrive in the meeting arrives in the lobby."""
        self.server.write({**self.keys, "defaultchannel": self.english}, self.meeting)
        os.kill(self.server.process.pid, signal.SIGHUP)
        self.mona.until(lambda: "configuration read again" in self.server.process.log(), 5, "read")
        ana = self.guest("Arrives")
        self.assertEqual(ana.here(), self.lobby)
        self.told(self.mona, "Arrives waits")
        self.mona.command("!admit Arrives")
        self.is_at(ana, self.english)
        self.reload("lobby = on")


class HiddenLobbyTest(DoorCase):
    """hidechannels: who waits knows the lobby and nothing of the meeting."""

    more = "lobby = on"
    keys = {"hidechannels": True}

    def test_hidden(self):
        ana = self.guest("Waits")
        names = {one["name"] for one in ana.channels.values()}
        self.assertEqual(names, {"Root", "Asamblea (sala de espera)"})
        lobby = ana.channel("Asamblea (sala de espera)")["channel_id"]
        ana.join(lobby)
        self.told(ana, "Please wait")
        self.told(self.mona, "Waits waits")
        self.mona.command("!admit Waits")
        self.is_at(ana, self.floor)
        self.assertIn("English", {one["name"] for one in ana.channels.values()})
        self.mona.command("!lock")
        outside = self.guest("Outside")
        self.assertNotIn("Asamblea", {one["name"] for one in outside.channels.values()})
        self.mona.command("!unlock")


class PasswordTest(DoorCase):
    """password = …, by command and by access token."""

    more = 'password = "Open; Sesame"'

    def test_by_command(self):
        ana = self.guest("Says It", "es")
        self.assertEqual(ana.denied(ana.change(f5=self.floor)),
                         [(DENIED_PERMISSION, ENTER, self.floor)])
        self.told(ana, "tiene una contraseña", "!contraseña", "fichas de acceso")
        self.answer(ana, "!contraseña nope", "no es la contraseña")
        self.says(ana, "!contraseña Open; Sesame", "es correcta")
        self.is_at(ana, self.floor)
        ana.join(0)
        ana.join(self.spanish)

    def test_by_token(self):
        ana = self.client("Has It", login={"f3": ["x", "open; sesame"]})
        ana.join(self.floor)
        berta = self.client("Gets It")
        self.assertFalse(self.may_enter(berta, self.floor))
        berta.send(AUTHENTICATE, {3: ["Open; Sesame"]})
        berta.barrier()
        self.assertTrue(self.may_enter(berta, self.floor))
        carla = self.client("With The Move")
        carla.change(f5=self.floor, f20=["Open; Sesame"])
        self.is_at(carla, self.floor)
        dora = self.client("Wrong", login={"f3": ["open", "open; sesam", "open; sesame!"]})
        self.assertFalse(self.may_enter(dora, self.floor))

    def test_roles_need_none(self):
        iris = self.guest("Iris")
        iris.join(self.floor)
        ana = self.guest("Admitted")
        self.answer(self.mona, "!admit Admitted", "is let in")
        ana.join(self.floor)

    def test_never_in_the_log_nor_shown(self):
        ana = self.guest("Looks")
        ana.command("!password Open; Sesame")
        self.assertNotIn("Sesame", self.server.process.log())
        self.assertNotIn("Sesame", str(ana.received))

    def test_another_password(self):
        ana = self.guest("Knew", certificate=self.certificates["Eva"])
        ana.command("!password Open; Sesame")
        ana.join(0)
        self.reload('password = "Other"')
        self.assertFalse(self.may_enter(ana, self.floor))
        berta = self.guest("Knows Old")
        self.answer(berta, "!password Open; Sesame", "not the password")
        self.says(berta, "!password other", "is right")
        self.reload(self.more)

    def test_another_password_by_a_restart(self):
        ana = self.guest("Came In", certificate=self.certificates["Ana"])
        ana.command("!password Open; Sesame")
        ana.join(0)
        self.restart()
        ana = self.guest("Came In", certificate=self.certificates["Ana"])
        self.assertTrue(self.may_enter(ana, self.floor))
        self.server.write(self.keys, self.meeting.replace("Open; Sesame", "Other"))
        self.restart()
        ana = self.guest("Came In", certificate=self.certificates["Ana"])
        self.assertFalse(self.may_enter(ana, self.floor))
        self.server.write(self.keys, self.meeting)
        self.restart()
        self.mona = self.guest("Mona")

    def test_restored_from_the_database(self):
        """A meeting that the file no longer names keeps its password."""
        self.server.write(self.keys, "")
        self.restart()
        ana = self.guest("Comes")
        self.assertFalse(self.may_enter(ana, self.floor))
        self.says(ana, "!password Open; Sesame", "is right")
        self.server.write(self.keys, self.meeting)
        self.restart()
        self.mona = self.guest("Mona")

    def test_too_many_wrong_ones(self):
        """The host waits then, even with the right one."""
        ana = self.guest("Guesses")
        for i in range(12):
            self.answer(ana, f"!password guess{i}", "not the password")
        self.answer(ana, "!password Open; Sesame", "too often")


class NoPasswordTest(DoorCase):
    """Where there is none."""

    def test_none(self):
        self.answer(self.mona, "!password x", "Asamblea asks for no password")
