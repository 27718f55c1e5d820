# SPDX-License-Identifier: BSD-3-Clause
"""The move from mumble-server: what it kept is here afterwards, and every mistake has its words."""

import hashlib
import os
import shutil
import signal
import socket
import sqlite3
import struct
import subprocess
import tempfile
import unittest

from lib.observer import CHANNEL_STATE, USER_STATE
from lib.process import Process, clean_environment, path_of
from lib.protobuf import decode, last, text
from lib.server import MurmurServer, Server
from lib import net, wait
from system.case import end, make_certificate, run_susurrod, susurrod
from system.client import BAN_LIST, PERMISSION_QUERY, USER_LIST, VERSION_1_5_0, Client

ACL, REQUEST_BLOB = 13, 23
SUPERUSER = "muy secreta"
DESCRIPTION = "<b>Descripción</b> " * 20  # long enough to be sent by its hash


def has_murmur():
    return path_of("murmurd") is not None


PROGRAMS_15 = os.environ.get("SUSURRO_MUMBLE_15")  # ./dev test --interop-1.5


class Murmur(MurmurServer):
    """mumble-server that lets tests write faster than people."""

    def _start(self, argv, ready_s):
        with open(argv[-1], "a", encoding="utf-8") as file:
            file.write("messageburst=1000\nmessagelimit=1000\nregisterName=\"Casa, nuestra\"\n")
        super()._start(argv, ready_s)


class Moved(Server):
    """susurrod with mumble-server's own ini, and the database that came of the import."""

    def __init__(self, directory, ini, port, database):
        super().__init__(directory)
        self.port = port
        self._start([susurrod(), "-fg", "-ini", ini, "--set", f"database={database}"], 30)


class Look:
    """What a SuperUser sees of a server."""

    def __init__(self, test, port):
        self.test = test
        self.root = test.client(port, "SuperUser", password=SUPERUSER)

    def channels(self):
        return {number: {key: one.get(key) for key in ("name", "parent", "position", "max_users")}
                | {"links": sorted(one.get("links", []))}
                for number, one in self.root.channels.items()}

    def description(self, channel):
        return [text(fields, 5) for kind, fields in self.root.ask(REQUEST_BLOB, {3: channel})
                if kind == CHANNEL_STATE and 5 in fields]

    def rights(self, channel):
        """Inherit flag, groups with their members, and the channel's own entries, as the dialog shows them."""
        answer = [fields for kind, fields in self.root.ask(ACL, {1: channel, 5: True})
                  if kind == ACL][0]
        groups = [decode(one) for one in answer.get(3, [])]
        entries = [decode(one) for one in answer.get(4, [])]
        return (last(answer, 2),
                sorted((text(one, 1), last(one, 2), last(one, 3), last(one, 4),
                        sorted(one.get(5, [])), sorted(one.get(6, [])), sorted(one.get(7, [])))
                       for one in groups),
                [(last(one, 1), last(one, 2), last(one, 3), last(one, 4), text(one, 5),
                  last(one, 6, 0), last(one, 7, 0)) for one in entries if not last(one, 3)])

    def people(self):
        frames = self.root.ask(USER_LIST, b"")
        return sorted((last(one, 1), text(one, 2)) for kind, fields in frames if kind == USER_LIST
                      for one in map(decode, fields.get(1, [])))

    def bans(self):
        frames = self.root.ask(BAN_LIST, {2: True})
        return [(last(one, 1), last(one, 2), text(one, 3), text(one, 4), text(one, 5),
                 text(one, 6).rstrip("Z"), last(one, 7)) for kind, fields in frames
                if kind == BAN_LIST for one in map(decode, fields.get(1, []))]


def permissions(client, channels):
    answers = {}
    for channel in channels:
        for kind, fields in client.ask(PERMISSION_QUERY, {1: channel}):
            if kind == PERMISSION_QUERY:
                answers[last(fields, 1, 0)] = last(fields, 2) & 0x1F0FFF
    return answers


class Murmur15(Murmur):
    """The same of Debian 13."""

    def __init__(self, directory, superuser):
        Server.__init__(self, directory)
        ini = os.path.join(directory, "murmur.ini")
        with open(ini, "w", encoding="utf-8") as file:
            file.write(f"database={directory}/murmur.sqlite\nhost={self.host}\nport={self.port}\n"
                       "bonjour=false\nlogfile=\npidfile=\nautobanAttempts=0\nuname=root\nusers=100\n")
        program = os.path.join(PROGRAMS_15, "mumble-server")
        subprocess.run([program, "-ini", ini, "-supw", superuser], check=True, capture_output=True,
                       env=clean_environment(directory), timeout=60)
        self._start([program, "-fg", "-ini", ini], 30)


@unittest.skipUnless(has_murmur(), "no mumble-server here")
class RealTest(unittest.TestCase):
    """A database that Debian's mumble-server 1.3.4 made and kept."""

    murmur = Murmur
    version = "1.3 (schema 7)"
    # 1.4 brought Listen and ResetUserContent; 1.3 does not know them.
    known = 0x1F0FFF & ~0x800 & ~0x100000

    def setUp(self):
        self.directory = tempfile.mkdtemp(prefix="systemtest-")
        self.addCleanup(shutil.rmtree, self.directory, True)
        self.certificates = {name: make_certificate(self.directory, name) for name in ("ana", "luis")}

    def client(self, port, name, **options):
        client = Client(port, name, **options)
        self.addCleanup(client.close)
        return client.connect()

    def fill(self, murmur):
        """Channels, rights, people and bans, made over the wire."""
        root = self.client(murmur.port, "SuperUser", password=SUPERUSER)
        for parent, name, more in ((0, "Sala", {5: DESCRIPTION, 9: -7}), (0, "Zoo", {11: 4}),
                                   (1, "Aparte", {}), (3, "Más adentro", {})):
            root.ask(CHANNEL_STATE, {2: parent, 3: name, **more})
        self.assertEqual(len(root.channels), 5)
        root.ask(CHANNEL_STATE, {1: 1, 6: [2]})
        people = [self.client(murmur.port, name, certificate=self.certificates[name.lower()],
                              version_v2=VERSION_1_5_0)
                  for name in ("Ana", "Luis")]
        for one in people:
            root.ask(USER_STATE, {1: one.session, 4: 0})
        root.ask(ACL, {1: 3, 2: False,
                       3: [{1: "team", 3: True, 4: True, 5: [1]}, {1: "admin", 3: True, 4: True, 6: [2]}],
                       4: [{1: True, 2: True, 5: "all", 6: 0, 7: 0x4},
                           {1: True, 2: True, 5: "team", 6: 0x4 | 0x8 | 0x40, 7: 0},
                           {1: True, 2: False, 5: "#llave", 6: 0x4, 7: 0},
                           {1: False, 2: True, 4: 2, 6: 0x2, 7: 0x8},
                           {1: True, 2: True, 5: "~sub,0,1", 6: 0x200, 7: 0x100}]})
        root.ask(BAN_LIST, {1: [{1: b"\0" * 10 + b"\xff\xff" + socket.inet_aton("203.0.113.0"), 2: 120,
                                 3: "Troll", 4: "ab" * 20, 5: "ruido", 6: "2037-01-02T03:04:05",
                                 7: 0}]})
        people[0].ask(USER_STATE, {1: people[0].session, 14: "soy Ana"})
        people[0].ask(USER_STATE, {1: people[0].session, 5: 3})
        self.fill_more(people[0])
        rights = {one.name: permissions(one, root.channels) for one in people}
        rights["Guest"] = permissions(self.client(murmur.port, "Guest"), root.channels)
        return rights

    def test_move(self):
        murmur = self.murmur(self.directory, superuser=SUPERUSER)
        self.addCleanup(murmur.stop)
        rights = self.fill(murmur)
        digest = murmur.certificate_digest()
        before = Look(self, murmur.port)
        seen = [before.channels(), before.people(), before.bans(), before.description(1),
                *(before.rights(channel) for channel in range(5))]
        murmur.stop()

        ini = os.path.join(self.directory, "murmur.ini")
        source, target = (os.path.join(self.directory, name)
                          for name in ("murmur.sqlite", "susurro.sqlite"))
        with open(source, "rb") as file:
            content = file.read()
        # The same ini alone: refused, with the way on.
        status, _, stderr = run_susurrod("-ini", ini)
        self.assertEqual(status, 1)
        self.assertIn(f"susurrod import {source} --config {ini} --set database=", stderr)
        status, stdout, stderr = run_susurrod("import", source, "--dry-run", "--config", ini)
        self.assertEqual((status, stderr), (0, ""))
        for part in (f"mumble-server {self.version}, server 1", "channels, the root included           5",
                     "registered people                     2", "Nothing was written"):
            self.assertIn(part, stdout)
        self.assertNotIn("Repaired", stdout)
        self.assertFalse(os.path.exists(target))
        for _ in range(2):  # once more changes nothing
            status, stdout, stderr = run_susurrod("import", source, "-ini", ini, "--set",
                                                  f"database={target}")
            self.assertEqual((status, stderr), (0, ""))
            self.assertIn(target, stdout)
        with open(source, "rb") as file:
            self.assertEqual(file.read(), content, "it is not touched")

        ours = Moved(os.path.join(self.directory, "ours"), ini, murmur.port, target)
        self.addCleanup(end, ours)
        self.assertEqual(ours.certificate_digest(), digest)
        after = Look(self, ours.port)
        for was, channel in zip(seen, [after.channels(), after.people(), after.bans(),
                                       after.description(1),
                                       *(after.rights(channel) for channel in range(5))]):
            self.assertEqual(was, channel)
        # By certificate, whatever name was typed; where she was, with what she wrote.
        ana = self.client(ours.port, "Somebody", certificate=self.certificates["ana"],
                          version_v2=VERSION_1_5_0)
        self.assertEqual(ana.users[ana.session]["name"], "Ana")
        self.assertEqual(ana.users[ana.session]["user_id"], 1)
        self.assertEqual(ana.users[ana.session]["comment"], "soy Ana")
        self.assertEqual(ana.here(), 3)
        luis = self.client(ours.port, "Luis", certificate=self.certificates["luis"])
        for one, name in ((luis, "Luis"), (self.client(ours.port, "Guest"), "Guest"), (ana, "Ana")):
            now = permissions(one, rights[name])
            self.assertEqual({n: f"{value & self.known:x}" for n, value in now.items()},
                             {n: f"{value & self.known:x}" for n, value in rights[name].items()}, name)
        self.check_more(ana)

    def fill_more(self, ana):
        """What only newer versions keep."""

    def check_more(self, ana):
        """And whether it came."""


@unittest.skipUnless(PROGRAMS_15, "mumble-server 1.5 is not here: ./dev test --interop-1.5")
class Real15Test(RealTest):
    """One of Debian 13's 1.5: ears in other channels are kept, too."""

    murmur = Murmur15
    version = "1.5 (schema 9)"
    known = 0x1F0FFF

    def fill_more(self, ana):
        ana.ask(USER_STATE, {1: ana.session, 21: [2]})
        ana.ask(USER_STATE, {1: ana.session, 23: [{1: 2, 2: 0.5}]})

    def check_more(self, ana):
        own = [fields for kind, fields in ana.received if kind == USER_STATE
               and last(fields, 1) == ana.session and 21 in fields]
        self.assertEqual([fields[21] for fields in own], [[2]])
        self.assertEqual([decode(one) for fields in own for one in fields.get(23, [])],
                         [{1: [2], 2: [struct.pack("<f", 0.5)]}])


SCHEMA_9 = """
CREATE TABLE meta (keystring TEXT PRIMARY KEY, value TEXT);
CREATE TABLE servers (server_id INTEGER PRIMARY KEY AUTOINCREMENT);
CREATE TABLE slog (server_id INTEGER NOT NULL, msg TEXT, msgtime DATE);
CREATE TABLE config (server_id INTEGER NOT NULL, key TEXT, value TEXT);
CREATE TABLE channels (server_id INTEGER NOT NULL, channel_id INTEGER NOT NULL, parent_id INTEGER, name TEXT,
 inheritacl INTEGER);
CREATE TABLE channel_info (server_id INTEGER NOT NULL, channel_id INTEGER NOT NULL, key INTEGER, value TEXT);
CREATE TABLE users (server_id INTEGER NOT NULL, user_id INTEGER NOT NULL, name TEXT NOT NULL, pw TEXT,
 salt TEXT, kdfiterations INTEGER, lastchannel INTEGER, texture BLOB, last_active DATE, last_disconnect DATE);
CREATE TABLE user_info (server_id INTEGER NOT NULL, user_id INTEGER NOT NULL, key INTEGER, value TEXT);
CREATE TABLE groups (group_id INTEGER PRIMARY KEY AUTOINCREMENT, server_id INTEGER NOT NULL, name TEXT,
 channel_id INTEGER NOT NULL, inherit INTEGER, inheritable INTEGER);
CREATE TABLE group_members (group_id INTEGER NOT NULL, server_id INTEGER NOT NULL, user_id INTEGER NOT NULL,
 addit INTEGER);
CREATE TABLE acl (server_id INTEGER NOT NULL, channel_id INTEGER NOT NULL, priority INTEGER, user_id INTEGER,
 group_name TEXT, apply_here INTEGER, apply_sub INTEGER, grantpriv INTEGER, revokepriv INTEGER);
CREATE TABLE channel_links (server_id INTEGER NOT NULL, channel_id INTEGER NOT NULL, link_id INTEGER NOT NULL);
CREATE TABLE bans (server_id INTEGER NOT NULL, base BLOB, mask INTEGER, name TEXT, hash TEXT, reason TEXT,
 start DATE, duration INTEGER);
CREATE TABLE channel_listeners (server_id INTEGER NOT NULL, user_id INTEGER NOT NULL,
 channel_id INTEGER NOT NULL, volume_adjustment FLOAT DEFAULT 1, enabled SMALLINT DEFAULT 1);
INSERT INTO meta VALUES ('version', '9');
INSERT INTO servers VALUES (1);
INSERT INTO channels VALUES (1, 0, NULL, 'Root', 0), (1, 5, 0, 'Sala', 1);
INSERT INTO users (server_id, user_id, name, pw) VALUES (1, 0, 'SuperUser', ''), (1, 1, 'Ana', ?);
INSERT INTO config VALUES (1, 'registername', 'Casa'), (1, 'textmessagelength', '77');
"""


class CommandTest(unittest.TestCase):
    """The command line, with databases made here."""

    def setUp(self):
        self.directory = tempfile.mkdtemp(prefix="systemtest-")
        self.addCleanup(shutil.rmtree, self.directory, True)
        self.source, self.target = (os.path.join(self.directory, name) for name in ("old", "new"))
        self.make()

    def make(self, more=""):
        database = sqlite3.connect(self.source)
        database.executescript(SCHEMA_9.replace("?", f"'{hashlib.sha1(b'secreto').hexdigest()}'") + more)
        database.close()

    def change(self, path, sql):
        database = sqlite3.connect(path)
        database.executescript(sql)
        database.close()

    def run_import(self, *arguments, status=0):
        got, stdout, stderr = run_susurrod("import", self.source, "--set", f"database={self.target}",
                                           *arguments)
        self.assertEqual(got, status, stdout + stderr)
        return stdout, stderr

    def start(self, *arguments):
        port = net.free_port()
        log = os.path.join(self.directory, "log")
        server = Server(self.directory)
        server.port = port
        server.process = Process([susurrod(), "--set", f"database={self.target}", "--set",
                                  "host=127.0.0.1", "--set", f"port={port}", *arguments], log,
                                 cwd=self.directory, env=clean_environment(self.directory))
        self.addCleanup(end, server)
        wait.until(lambda: "listening" in server.process.log() or server.process.check_running(), 30,
                   server.process.log)
        return server

    def test_password_of_1_2(self):
        """In the form of mumble-server 1.2 it lets its owner in; settings come along."""
        self.run_import()
        server = self.start()
        with self.assertRaises(ConnectionRefusedError):
            Client(server.port, "Ana", password="no").connect()
        client = Client(server.port, "Ana", password="secreto").connect()
        self.addCleanup(client.close)
        self.assertEqual(client.users[client.session]["user_id"], 1)
        self.assertEqual(client.channels[0]["name"], "Casa")
        self.assertEqual(last(client.kinds(24)[-1], 4), 77, "textmessagelength of the database")

    def test_command_line_comes_last(self):
        self.run_import()
        server = self.start("--set", "textmessagelength=88", "--set", "registerName=Hogar")
        client = Client(server.port, "Berta").connect()
        self.addCleanup(client.close)
        self.assertEqual(last(client.kinds(24)[-1], 4), 88)
        self.assertEqual(client.channels[0]["name"], "Hogar")

    def test_wrong_value_in_the_database(self):
        """It is said, and the server starts."""
        self.run_import()
        self.change(self.target, "UPDATE config SET value = 'x' WHERE key = 'textmessagelength'")
        server = self.start()
        self.assertIn("warning: the database's textmessagelength", server.process.log())
        client = Client(server.port, "Berta").connect()
        self.addCleanup(client.close)
        self.assertEqual(last(client.kinds(24)[-1], 4), 5000)

    def test_values_of_the_database_are_read_again(self):
        self.run_import()
        server = self.start()
        client = Client(server.port, "Berta").connect()
        self.addCleanup(client.close)
        self.change(self.target, "UPDATE config SET value = '99' WHERE key = 'textmessagelength'")
        os.kill(server.process.pid, signal.SIGHUP)
        wait.until(lambda: "configuration read again" in server.process.log(), 5, server.process.log)
        client.barrier()
        self.assertEqual(last(client.kinds(24)[-1], 4), 99)

    def test_several_servers(self):
        self.change(self.source, "INSERT INTO servers VALUES (3);"
                                 "INSERT INTO channels VALUES (3, 0, NULL, 'Root', 0);"
                                 "INSERT INTO config VALUES (3, 'registername', 'Otra');")
        stdout, stderr = self.run_import("--set", "port=5000", status=2)
        lines = stdout.splitlines()
        self.assertEqual(lines[0], f"{self.source} holds 2 servers:")
        self.assertEqual([line.split() for line in lines[2:]],
                         [["ID", "port", "channels", "people", "name"], ["1", "5000", "2", "1", "Casa"],
                          ["3", "5002", "1", "0", "Otra"]])
        self.assertIn("--server ID", stderr)
        self.assertFalse(os.path.exists(self.target))
        stdout, _ = self.run_import("--set", "port=5000", "--server", "3")
        self.assertIn("port = 5002", stdout)
        _, stderr = self.run_import("--server", "2", status=1)
        self.assertIn("holds no server 2", stderr)

    def test_what_is_there_is_kept(self):
        self.run_import()
        self.change(self.target, "UPDATE channels SET name = 'Mine' WHERE channel_id = 5")
        _, stderr = self.run_import(status=1)
        self.assertEqual(len(stderr.splitlines()), 1)
        self.assertIn("--replace", stderr)
        self.run_import("--replace")
        database = sqlite3.connect(self.target)
        names = [row[0] for row in database.execute("SELECT name FROM channels ORDER BY channel_id")]
        database.close()
        self.assertEqual(names, ["Casa", "Sala"])

    def test_wrong_files_and_words(self):
        garbage = os.path.join(self.directory, "garbage")
        with open(garbage, "wb") as file:
            file.write(b"garbage" * 100)
        for arguments, status, part in (
                (["import"], 2, "import takes one file"), (["import", "a", "b"], 2, "import takes one"),
                (["import", garbage], 1, "is not a SQLite database"),
                (["import", "/nowhere/x"], 1, "No such file"),
                (["import", self.directory], 1, "is no file"),
                (["import", self.source, "--server", "x"], 2, "no number"),
                (["--dry-run"], 2, "belong to susurrod import"),
                (["import", self.source, "--check"], 2, "do not go together"),
                (["import", self.source, "--set", f"database={self.source}"], 2,
                 "cannot be written as well"),
                (["import", self.source, "--set", "prot=1"], 2, "port"),
                (["backup"], 2, "backup takes one file"),
                (["export", "x"], 2, "--config export")):
            with self.subTest(arguments):
                got, _, stderr = run_susurrod(*arguments)
                self.assertEqual(got, status, stderr)
                lines = [line for line in stderr.splitlines() if "--help lists" not in line]
                self.assertEqual(len(lines), 1, stderr)
                self.assertIn(part, lines[0])

    def test_import_into_another_mumble_server_database(self):
        other = os.path.join(self.directory, "other")
        shutil.copy(self.source, other)
        status, _, stderr = run_susurrod("import", self.source, "--set", f"database={other}")
        self.assertEqual(status, 1)
        self.assertIn("is mumble-server's database, which stays as it is", stderr)

    def test_backup(self):
        self.run_import()
        self.start()
        copy = os.path.join(self.directory, "copy")
        status, stdout, stderr = run_susurrod("backup", copy, "--set", f"database={self.target}")
        self.assertEqual((status, stderr), (0, ""))
        self.assertIn(copy, stdout)
        database = sqlite3.connect(copy)
        self.assertEqual(database.execute("SELECT count(*) FROM users").fetchone()[0], 2)
        database.close()
        status, _, stderr = run_susurrod("backup", copy, "--set", f"database={self.target}")
        self.assertEqual(status, 1)
        self.assertIn("is there already", stderr)


if __name__ == "__main__":
    unittest.main()
