# SPDX-License-Identifier: BSD-3-Clause
"""Texts, flags, kicks, comments and pictures: what people do to each other."""

import hashlib
import time
import unittest

from lib import protobuf
from lib.observer import (CHANNEL_STATE, PING, TEXT_MESSAGE, USER_REMOVE, USER_STATE, USER_STATS)
from lib.protobuf import last, text
from lib.server import MEETING
from system.case import SystemTest
from system.client import (DENIED_PERMISSION, DENIED_SUPERUSER, DENIED_TEXT_TOO_LONG,
                           DENIED_USER_NAME, REQUEST_BLOB)

MUTE, DEAF, SUPPRESS, SELF_MUTE, SELF_DEAF, PRIORITY, RECORDING = 6, 7, 8, 9, 10, 18, 19
TEXT_RIGHT, MUTE_RIGHT, MOVE_RIGHT, KICK_RIGHT, BAN_RIGHT = 0x200, 0x10, 0x20, 0x30000, 0x20000
NAMES = {MUTE: "mute", DEAF: "deaf", SUPPRESS: "suppress", SELF_MUTE: "self_mute",
         SELF_DEAF: "self_deaf", PRIORITY: "priority_speaker", RECORDING: "recording"}


def texts(frames):
    """The texts among these, as (actor, text)."""
    return [(last(fields, 1), text(fields, 5)) for kind, fields in frames if kind == TEXT_MESSAGE]


class TextTest(SystemTest):
    """With a meeting whose booth is open to one interpreter."""

    meeting = MEETING.replace("anyone", "Iris")
    keys = {"textmessagelength": 100, "imagemessagelength": 1000}
    has_superuser = True

    def setUp(self):
        self.ana, self.berta, self.iris = (self.client(name) for name in ("Ana", "Berta", "Iris"))
        self.floor, self.english, self.booth = (self.ana.channel(name)["channel_id"] for name in
                                                ("Asamblea", "English", "Booth en-es"))

    def heard(self, *clients):
        return [texts(one.barrier()) for one in clients]

    def write(self, message="hola", **fields):
        """A text of Ana's; what she is told."""
        self.heard(self.ana, self.berta, self.iris)
        return self.ana.ask(TEXT_MESSAGE,
                            {**{int(key[1:]): value for key, value in fields.items()}, 5: message})

    def test_to_user_channel_and_tree(self):
        self.berta.join(self.english)
        ours = [(self.ana.session, "hola")]
        for fields, to_berta, to_iris in (
                ({"f2": self.berta.session}, ours, []), ({"f3": 0}, [], ours),
                ({"f3": self.english}, ours, []), ({"f4": 0}, ours, ours),
                ({"f4": self.floor}, ours, []), ({"f3": self.floor}, ours, []),
                ({"f2": [self.berta.session, 999], "f3": [0, self.english], "f4": 0}, ours, ours)):
            with self.subTest(fields):
                self.assertEqual(self.write(**fields), [], "no echo")
                self.assertEqual(self.heard(self.berta, self.iris), [to_berta, to_iris])

    def test_unknown_receivers(self):
        for fields in ({"f3": 999}, {"f4": 999}, {"f2": 999}, {"f3": [0, 999]}, {}):
            with self.subTest(fields):
                self.assertEqual(self.write(**fields), [])
                self.assertEqual(self.heard(self.berta, self.iris), [[], []])

    def test_actor_is_the_sender(self):
        self.write(f1=self.iris.session, f2=self.berta.session)
        self.assertEqual(self.heard(self.berta), [[(self.ana.session, "hola")]])

    def test_empty_and_long(self):
        self.assertEqual(self.write("", f3=0), [])
        for message in ("x" * 101, "ñ" * 101, "🎧" * 51):
            denied = self.ana.denied(self.write(message, f3=0))
            self.assertEqual([one[0] for one in denied], [DENIED_TEXT_TOO_LONG])
        self.assertEqual(self.heard(self.berta), [[]])
        for message in ("x" * 100, "ñ" * 100, "🎧" * 50):
            self.assertEqual(self.write(message, f3=0), [])
            self.assertEqual(self.heard(self.berta), [[(self.ana.session, message)]])

    def test_images_may_be_longer(self):
        image = "<img src='data:" + "A" * 500 + "'/>"
        self.assertEqual(self.write(image, f3=0), [])
        self.assertEqual(self.heard(self.berta), [[(self.ana.session, image)]])
        denied = self.ana.denied(self.write(image + "A" * 1000, f3=0))
        self.assertEqual([one[0] for one in denied], [DENIED_TEXT_TOO_LONG])

    def test_booths_are_private(self):
        """They read what the meeting writes, as written to the floor; nobody writes into them."""
        self.iris.join(self.booth)
        self.berta.join(self.english)
        self.write(f4=self.floor)
        self.assertEqual(self.heard(self.berta), [[(self.ana.session, "hola")]])
        frames = [fields for kind, fields in self.iris.barrier() if kind == TEXT_MESSAGE]
        self.assertEqual([(last(one, 1), one.get(3), one.get(4)) for one in frames],
                         [(self.ana.session, [self.floor], None)])
        self.assertTrue(text(frames[0], 5).endswith(" hola"))
        for fields in ({"f3": self.booth}, {"f4": self.booth}, {"f2": self.iris.session},
                       {"f3": [self.english, self.booth]}):
            with self.subTest(fields):
                denied = self.ana.denied(self.write(**fields))
                self.assertEqual([one[:2] for one in denied], [(DENIED_PERMISSION, TEXT_RIGHT)])
                self.assertEqual(self.heard(self.berta, self.iris), [[], []])
        self.iris.say("desde la cabina", session=self.ana.session)
        self.iris.barrier()
        self.assertEqual(self.heard(self.ana), [[(self.iris.session, "desde la cabina")]])

    def test_commands_go_to_nobody(self):
        self.write("!nada", f3=0)
        self.assertEqual(self.heard(self.berta), [[]])
        self.write("!!! hola", f3=0)
        self.assertEqual(self.heard(self.berta), [[(self.ana.session, "!!! hola")]])


class PlainTextTest(SystemTest):
    """allowhtml = false."""

    keys = {"allowhtml": "false", "textmessagelength": 40}

    def test_html_is_taken_out(self):
        ana, berta = self.client("Ana"), self.client("Berta")
        self.assertEqual(last(ana.kinds(24)[0], 3), 0)
        for given, expected in (("<b>hola</b> a <i>todas</i>", "hola a todas"), ("a < b", "a &lt; b"),
                                ("<script>x</script>", "x"), ("a &amp;  b", "a &amp; b"),
                                ("<img src='x' alt='" + "y" * 500 + "'/>hola", "hola")):
            with self.subTest(given):
                ana.say(given)
                ana.barrier()
                self.assertEqual(texts(berta.barrier()), [(ana.session, expected)])
        for nothing in ("<br/>", "  ", "<p></p>"):
            ana.say(nothing)
            ana.barrier()
            self.assertEqual(texts(berta.barrier()), [])


class FlagTest(SystemTest):
    """Mute and deaf and what else a UserState carries."""

    keys = {"moderators": "Mona", "textmessagelength": 300}
    meeting = MEETING
    has_superuser = True

    def setUp(self):
        self.ana, self.berta, self.mona = (self.client(name) for name in ("Ana", "Berta", "Mona"))

    def flags(self, session):
        """The flags of a user as a newcomer and as those present see them; they must agree."""
        self.ana.barrier()
        seen = []
        for client in (self.ana, self.client("Nueva")):
            user = client.users[session]
            seen.append({n for n, name in NAMES.items() if user.get(name)})
        deaf_says_mute = {n for n, stronger in ((MUTE, DEAF), (SELF_MUTE, SELF_DEAF))
                          if stronger in seen[0]}
        self.assertEqual(seen[0], seen[1] | deaf_says_mute)
        return seen[0]

    def test_self(self):
        for sent, expected in (({SELF_MUTE: 1}, {SELF_MUTE}), ({SELF_MUTE: 0}, set()),
                               ({SELF_DEAF: 1}, {SELF_MUTE, SELF_DEAF}),
                               ({SELF_DEAF: 0}, {SELF_MUTE}), ({SELF_DEAF: 1}, {SELF_MUTE, SELF_DEAF}),
                               ({SELF_MUTE: 0}, set()), ({RECORDING: 1}, {RECORDING}),
                               ({RECORDING: 0}, set())):
            with self.subTest(sent):
                frames = self.berta.change(**{f"f{n}": value for n, value in sent.items()})
                self.assertEqual(self.berta.denied(frames), [])
                self.assertEqual(self.flags(self.berta.session), expected)

    def test_what_is_told(self):
        """What was asked for, and what it implies; nothing else of the user."""
        root, target = self.superuser(), self.berta.session
        for client, sent, expected in (
                (self.berta, {SELF_MUTE: 1}, {SELF_MUTE: 1}),
                (self.berta, {SELF_MUTE: 0}, {SELF_MUTE: 0, SELF_DEAF: 0}),
                (self.berta, {SELF_DEAF: 1}, {SELF_MUTE: 1, SELF_DEAF: 1}),
                (self.berta, {SELF_DEAF: 0}, {SELF_DEAF: 0}),
                (self.berta, {SELF_MUTE: 0, SELF_DEAF: 1}, {SELF_MUTE: 1, SELF_DEAF: 1}),
                (self.berta, {RECORDING: 1}, {RECORDING: 1}),
                (self.berta, {RECORDING: 1}, None),
                (self.berta, {RECORDING: 0}, {RECORDING: 0}),
                (self.berta, {12: b"context", 13: "identity"}, None),
                (self.berta, {20: ["secret"], SELF_MUTE: 1}, {SELF_MUTE: 1}),
                (root, {MUTE: 1}, {MUTE: 1}), (root, {MUTE: 0}, {MUTE: 0, DEAF: 0}),
                (root, {DEAF: 1}, {MUTE: 1, DEAF: 1}), (root, {DEAF: 0}, {DEAF: 0}),
                (root, {SUPPRESS: 0}, {SUPPRESS: 0}), (root, {PRIORITY: 1}, {PRIORITY: 1}),
                (root, {5: self.ana.channel("Asamblea")["channel_id"]},
                 {5: self.ana.channel("Asamblea")["channel_id"], PRIORITY: 0}),
                (root, {5: 0, MUTE: 1}, {5: 0, MUTE: 1}), (root, {5: 0, MUTE: 0}, None)):
            with self.subTest(sent):
                self.ana.barrier()
                client.change(target, **{f"f{n}": value for n, value in sent.items()})
                told = [{n: values[-1] for n, values in fields.items()}
                        for kind, fields in self.ana.barrier() if kind == USER_STATE]
                self.assertEqual(told, [] if expected is None else
                                 [{1: target, 2: client.session, **expected}])

    def test_actor_is_told(self):
        self.mona.change(self.berta.session, f6=1)
        state = [fields for kind, fields in self.ana.barrier() if kind == USER_STATE][-1]
        self.assertEqual((last(state, 1), last(state, 2), last(state, 6)),
                         (self.berta.session, self.mona.session, 1))

    def test_by_moderator(self):
        for sent, expected in (({MUTE: 1}, {MUTE}), ({MUTE: 0}, set()), ({DEAF: 1}, {MUTE, DEAF}),
                               ({DEAF: 0}, {MUTE}), ({DEAF: 1}, {MUTE, DEAF}), ({MUTE: 0}, set()),
                               ({PRIORITY: 1}, {PRIORITY}), ({PRIORITY: 0}, set())):
            with self.subTest(sent):
                self.mona.change(self.berta.session, **{f"f{n}": v for n, v in sent.items()})
                self.assertEqual(self.flags(self.berta.session), expected)

    def test_priority_ends_with_the_place(self):
        self.mona.change(self.berta.session, f18=1)
        self.berta.join(self.berta.channel("Asamblea")["channel_id"])
        self.assertEqual(self.flags(self.berta.session), set())

    def test_guests_may_not(self):
        for flag in (MUTE, DEAF, SUPPRESS, PRIORITY):
            for target in (self.ana, self.berta):
                frames = self.ana.change(target.session, **{f"f{flag}": 1})
                self.assertEqual([one[:2] for one in self.ana.denied(frames)],
                                 [(DENIED_PERMISSION, MUTE_RIGHT)])
        frames = self.mona.change(self.berta.session, f8=1)
        self.assertEqual([one[0] for one in self.mona.denied(frames)], [DENIED_PERMISSION])
        self.assertEqual(self.flags(self.berta.session), set())

    def test_self_only_of_others_is_dropped(self):
        for fields in ({"f9": 1}, {"f10": 1}, {"f19": 1}, {"f13": "x"}, {"f9": 1, "f6": 1}):
            self.assertEqual(self.mona.change(self.berta.session, **fields), [])
        self.assertEqual(self.flags(self.berta.session), set())

    def test_rename_is_denied(self):
        frames = self.ana.change(f3="Eva", f9=1)
        self.assertEqual([one[0] for one in self.ana.denied(frames)], [DENIED_USER_NAME])
        self.assertEqual(self.flags(self.ana.session), set(), "the whole message is dropped")

    def test_superuser_is_untouched(self):
        root = self.superuser()
        for client in (self.mona, root):
            for flag in (MUTE, DEAF, SUPPRESS, PRIORITY):
                frames = client.change(root.session, **{f"f{flag}": 0 if flag == SUPPRESS else 1})
                self.assertEqual([one[0] for one in client.denied(frames)], [DENIED_SUPERUSER])
        frames = self.mona.change(root.session, f5=1)
        self.assertEqual([one[0] for one in self.mona.denied(frames)], [DENIED_SUPERUSER])
        self.assertEqual(self.flags(root.session), {SUPPRESS})
        for client in (self.mona, root):
            frames = client.ask(USER_REMOVE, {1: root.session})
            self.assertEqual(client.denied(frames), [(DENIED_PERMISSION, KICK_RIGHT, 0)])
        root.barrier()

    def test_kick(self):
        frames = self.ana.ask(USER_REMOVE, {1: self.berta.session, 3: "fuera"})
        self.assertEqual([one[:2] for one in self.ana.denied(frames)],
                         [(DENIED_PERMISSION, KICK_RIGHT)])
        self.mona.send(USER_REMOVE, {1: self.berta.session, 3: "fuera"})
        self.berta.wait_closed()
        for client in (self.berta, self.ana):
            client.until(lambda one=client: one.kinds(USER_REMOVE), 5, "UserRemove")
            told = client.kinds(USER_REMOVE)[0]
            self.assertEqual((last(told, 1), last(told, 2), text(told, 3)),
                             (self.berta.session, self.mona.session, "fuera"))

    def test_kicked_while_talking(self):
        """What the server no longer reads must not cost the reason."""
        for i in range(10):
            loud = self.client("Loud")
            for k in range(200):
                loud.tunnel(b"\x80" + bytes([k % 100]) + b"\x40\x40" + bytes(64))
            self.mona.send(USER_REMOVE, {1: loud.session, 3: f"{i}"})
            try:
                for k in range(200):
                    loud.tunnel(b"\x80" + bytes([k % 100]) + b"\x40\x40" + bytes(64))
            except OSError:
                pass
            loud.wait_closed()
            self.assertEqual([text(one, 3) for one in loud.kinds(USER_REMOVE)
                              if last(one, 1) == loud.session], [f"{i}"])

    def test_moderators_do_not_ban(self):
        frames = self.mona.ask(USER_REMOVE, {1: self.ana.session, 4: True})
        self.assertEqual(self.mona.denied(frames), [(DENIED_PERMISSION, BAN_RIGHT, 0)])
        self.ana.barrier()

    def test_server_made_users(self):
        root = self.superuser()
        voice = root.user("Español 🎧")
        self.assertEqual((voice["priority_speaker"], len(voice["hash"])), (1, 40))
        for client in (root, self.mona):
            for fields in ({"f5": 0}, {"f6": 1}, {"f7": 1}, {"f18": 0}, {"f14": "x"}, {"f9": 1}):
                frames = client.change(voice["session"], **fields)
                self.assertNotIn(USER_STATE, [kind for kind, _ in frames], fields)
            frames = client.ask(USER_REMOVE, {1: voice["session"]})
            self.assertEqual([one[0] for one in client.denied(frames)], [DENIED_PERMISSION])
            self.assertEqual(client.ask(USER_STATS, {1: voice["session"]}), [])
        self.assertEqual(root.user("Español 🎧"), voice)
        before = voice["hash"]
        self.assertEqual(self.client("Nueva").user("Español 🎧")["hash"], before)

    def test_their_names_are_taken(self):
        # Without the default rule for names the sign would be allowed, and the name is still taken.
        self.assertEqual(self.refused("Español 🎧"), 2)

    def test_recording_is_announced(self):
        frames = self.ana.change(f19=1)
        self.assertEqual(texts(frames), [])
        self.assertEqual(texts(self.berta.barrier()), [(None, "Ana is recording.")])

    def test_comment_and_picture(self):
        short, long, picture = "¡Hola!", "ñ" * 200, b"\x89PNG" + bytes(300)
        self.ana.change(f14=short, f11=b"tiny")
        state = [fields for kind, fields in self.berta.barrier() if kind == USER_STATE][-1]
        self.assertEqual((text(state, 14), last(state, 11)), (short, b"tiny"))
        self.ana.change(f14=long, f11=picture)
        state = [fields for kind, fields in self.berta.barrier() if kind == USER_STATE][-1]
        self.assertEqual((last(state, 16), last(state, 17)),
                         (hashlib.sha1(long.encode()).digest(), hashlib.sha1(picture).digest()))
        self.assertNotIn(14, state)
        self.assertNotIn(11, state)
        own = [one for one in self.client("Nueva").kinds(USER_STATE)
               if last(one, 1) == self.ana.session][0]
        self.assertEqual(last(own, 16), hashlib.sha1(long.encode()).digest())
        frames = self.berta.ask(REQUEST_BLOB, {1: [self.ana.session, 999, self.berta.session],
                                               2: [self.ana.session, self.berta.session]})
        self.assertEqual([(last(one, 11), text(one, 14)) for _, one in frames],
                         [(picture, ""), (None, long)])
        self.ana.change(f14="", f11=b"")
        state = [fields for kind, fields in self.berta.barrier() if kind == USER_STATE][-1]
        self.assertEqual((14 in state, text(state, 14), 11 in state, last(state, 11)),
                         (True, "", True, b""))
        self.assertEqual(self.berta.ask(REQUEST_BLOB, {1: self.ana.session, 2: self.ana.session}),
                         [])

    def test_comments_of_others(self):
        self.ana.change(f14="¡Hola!")
        root = self.superuser()
        for client, fields, expected in ((self.mona, {"f14": "x"}, DENIED_PERMISSION),
                                         (self.mona, {"f14": ""}, DENIED_PERMISSION),
                                         (self.mona, {"f11": b""}, DENIED_PERMISSION),
                                         (root, {"f14": "x"}, DENIED_TEXT_TOO_LONG),
                                         (root, {"f11": b"x"}, DENIED_TEXT_TOO_LONG)):
            frames = client.change(self.ana.session, **fields)
            self.assertEqual([one[0] for one in client.denied(frames)], [expected])
        self.assertEqual(root.denied(root.change(self.ana.session, f14="")), [])
        self.assertEqual(self.client("Nueva").users[self.ana.session].get("comment"), None)

    def test_stats_are_redacted(self):
        self.berta.join(self.berta.channel("Asamblea")["channel_id"])

        def stats(client, target, only=False):
            frames = client.ask(USER_STATS, {1: target.session, 2: only})
            return [fields for kind, fields in frames if kind == USER_STATS][0]
        own, other_room = stats(self.ana, self.ana), stats(self.berta, self.ana)
        same_room, root = stats(self.mona, self.ana), stats(self.superuser(), self.ana)
        for field, who in ((12, (own, root)), (14, (own, root)), (4, (own, root, same_room)),
                           (5, (own, root, same_room)), (17, (own, root, same_room)),
                           (16, (own, root, same_room, other_room)),
                           (6, (own, root, same_room, other_room))):
            for name, one in (("own", own), ("root", root), ("same", same_room),
                              ("other", other_room)):
                self.assertEqual(field in one, any(one is given for given in who), (field, name))
        self.assertNotIn(14, stats(self.ana, self.ana, only=True))
        self.ana.send(PING, {1: 9, 2: 11, 3: 12, 4: 13, 5: 14, 6: 15, 7: 16})
        self.ana.until(lambda: any(last(one, 1) == 9 for one in self.ana.kinds(PING)), 5, "pong")
        reported = stats(self.mona, self.ana)
        seen = protobuf.decode(last(reported, 5))
        self.assertEqual([last(seen, n) for n in (1, 2, 3, 4)], [11, 12, 13, 14])
        self.assertEqual((last(reported, 6), last(reported, 7)), (15, 16))
        version = protobuf.decode(last(own, 12))
        self.assertEqual(text(version, 2), "System test")
        self.assertEqual(last(own, 14), bytes(10) + b"\xff\xff\x7f\x00\x00\x01")


    def test_bandwidth(self):
        def bandwidth():
            frames = self.ana.ask(USER_STATS, {1: self.ana.session})
            return [last(fields, 15) for kind, fields in frames if kind == USER_STATS][0]
        self.assertEqual(bandwidth(), 0)
        for i in range(20):
            self.ana.tunnel(b"\x80" + bytes([i]) + b"\x40\x40" + bytes(64))
        deadline = time.monotonic() + 10
        while not bandwidth():  # of the span between two answers, a quarter of a second or longer
            self.assertLess(time.monotonic(), deadline)
        self.assertLess(bandwidth(), 20 * 200 * 4)


class RecordingTest(SystemTest):
    """allowRecording = false."""

    keys = {"allowRecording": "false"}

    def test_sent_away(self):
        ana, berta = self.client("Ana"), self.client("Berta")
        self.assertEqual(last(ana.kinds(24)[0], 7), 0)
        ana.send(USER_STATE, {1: ana.session, RECORDING: 1})
        ana.wait_closed()
        told = ana.kinds(USER_REMOVE)[-1]
        self.assertEqual(last(told, 1), ana.session)
        self.assertIn("Recording", text(told, 3))
        berta.until(lambda: ana.session not in berta.users, 5, "Ana has left")
        self.assertFalse(any(RECORDING in fields for kind, fields in berta.barrier()
                             if kind == USER_STATE))
        self.assertEqual(berta.change(f19=0), [], "to stop is always allowed")


class BurstTest(SystemTest):
    """Five messages at once, then one a second."""

    keys = {"messagelimit": 1, "messageburst": 5}

    def test_burst(self):
        ana, berta = self.client("Ana"), self.client("Berta")
        for i in range(20):
            ana.say(f"{i}")
        ana.barrier()
        heard = [int(one) for _, one in texts(berta.barrier())]
        self.assertEqual(heard[:5], [0, 1, 2, 3, 4])
        self.assertLess(len(heard), 8)
        self.assertEqual([kind for kind, _ in ana.barrier() if kind == CHANNEL_STATE], [])


if __name__ == "__main__":
    unittest.main()
