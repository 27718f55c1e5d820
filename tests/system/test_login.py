# SPDX-License-Identifier: BSD-3-Clause
"""From TLS to ServerConfig, and who does not get that far."""

import os
import shutil
import socket
import ssl
import struct
import tempfile
import time
import unittest
import warnings

from lib import net, protobuf
from lib.observer import (AUTHENTICATE, CHANNEL_STATE, CODEC_VERSION, CRYPT_SETUP, PING, SERVER_CONFIG,
                          SERVER_SYNC, TEXT_MESSAGE, USER_REMOVE, USER_STATE, USER_STATS,
                          VERSION)
from lib.protobuf import last, text
from system.case import (SUPERUSER_PASSWORD, SystemTest, certificate_hash, make_certificate,
                         run_susurrod, set_superuser_password)
from system.client import PERMISSION_QUERY, VERSION_1_4_0, VERSION_1_5_0

(INVALID_NAME, WRONG_USER_PASSWORD, WRONG_SERVER_PASSWORD, NAME_IN_USE, SERVER_FULL,
 NO_CERTIFICATE) = range(2, 8)
WRONG_VERSION = 1
CACHED = 0x8000000
PERM_ALL = 0x1F0FFF


class HandshakeTest(SystemTest):
    """What a newcomer is told, in which order."""

    keys = {"welcometext": "Hola <b>a todas</b>", "registerName": "Casa"}
    has_superuser = True

    def test_order(self):
        other = self.client("Berta")
        ana = self.client("Ana")
        kinds = [kind for kind, _ in ana.received if kind != PING]
        self.assertEqual(kinds, [VERSION, CRYPT_SETUP, CODEC_VERSION, CHANNEL_STATE,
                                 PERMISSION_QUERY, USER_STATE, USER_STATE, SERVER_SYNC,
                                 SERVER_CONFIG])
        version = ana.kinds(VERSION)[0]
        self.assertGreaterEqual(last(version, 5), VERSION_1_5_0)
        self.assertEqual(last(version, 1) >> 8, 0x0105)
        setup = ana.kinds(CRYPT_SETUP)[0]
        self.assertEqual([len(last(setup, n)) for n in (1, 2, 3)], [16, 16, 16])
        codec = ana.kinds(CODEC_VERSION)[0]
        self.assertEqual([last(codec, n) for n in (1, 2, 3, 4)],
                         [0x8000000B | 0xFFFFFFFF00000000, 0, 1, 1])
        root = ana.kinds(CHANNEL_STATE)[0]
        self.assertEqual((last(root, 1), text(root, 3), 2 in root, 4 in root),
                         (0, "Casa", False, False))
        self.assertTrue(last(ana.kinds(PERMISSION_QUERY)[0], 2) & CACHED)
        own, others = ana.kinds(USER_STATE)
        self.assertEqual((last(own, 1), text(own, 3), last(own, 5)), (ana.session, "Ana", 0))
        self.assertEqual((last(others, 1), text(others, 3)), (other.session, "Berta"))
        for field in (4, 6, 7, 8, 9, 10, 15, 18, 19):
            self.assertNotIn(field, own, "false flags are left out")
        sync = ana.kinds(SERVER_SYNC)[0]
        self.assertEqual((last(sync, 1), last(sync, 2), text(sync, 3)),
                         (ana.session, 130000, "Hola <b>a todas</b>"))
        self.assertTrue(last(sync, 4) & CACHED)
        config = ana.kinds(SERVER_CONFIG)[0]
        self.assertEqual([last(config, n) for n in (3, 4, 5, 6, 7)], [1, 5000, 131072, 100, 1])
        self.assertNotIn(1, config)
        self.assertNotIn(2, config)

    def test_newcomer_is_announced_and_leaves(self):
        ana = self.client("Ana")
        berta = self.client("Berta")
        frames = ana.barrier()
        self.assertEqual([(kind, text(fields, 3)) for kind, fields in frames],
                         [(USER_STATE, "Berta")])
        berta.close()
        ana.until(lambda: berta.session not in ana.users, 5, "Berta has left")
        gone = [fields for kind, fields in ana.barrier() if kind == USER_REMOVE]
        self.assertEqual(gone, [{1: [berta.session]}])

    def test_versions_in_one_room(self):
        for name, options in (("V124", {"version": 0x010204}), ("V134", {}),
                              ("V140", {"version": VERSION_1_4_0}),
                              ("V150", {"version": 0x010500, "version_v2": VERSION_1_5_0}),
                              ("V2only", {"version": 0, "version_v2": VERSION_1_5_0}),
                              # an npm client puts the old form into the new field
                              ("Odd", {"version": 0x0104FF, "version_v2": 0x0001041F})):
            with self.subTest(name):
                one = self.client(name, **options)
                self.assertTrue(one.session)
        self.assertEqual(len(one.users), 6)

    def test_version_is_optional(self):
        ana = self.open("Ana")
        ana.send(AUTHENTICATE, {1: "Ana"})
        ana.until(lambda: ana.session, 5, "ServerSync")

    def test_session_ids_are_not_reused_at_once(self):
        seen = set()
        for _ in range(10):
            one = self.client("Ana")
            self.assertNotIn(one.session, seen | {0})
            seen.add(one.session)
            one.close()

    def test_client_type_and_tokens_are_taken(self):
        self.assertTrue(self.client("Bot", login={"f6": 1, "f3": ["token"]}).session)

    def test_second_authenticate_changes_only_tokens(self):
        ana = self.client("Ana")
        for login in ({1: "Eva", 5: True}, {1: "SuperUser", 2: SUPERUSER_PASSWORD},
                      {3: ["token"] * 1000}):
            frames = ana.ask(AUTHENTICATE, login)
            self.assertEqual([kind for kind, _ in frames if kind != CHANNEL_STATE], [])
        self.assertEqual(self.client("Late").user("Ana")["session"], ana.session)

    def test_codec_not_announced(self):
        """Who does not say that it has Opus comes in, and is told what that means."""
        ana = self.open("Ana")
        ana.send(AUTHENTICATE, {1: "Ana"})
        ana.until(lambda: ana.session, 5, "ServerSync")
        self.assertIn("Opus", text(ana.kinds(TEXT_MESSAGE)[0], 5))
        self.assertEqual(self.client("Berta").kinds(TEXT_MESSAGE), [])

    def test_superuser_password_changes_at_once(self):
        """The command line sets it in the database of a running server."""
        root = self.superuser()
        try:
            set_superuser_password(self.server, "another")
            root.close()  # must not write the old one back
            self.assertEqual(self.refused("SuperUser", password=SUPERUSER_PASSWORD),
                             WRONG_USER_PASSWORD)
            root = self.client("SuperUser", password="another")
            root.close()
            self.assertTrue(self.client("SuperUser", password="another").session)
        finally:
            set_superuser_password(self.server)

    def test_chain_of_certificates(self):
        certificate = make_certificate(self.directory, "stats")
        with open(certificate[0], encoding="ascii") as file:
            pem = file.read()
        ana = self.client("Ana", certificate=certificate)
        stats = [fields for _, fields in ana.ask(USER_STATS, {1: ana.session})][0]
        self.assertEqual((stats[3], last(stats, 18), last(stats, 19)),
                         ([ssl.PEM_cert_to_DER_cert(pem)], 0, 1))
        # A chain that is too long ends the handshake, and only that connection.
        bloated = os.path.join(self.directory, "bloated.pem")
        with open(bloated, "w", encoding="ascii") as file:
            file.write(pem * 200)
        with self.assertRaises(OSError):
            self.client("Eva", certificate=(bloated, certificate[1]))
        ana.barrier()

    def test_messages_before_login_are_ignored(self):
        watcher = self.client("Berta")
        ana = self.open("Ana")
        ana.say_version()
        for kind in range(3, 27):
            ana.send(kind, {1: 1, 5: "hola"})
            ana.send(kind, b"")
        ana.send(1, b"\x80\x00\x01x")
        ana.send(AUTHENTICATE, {1: "Ana", 5: True})
        ana.until(lambda: ana.session, 5, "ServerSync")
        self.assertEqual(ana.kinds(PING), [])
        self.assertEqual([kind for kind, _ in watcher.barrier()], [USER_STATE])

    def test_oversized_frame_closes(self):
        watcher = self.client("Berta")
        ana = self.client("Ana")
        ana._tls.sendall(struct.pack(">HI", TEXT_MESSAGE, 0x800000))
        ana.wait_closed()
        watcher.until(lambda: ana.session not in watcher.users, 5, "Ana has left")
        # Before login much less is enough.
        early = self.open("Eva")
        early._tls.sendall(struct.pack(">HI", VERSION, 70000))
        early.wait_closed()

    def test_largest_frame_is_taken(self):
        ana = self.client("Ana")
        ana.send(TEXT_MESSAGE, {3: 0, 5: "x" * 8_000_000})
        self.assertEqual(ana.denied(ana.barrier()), [(4, None, None)])

    def test_frames_in_pieces(self):
        ana = self.client("Ana")
        body = protobuf.encode({1: 7})
        for byte in struct.pack(">HI", PING, len(body)) + body:
            ana._tls.sendall(bytes([byte]))
        ana.until(lambda: any(last(one, 1) == 7 for one in ana.kinds(PING)), 5, "the answer")

    def test_no_tls(self):
        watcher = self.client("Berta")
        with socket.create_connection(("127.0.0.1", self.server.port)) as raw:
            raw.sendall(b"GET / HTTP/1.0\r\n\r\n")
            raw.settimeout(5)
            try:
                while raw.recv(4096):
                    pass  # an alert, perhaps
            except ConnectionResetError:
                pass
        # Half a handshake, and then silence: it takes nobody's turn.
        half = socket.create_connection(("127.0.0.1", self.server.port))
        self.addCleanup(half.close)
        half.sendall(b"\x16\x03\x01\x02\x00\x01\x00")
        watcher.barrier()

    def test_tls_versions(self):
        for version, is_fine in ((ssl.TLSVersion.TLSv1_1, False), (ssl.TLSVersion.TLSv1_2, True),
                                 (ssl.TLSVersion.TLSv1_3, True)):
            context = net.any_certificate_context()
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", DeprecationWarning)
                context.minimum_version = context.maximum_version = version
            context.set_ciphers("ALL:@SECLEVEL=0")
            with socket.create_connection(("127.0.0.1", self.server.port)) as raw:
                try:
                    context.wrap_socket(raw).close()
                    self.assertTrue(is_fine, version)
                except (ssl.SSLError, OSError):
                    self.assertFalse(is_fine, version)

    def test_superuser(self):
        self.assertEqual(self.refused("SuperUser", password="wrong"), WRONG_USER_PASSWORD)
        self.assertEqual(self.refused("superuser"), WRONG_USER_PASSWORD)
        ana = self.client("Ana")
        root = self.client("superuser", password=SUPERUSER_PASSWORD)
        own = ana.user("SuperUser") or ana.wait_user("SuperUser")
        self.assertEqual((own["user_id"], own["suppress"]), (0, 1))
        self.assertEqual(last(root.kinds(SERVER_SYNC)[0], 4), PERM_ALL)
        self.assertEqual(root.kinds(PERMISSION_QUERY), [], "the SuperUser gets none")
        # Who knows the password takes the place of an earlier session, from whichever machine.
        certificate = make_certificate(self.directory, "root")
        again = self.client("SuperUser", password=SUPERUSER_PASSWORD, certificate=certificate)
        root.wait_closed()
        self.assertIn("another device", text(root.kinds(USER_REMOVE)[-1], 3))
        self.assertTrue(again.session)


class RefusedTest(SystemTest):
    """Each reason of a Reject."""

    keys = {"serverpassword": "sésamo", "certrequired": "true"}

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.one, cls.two = (make_certificate(cls.directory, name) for name in ("one", "two"))

    def with_one(self, name, **options):
        return self.client(name, **{"password": "sésamo", "certificate": self.one, **options})

    def refused_with(self, name, **options):
        return self.refused(name, **{"password": "sésamo", "certificate": self.one, **options})

    def test_passwords_and_certificate(self):
        for expected, options in ((WRONG_SERVER_PASSWORD, {"password": "abrete"}),
                                  (WRONG_SERVER_PASSWORD, {"password": ""}),
                                  (WRONG_SERVER_PASSWORD, {"password": "sésamo "}),
                                  (NO_CERTIFICATE, {"certificate": None})):
            with self.subTest(options):
                self.assertEqual(self.refused_with("Ana", **options), expected)
        ana = self.with_one("Ana")
        self.assertEqual(ana.user("Ana")["hash"], certificate_hash(self.one))

    def test_the_last_reason_counts(self):
        for password, certificate, expected in (("abrete", None, NO_CERTIFICATE),
                                                ("abrete", self.one, INVALID_NAME)):
            self.assertEqual(self.refused("a>b", password=password, certificate=certificate),
                             expected)

    def test_superuser_without_password_set(self):
        self.assertEqual(self.refused_with("SuperUser"), WRONG_USER_PASSWORD)

    def test_names(self):
        for name in ("", " ", "a>b", "a\tb", "x" * 513, "a\nb", b"\xff\xfe", "a\u202eb"):
            with self.subTest(name):
                self.assertEqual(self.refused_with(name), INVALID_NAME)
        for name in ("Ñandú", "Иван", "安娜", "a.b-c_[d](e)", "Ana María"):
            with self.subTest(name):
                self.assertTrue(self.with_one(name).user(name))

    def test_name_is_trimmed(self):
        self.assertTrue(self.with_one("  Ana  ").user("Ana"))

    def test_name_in_use_and_ghost(self):
        first = self.with_one("Ana")
        self.assertEqual(self.refused_with("ana", certificate=self.two), NAME_IN_USE)
        second = self.with_one("ANA")
        first.wait_closed()
        self.assertIn("another device", text(first.kinds(USER_REMOVE)[-1], 3))
        self.assertIsNone(second.user("Ana"))
        self.assertTrue(second.user("ANA"))

    def test_without_opus(self):
        self.assertEqual(self.refused_with("Ana", login={"f5": False}), WRONG_VERSION)


class IntermediateTest(SystemTest):
    """A certificate of the server's own, and in sslCA the one between it and the authority."""

    @classmethod
    def setUpClass(cls):
        cls.directory = tempfile.mkdtemp(prefix="systemtest-")
        cls.addClassCleanup(shutil.rmtree, cls.directory, True)
        cls.root = make_certificate(cls.directory, "root")
        between = make_certificate(cls.directory, "between", issuer=cls.root)
        own = make_certificate(cls.directory, "own", issuer=between)
        cls.keys = {"sslCert": own[0], "sslKey": own[1], "sslCA": between[0]}
        cls.server = cls.start()

    def test_who_trusts_the_root_trusts_us(self):
        context = ssl.create_default_context(cafile=self.root[0])
        context.check_hostname = False
        with socket.create_connection(("127.0.0.1", self.server.port)) as raw:
            with context.wrap_socket(raw) as tls:
                self.assertIn((("commonName", "own"),), tls.getpeercert()["subject"])

    def test_unreadable(self):
        status, _, stderr = run_susurrod("--config", self.server.config, "--set",
                                         "sslCA=/nonexistent.pem", "--set", "port=1")
        self.assertNotEqual(status, 0)
        self.assertIn("sslCA", stderr)


class UnfinishedTest(SystemTest):
    """Messages that never end take a bounded amount of memory."""

    def test_who_holds_most_goes(self):
        watcher = self.client("Watcher")
        head = struct.pack(">HI", TEXT_MESSAGE, 8_000_000)
        hoarders = [self.client(f"Hoarder {i}") for i in range(12)]
        for one in hoarders:
            try:
                one._tls.settimeout(10)
                one._tls.sendall(head + b"x" * 7_900_000)
                one.pump(0.01)
            except OSError:
                one.is_closed = True
        modest = self.client("Modest")
        modest._tls.sendall(struct.pack(">HI", TEXT_MESSAGE, 1000) + b"x" * 500)
        watcher.until(lambda: any(one.session not in watcher.users for one in hoarders), 10,
                      "somebody is cut off")
        watcher.barrier()
        self.assertTrue(any(one.session in watcher.users for one in hoarders), "not all")
        self.assertIn(modest.session, watcher.users)
        self.server.wait_log("too much of unfinished messages")


class FullTest(SystemTest):
    """A server for three."""

    keys = {"users": 3}
    has_superuser = True

    def test_full(self):
        people = [self.client(f"P{i}") for i in range(3)]
        self.assertEqual(self.refused("P4"), SERVER_FULL)
        self.client("P0")  # the ghost makes room
        people[1].close()
        people[2].until(lambda: people[1].session not in people[2].users, 5, "P1 has left")
        self.client("P4")

    def test_superuser_has_a_seat(self):
        people = [self.client(f"P{i}") for i in range(3)]
        self.assertEqual(self.refused("P4"), SERVER_FULL)
        self.superuser()
        self.assertEqual(len(people), 3)


class ForgottenTest(SystemTest):
    """Connections that never log in, and clients that fall silent."""

    keys = {"timeout": 2}

    def test_silent_client_times_out(self):
        ana = self.client("Ana")
        berta = self.client("Berta")
        start = time.monotonic()
        deadline = start + 8
        while not ana.is_closed and time.monotonic() < deadline:
            berta.barrier()
            ana.pump(0.2)
        self.assertTrue(ana.is_closed)
        self.assertGreater(time.monotonic() - start, 1.5)
        berta.until(lambda: ana.session not in berta.users, 5, "Ana is gone for Berta too")

    def test_without_login(self):
        """The limit is 15 s: both kinds at once, so that it is waited for only once."""
        half = socket.create_connection(("127.0.0.1", self.server.port))
        self.addCleanup(half.close)
        silent = self.open("Ana")
        silent.say_version()
        silent.until(lambda: silent.is_closed, 20, "the end of a connection without login")
        half.settimeout(5)
        self.assertEqual(half.recv(100), b"")


if __name__ == "__main__":
    unittest.main()
