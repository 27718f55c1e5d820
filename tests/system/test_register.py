# SPDX-License-Identifier: BSD-3-Clause
"""Registered people: how they come to be, how they log in, what is kept for them."""

import contextlib
import hashlib
import os
import sqlite3
import time
import unittest

from lib.observer import CHANNEL_STATE, PERMISSION_DENIED, USER_REMOVE, USER_STATE
from lib.protobuf import decode, last, text
from system.case import SUPERUSER_PASSWORD, SystemTest, end, make_certificate
from system.client import (DENIED_CERTIFICATE, DENIED_CHANNEL_FULL, DENIED_PERMISSION,
                           DENIED_USER_NAME, REQUEST_BLOB, SUGGEST_CONFIG, USER_LIST)

WRONG_USER_PASSWORD, WRONG_SERVER_PASSWORD, NAME_IN_USE, SERVER_FULL = 3, 4, 5, 6
REGISTER, SELF_REGISTER = 0x40000, 0x80000
NOBODY = 0xFFFFFFFF
ACL = 13


class RegisterCase(SystemTest):
    """With certificates for Ana, Berta and Eva, and the SuperUser."""

    has_superuser = True

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.certificates = {name: make_certificate(cls.directory, name)
                            for name in ("Ana", "Berta", "Eva")}

    def with_certificate(self, name, whose=None, **options):
        return self.client(name, certificate=self.certificates[whose or name], **options)

    def registered(self, name, **options):
        """A client of that name, registered now if it was not yet."""
        client = self.with_certificate(name, **options)
        if client.users[client.session].get("user_id") is None:
            client.change(f4=0)
            self.assertGreater(client.users[client.session]["user_id"], 0)
        return client

    def listed(self, root):
        """The user list as {id: (name, last seen, last channel)}."""
        frames = root.ask(USER_LIST, b"")
        users = [decode(one) for kind, fields in frames if kind == USER_LIST
                 for one in fields.get(1, [])]
        return {last(one, 1): (text(one, 2), text(one, 3), last(one, 4)) for one in users}

    def unregister(self, *names):
        root = self.superuser()
        ids = [number for number, one in self.listed(root).items() if one[0] in names]
        if ids:
            root.ask(USER_LIST, {1: [{1: number} for number in ids]})
        root.close()

    @contextlib.contextmanager
    def database(self):
        """The server's database, while the server is down."""
        end(self.server)
        database = sqlite3.connect(os.path.join(self.server.directory, "susurro.sqlite"))
        try:
            with database:
                yield database
        finally:
            database.close()
            self.server.run()


class RegistrationTest(RegisterCase):
    """UserState with user_id, and UserList."""

    def setUp(self):
        self.addCleanup(self.unregister, "Ana", "Berta", "Eva", "Eva María")

    def test_self(self):
        watcher, ana = self.client("Watcher"), self.with_certificate("Ana")
        watcher.barrier()
        frames = ana.change(f4=12345)
        self.assertEqual(ana.denied(frames), [])
        for told in ([one for kind, one in frames if kind == USER_STATE],
                     [one for kind, one in watcher.barrier() if kind == USER_STATE]):
            self.assertEqual([(last(one, 1), last(one, 2)) for one in told],
                             [(ana.session, ana.session)])
            self.assertEqual(set(told[0]), {1, 2, 4})
            self.assertTrue(0 < last(told[0], 4) < 12345)
        self.assertEqual(self.client("Late").users[ana.session]["user_id"],
                         ana.users[ana.session]["user_id"])
        denied = ana.denied(ana.change(f4=0))
        self.assertEqual(denied, [(DENIED_PERMISSION, SELF_REGISTER, 0)], "twice")

    def test_without_certificate(self):
        ana, root = self.client("Sin"), self.superuser()
        for client in (ana, root):
            frames = client.change(ana.session, f4=0)
            told = [fields for kind, fields in frames if kind == PERMISSION_DENIED]
            self.assertEqual([(last(one, 5), last(one, 3)) for one in told],
                             [(DENIED_CERTIFICATE, ana.session)])

    def test_by_another(self):
        ana, eva, root = self.with_certificate("Ana"), self.client("Guest"), self.superuser()
        denied = eva.denied(eva.change(ana.session, f4=0))
        self.assertEqual(denied, [(DENIED_PERMISSION, REGISTER, 0)])
        self.assertEqual(root.denied(root.change(ana.session, f4=0)), [])
        ana.barrier()
        self.assertGreater(ana.users[ana.session]["user_id"], 0)

    def test_comes_back_by_certificate(self):
        ana = self.registered("Ana")
        number = ana.users[ana.session]["user_id"]
        for name, options, expected in (
                ("Ana", {}, WRONG_USER_PASSWORD), ("ana", {"password": "x"}, WRONG_USER_PASSWORD),
                ("ANA", {"certificate": self.certificates["Berta"]}, WRONG_USER_PASSWORD)):
            self.assertEqual(self.refused(name, **options), expected, (name, options))
        again = self.with_certificate("Otro nombre", whose="Ana")
        ana.wait_closed()
        own = again.users[again.session]
        self.assertEqual((own["name"], own["user_id"]), ("Ana", number))
        self.assertIn("another device", text(ana.kinds(USER_REMOVE)[-1], 3))

    def test_list(self):
        ana, guest, root = self.registered("Ana"), self.client("Guest"), self.superuser()
        denied = guest.denied(guest.ask(USER_LIST, b""))
        self.assertEqual(denied, [(DENIED_PERMISSION, REGISTER, 0)])
        listed = self.listed(root)
        name, seen, channel = listed[ana.users[ana.session]["user_id"]]
        self.assertEqual((name, channel), ("Ana", 0))
        self.assertRegex(seen, r"^20\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ$")
        self.assertNotIn(0, listed, "the SuperUser is not in it")
        denied = guest.denied(guest.ask(USER_LIST, {1: {1: 1}}))
        self.assertEqual(denied, [(DENIED_PERMISSION, REGISTER, 0)])

    def test_rename(self):
        eva, berta, root = self.registered("Eva"), self.registered("Berta"), self.superuser()
        number = eva.users[eva.session]["user_id"]
        root.ask(USER_LIST, {1: {1: number, 2: " Eva María "}})
        frames = [fields for kind, fields in berta.barrier() if kind == USER_STATE]
        self.assertEqual([(last(one, 1), last(one, 2), text(one, 3)) for one in frames
                          if 3 in one and last(one, 1) == eva.session],
                         [(eva.session, root.session, "Eva María")])
        self.assertEqual(self.listed(root)[number][0], "Eva María")
        for name in ("berta", "a>b", "", "Watcher", "SUPERUSER"):
            with self.subTest(name):
                other = self.client("Watcher")
                frames = root.ask(USER_LIST, {1: {1: number, 2: name}})
                told = [(last(fields, 5), text(fields, 6)) for kind, fields in frames
                        if kind == PERMISSION_DENIED]
                self.assertEqual(told, [(DENIED_USER_NAME, name)])
                other.close()
        again = self.with_certificate("x", whose="Eva")
        self.assertEqual(again.users[again.session]["name"], "Eva María")

    def test_unregister(self):
        ana, root = self.registered("Ana"), self.superuser()
        number = ana.users[ana.session]["user_id"]
        root.ask(ACL, {1: 0, 2: True, 3: [{1: "admin", 5: [number], 6: []}],
                       4: [{1: True, 2: True, 4: number, 6: 0x40, 7: 0},
                           {1: True, 2: True, 5: "all", 6: SELF_REGISTER, 7: 0}]})
        self.assertIn(4, decode(self.acl(root)[4][0]))
        ana.barrier()
        root.ask(USER_LIST, {1: [{1: number}, {1: 0}, {1: 99999}]})
        told = [fields for kind, fields in ana.barrier() if kind == USER_STATE]
        self.assertEqual([(last(one, 1), last(one, 4)) for one in told if 4 in one],
                         [(ana.session, NOBODY)])
        entries = [decode(one) for one in self.acl(root)[4]]
        self.assertEqual([text(one, 5) for one in entries], ["all"])
        groups = [decode(one) for one in self.acl(root)[3]]
        self.assertEqual([one.get(5) for one in groups], [None])
        self.assertNotIn(number, self.listed(root))
        ana.close()
        root.until(lambda: ana.session not in root.users, 5, "Ana has left")
        self.assertTrue(self.client("ANA").session, "the name is free")

    def acl(self, root):
        return [fields for kind, fields in root.ask(ACL, {1: 0, 5: True}) if kind == ACL][0]

    def test_taken_names(self):
        """Registration of a name that somebody has fails silently, without user_id."""
        self.registered("Ana").close()
        self.unregister("Ana")
        self.assertTrue(self.registered("Ana").session)


class KeptTest(RegisterCase):
    """What is there after a restart."""

    def test_restart(self):
        ana, root = self.registered("Ana"), self.superuser()
        number = ana.users[ana.session]["user_id"]
        long, picture = "ñ" * 200, b"\x89PNG" + bytes(300)
        ana.change(f14=long, f11=picture)
        root.change(f14="Yo soy la jefa")
        root.ask(CHANNEL_STATE, {2: 0, 3: "Sala"})
        ana.barrier()
        sala = ana.channel("Sala")["channel_id"]
        ana.join(sala)
        ana.barrier()
        for one in (ana, root):
            one.close()
        end(self.server)
        self.server.run()
        ana, root = self.with_certificate("nadie", whose="Ana"), self.superuser()
        own = ana.users[ana.session]
        self.assertEqual((own["name"], own["user_id"], own["channel_id"]), ("Ana", number, sala))
        state = [one for one in ana.kinds(USER_STATE) if last(one, 1) == ana.session][0]
        self.assertEqual((last(state, 16), last(state, 17)),
                         (hashlib.sha1(long.encode()).digest(), hashlib.sha1(picture).digest()))
        frames = root.ask(REQUEST_BLOB, {1: ana.session, 2: ana.session})
        self.assertEqual([(last(one, 11), text(one, 14)) for _, one in frames],
                         [(picture, ""), (None, long)])
        self.assertEqual(self.client("Late").users[root.session]["comment"], "Yo soy la jefa")
        self.assertEqual(self.listed(root)[number][2], sala)
        # Taken away, it stays away.
        root.change(ana.session, f14="", f11=b"")
        ana.close()
        again = self.with_certificate("Ana")
        state = [one for one in again.kinds(USER_STATE) if last(one, 1) == again.session][0]
        self.assertEqual([n for n in (11, 14, 16, 17) if n in state], [])


class PasswordTest(RegisterCase):
    """Passwords that somebody else has put into the database."""

    keys = {"serverpassword": "sésamo", "certrequired": "false"}

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        with cls.database(cls) as database:
            database.execute("INSERT INTO users (user_id, name, pw, salt, kdf_iterations)"
                             " VALUES (7, 'Vieja', ?, NULL, NULL)",
                             (hashlib.sha1("clave".encode()).hexdigest(),))
            salt = bytes(range(8))
            digest = hashlib.pbkdf2_hmac("sha384", "llave".encode(), salt, 3000, 48).hex()
            for number, name in ((8, "Nueva"), (9, "Otra")):
                database.execute("INSERT INTO users (user_id, name, pw, salt, kdf_iterations)"
                                 " VALUES (?, ?, ?, ?, 3000)", (number, name, digest, salt.hex()))

    def stored(self, number):
        path = os.path.join(self.server.directory, "susurro.sqlite")
        with contextlib.closing(sqlite3.connect(path)) as database:
            return database.execute("SELECT pw, salt, kdf_iterations FROM users WHERE user_id = ?",
                                    (number,)).fetchone()

    def test_hashes_are_renewed(self):
        for number, name, password in ((7, "vieja", "clave"), (8, "NUEVA", "llave")):
            with self.subTest(name):
                self.assertEqual(self.refused(name, password="sésamo"), WRONG_USER_PASSWORD)
                before = self.stored(number)
                one = self.client(name, password=password)
                own = one.users[one.session]
                self.assertEqual((own["name"], own["user_id"]), (name.capitalize(), number))
                after = self.stored(number)
                self.assertNotEqual(before, after)
                self.assertEqual((len(after[0]), len(after[1])), (96, 16))
                self.assertEqual(after[0], hashlib.pbkdf2_hmac(
                    "sha384", password.encode(), bytes.fromhex(after[1]), after[2], 48).hex())
                one.close()
                self.client(name, password=password)
                self.assertEqual(self.stored(number), after)

    def test_a_password_brings_the_certificate(self):
        for whose in ("Ana", "Berta"):
            self.assertEqual(self.refused("Otra", certificate=self.certificates[whose]),
                             WRONG_USER_PASSWORD)
            self.with_certificate("Otra", whose=whose, password="llave").close()
        for whose in ("Ana", "Berta"):
            with self.subTest(whose):
                one = self.with_certificate("Quien sea", whose=whose)
                self.assertEqual(one.users[one.session]["name"], "Otra")
        self.assertEqual(self.refused("Guest", certificate=self.certificates["Eva"]),
                         WRONG_SERVER_PASSWORD)

    def test_superuser_is_never_known_by_certificate(self):
        self.client("SuperUser", password=SUPERUSER_PASSWORD,
                    certificate=self.certificates["Eva"]).close()
        self.assertEqual(self.refused("SuperUser", certificate=self.certificates["Eva"]),
                         WRONG_USER_PASSWORD)
        self.assertEqual(self.refused("SuperUser", password="sésamo"), WRONG_USER_PASSWORD)
        eva = self.registered("Eva", password="sésamo")
        self.assertGreater(eva.users[eva.session]["user_id"], 9, "the certificate is still hers")
        self.unregister("Eva")


class BrakeTest(RegisterCase):
    """Guessing passwords becomes slow; for others it does not."""

    def reason(self, name, **options):
        client = self.open(name, **options)
        client.authenticate()
        client.until(lambda: client.reject or client.session, 10, "an answer")
        return client.reject

    def test_guessing(self):
        for _ in range(6):
            self.assertNotIn("Too many", self.reason("SuperUser", password="wrong"))
        self.assertIn("Too many", self.reason("SuperUser", password=SUPERUSER_PASSWORD))
        self.assertIsNone(self.reason("SuperUser", password=SUPERUSER_PASSWORD,
                                      source="127.0.0.2"))
        self.assertIsNone(self.reason("Guest"), "guests need no password here")
        # It ends by itself.
        deadline = time.monotonic() + 10
        while self.reason("SuperUser", password=SUPERUSER_PASSWORD):
            self.assertLess(time.monotonic(), deadline)
        self.server.wait_log("passwords refused for a while")


class StrongTest(RegisterCase):
    """A certificate that an authority vouches for, with an e-mail address."""

    @classmethod
    def setUpClass(cls):
        cls.has_superuser = True
        super().setUpClass()
        authority = make_certificate(cls.directory, "authority")
        cls.server.write({"sslCA": authority[0]})
        cls.signed = [make_certificate(cls.directory, f"signed{i}", email=email, issuer=authority)
                      for i, email in enumerate(("ana@example.org", "ana@example.org",
                                                 "eva@example.org"))]
        cls.unsigned, cls.claimed = (make_certificate(cls.directory, name, email="ana@example.org")
                                     for name in ("unsigned", "claimed"))
        end(cls.server)
        cls.server.run()

    def test_email(self):
        eve = self.client("Eve", certificate=self.claimed)
        eve.change(f4=0)
        eve.close()
        ana = self.client("Ana", certificate=self.signed[0])
        ana.change(f4=0)
        ana.close()
        self.assertEqual(self.refused("Ana", certificate=self.unsigned), WRONG_USER_PASSWORD)
        self.assertEqual(self.refused("Ana", certificate=self.signed[2]), WRONG_USER_PASSWORD)
        again = self.client("Otra", certificate=self.signed[1])
        self.assertEqual(again.users[again.session]["name"], "Ana")
        other = self.client("Eva", certificate=self.signed[2])
        self.assertIsNone(other.users[other.session].get("user_id"))

    def test_strong_in_stats(self):
        for certificate, is_strong in ((self.signed[2], 1), (self.unsigned, 0)):
            one = self.client("Eva", certificate=certificate)
            frames = one.ask(22, {1: one.session})
            self.assertEqual(last(frames[0][1], 18), is_strong)
            one.close()


class PlaceTest(RegisterCase):
    """Where a newcomer stands."""

    keys = {"defaultchannel": 1, "usersperchannel": 2, "suggestPositional": "true",
            "suggestPushToTalk": "false", "suggestVersion": "1.4.287"}

    def setUp(self):
        self.root = self.superuser()
        if self.root.channel("Sala") is None:
            self.root.ask(CHANNEL_STATE, {2: 0, 3: "Sala"})
            self.root.ask(CHANNEL_STATE, {2: 0, 3: "Otra"})
        self.sala, self.otra = (self.root.channel(name)["channel_id"] for name in ("Sala", "Otra"))

    def test_places(self):
        self.assertEqual(self.sala, 1)
        ana = self.registered("Ana")
        self.assertEqual(ana.here(), self.sala)
        ana.join(self.otra)
        ana.barrier()
        ana.close()
        self.root.until(lambda: ana.session not in self.root.users, 5, "Ana has left")
        ana = self.with_certificate("Ana")
        self.assertEqual(ana.here(), self.otra, "remembered")
        ana.close()
        self.root.until(lambda: ana.session not in self.root.users, 5, "Ana has left")
        crowd = [self.client(f"P{i}") for i in range(2)]
        for one in crowd:
            self.assertEqual(one.here(), self.sala)
            one.join(self.otra)
        crowd += [self.client(f"P{i}") for i in range(2, 4)]
        self.assertEqual([one.here() for one in crowd[2:]], [self.sala] * 2)
        again = self.with_certificate("Ana")
        self.assertEqual(again.here(), 0, "the remembered one and the default are full")
        self.assertEqual(self.refused("Late"), SERVER_FULL)
        frames = again.change(f5=self.sala)
        self.assertEqual([one[0] for one in again.denied(frames)], [DENIED_CHANNEL_FULL])
        # A ghost makes room, whoever may Write is never too many.
        self.assertEqual(self.with_certificate("Ana").here(), 0)
        self.assertTrue(self.superuser().session)

    def test_suggestions(self):
        suggested = self.root.kinds(SUGGEST_CONFIG)
        self.assertEqual([(last(one, 1) >> 8, last(one, 4) >> 16, last(one, 2), last(one, 3))
                          for one in suggested], [(0x0104, 0x0001_0004_011F, 1, 0)])


class DurationTest(RegisterCase):
    """rememberchannelduration: since the goodbye, or without one since the server's start."""

    keys = {"rememberchannelduration": 1000}

    def test_durations(self):
        root, ana = self.superuser(), self.registered("Ana")
        root.ask(CHANNEL_STATE, {2: 0, 3: "Sala"})
        ana.barrier()
        sala = ana.channel("Sala")["channel_id"]
        ana.join(sala)
        ana.barrier()
        ana.close()
        root.close()
        for active_s, left_s, expected in ((100, 90, sala), (5000, 900, sala), (5000, 1100, 0),
                                           (900, 5000, sala), (5000, None, sala)):
            with self.subTest(active_s=active_s, left_s=left_s):
                now = int(time.time())
                with self.database() as database:
                    database.execute(
                        "UPDATE users SET last_channel = ?, last_active = ?, last_disconnect = ?"
                        " WHERE name = 'Ana'",
                        (sala, now - active_s, None if left_s is None else now - left_s))
                ana = self.with_certificate("Ana")
                self.assertEqual(ana.here(), expected)
                ana.close()


class ForgottenPlaceTest(RegisterCase):
    """rememberchannel = false."""

    keys = {"rememberchannel": "false"}

    def test_root(self):
        root, ana = self.superuser(), self.registered("Ana")
        root.ask(CHANNEL_STATE, {2: 0, 3: "Sala"})
        ana.barrier()
        ana.join(ana.channel("Sala")["channel_id"])
        ana.barrier()
        ana.close()
        root.until(lambda: ana.session not in root.users, 5, "Ana has left")
        self.assertEqual(self.with_certificate("Ana").here(), 0)


class GhostPlaceTest(RegisterCase):
    """The default channel is one that goes with the person who comes again."""

    keys = {"rememberchannel": "false", "defaultchannel": 1}

    def test_alone_in_a_temporary_channel(self):
        ana = self.registered("Ana")
        ana.ask(CHANNEL_STATE, {2: 0, 3: "Corner", 8: True})
        self.assertEqual(ana.here(), 1)
        self.assertEqual(self.with_certificate("Ana").here(), 0)


if __name__ == "__main__":
    unittest.main()
