# SPDX-License-Identifier: BSD-3-Clause
"""What the admin meets: wrong files, the command line, signals, and clear words with each."""

import os
import pwd
import shutil
import signal
import socket
import sqlite3
import ssl
import stat
import tempfile
import time
import unittest

from lib import net, wait
from lib.observer import CHANNEL_STATE, SERVER_CONFIG, SERVER_SYNC, USER_REMOVE
from lib.protobuf import last, text
from system.case import DEFAULTS, SystemTest, end, make_certificate, run_susurrod
from system.client import DENIED_PERMISSION

MEETING = '[meeting "A"]\ntracks = en, es\nbooths = en-es\ninterpreters = Iris\n'


class WrongTest(unittest.TestCase):
    """Each mistake is one line that names file, line and remedy; status 2 or 1."""

    def setUp(self):
        self.directory = tempfile.mkdtemp(prefix="systemtest-")
        self.addCleanup(shutil.rmtree, self.directory, True)
        self.config = os.path.join(self.directory, "susurro.ini")

    def path(self, name):
        return os.path.join(self.directory, name)

    def run_with(self, content, *arguments):
        with open(self.config, "wb") as file:
            file.write(content if isinstance(content, bytes) else content.encode())
        return run_susurrod("--config", self.config, *arguments)

    def assert_one_line(self, stderr, *parts):
        lines = stderr.splitlines()
        self.assertEqual(len(lines), 1, stderr)
        for part in ("susurrod: ", *parts):
            self.assertIn(part, lines[0])

    def test_wrong_files(self):
        for content, line, *parts in (
                ("prot = 1\n", 1, '"prot"', '"port"'),
                ("\n\nport = 70000\n", 3, "70000", "from 1 to 65535"),
                ("port = abc\n", 1, "abc", "number"),
                ("users = 0\n", 1, "users", "from 1"), ("users = -1\n", 1, "users"),
                ("allowhtml = maybe\n", 1, "allowhtml", "true"),
                ("port = 1\nport = 2\n", 2, "port", "line 1"),
                ("username = [\n", 1, "username", "regular expression"),
                ("log_level = loud\n", 1, "loud", "debug"),
                ("hello\n", 1, "key = value"), ("[unknown]\n", 1, "unknown"),
                ("[meeting]\n", 1, "meeting"), ('[meeting "A"\n', 1, "meeting"),
                ('[meeting "A"]\n', 1, "tracks"), ('[meeting ""]\ntracks = en\n', 1, "name"),
                ('[meeting "A"]\ntracks = en, xx!\n', 2, "xx!"),
                ('[meeting "A"]\ntracks = en, en\n', 2, "en"),
                ('[meeting "A"]\ntracks = en, es\nbooths = en-fr\n', 3, "fr"),
                ('[meeting "A"]\ntracks = en, es\nduck_db = 5\n', 3, "5"),
                ('[meeting "A"]\ntracks = en, es\nair = never\n', 3, "never"),
                ('[meeting "A"]\ntracks = en, es\ndefault_language = fr\n', 3, "fr"),
                ('[meeting "A"]\ntracks = en, es\nlevelling = maybe\n', 3, "levelling", "on or off"),
                ('[meeting "A"]\ntrakcs = en\n', 2, "trakcs", "tracks"),
                ('tracks = en\n', 1, "tracks", "meeting"),
                ('[meeting "A"]\ntracks = en\n[meeting "A"]\ntracks = es\n', 3, "A"),
                (b"welcometext = \xff\xfe\n", 1, "UTF-8"), (b"a\x00b = 1\n", 1)):
            with self.subTest(content):
                status, stdout, stderr = self.run_with(content, "--check")
                self.assertEqual((status, stdout), (2, ""), stderr)
                self.assert_one_line(stderr, f"{self.config}:{line}:", *parts)

    def test_check(self):
        status, stdout, stderr = self.run_with(f"port = 4242\n{MEETING}", "--check")
        self.assertEqual((status, stderr), (0, ""))
        self.assertIn("4242", stdout)
        self.assertIn("1 meeting", stdout)
        self.assertEqual(os.listdir(self.directory), ["susurro.ini"], "nothing is made")

    def test_keys_of_mumble_server_that_are_not_obeyed(self):
        status, _, stderr = self.run_with('ice="tcp -h 127.0.0.1"\nobfuscate=true\n[Ice]\nIce.X=1\n',
                                          "--check")
        self.assertEqual(status, 0)
        self.assertEqual(len(stderr.splitlines()), 3)
        for i, line in enumerate(stderr.splitlines()):
            self.assertTrue(line.startswith(f"susurrod: warning: {self.config}:{i + 1}:"), line)

    def test_set(self):
        for arguments, status, parts in (
                (["--set", "port=4343"], 0, ["4343"]), (["--set", "port = 4343"], 0, ["4343"]),
                (["--set", "port=0"], 2, ["--set", "port"]),
                (["--set", "nothing"], 2, ["--set", "nothing"]),
                (["--set", "prot=1"], 2, ["--set", "port"]),
                (["--set", "meeting.A.duck_db=-6"], 0, ["1 meeting"]),
                (["--set", "meeting.A.duck_db=9"], 2, ["--set", "duck_db"]),
                (["--set", "meeting.B.duck_db=-6"], 2, ["--set", "B"])):
            with self.subTest(arguments):
                got, stdout, stderr = self.run_with(f"port = 4242\n{MEETING}", "--check", *arguments)
                self.assertEqual(got, status, stderr)
                for part in parts:
                    self.assertIn(part, stdout + stderr)

    def test_command_line(self):
        for arguments, status, part in ((["--help"], 0, "--superuser-password"),
                                        (["--version"], 0, "susurrod "),
                                        (["--nonsense"], 2, "--help"), (["file.ini"], 2, "--config"),
                                        (["--config"], 2, "--help"),
                                        (["--config", "/nowhere/x.ini"], 2, "/nowhere/x.ini"),
                                        (["--config", self.directory], 2, self.directory)):
            with self.subTest(arguments):
                got, stdout, stderr = run_susurrod(*arguments)
                self.assertEqual(got, status, stderr)
                self.assertIn(part, stdout + stderr)

    def run_server(self, **keys):
        """Start with these keys, which must fail; its line on standard error."""
        every = {**DEFAULTS, "port": net.free_port(), "database": self.path("db.sqlite"), **keys}
        content = "".join(f"{key} = {value}\n" for key, value in every.items())
        status, _, stderr = self.run_with(content)
        self.assertEqual(status, 1, stderr)
        lines = [line for line in stderr.splitlines() if not line.startswith("t=")]
        self.assertEqual(len(lines), 1, stderr)
        self.assertTrue(lines[0].startswith("susurrod: "))
        return lines[0]

    def test_port_in_use(self):
        for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
            with socket.socket(socket.AF_INET, kind) as taken:
                taken.bind(("127.0.0.1", 0))
                if kind == socket.SOCK_STREAM:
                    taken.listen()
                port = taken.getsockname()[1]
                line = self.run_server(port=port)
                for part in (self.config, f"{port}", "in use", "--set port="):
                    self.assertIn(part, line, kind)

    def test_host(self):
        self.assertIn("nowhere.invalid", self.run_server(host="nowhere.invalid"))
        self.assertIn("192.0.2.1", self.run_server(host="192.0.2.1"))

    def test_certificate(self):
        cert, key = make_certificate(self.directory, "one")
        _, other_key = make_certificate(self.directory, "two")
        with open(self.path("garbage.pem"), "w", encoding="ascii") as file:
            file.write("garbage")
        for keys, part in (({"sslCert": "/nowhere.pem"}, "/nowhere.pem"),
                           ({"sslCert": cert, "sslKey": "/nowhere.key"}, "/nowhere.key"),
                           ({"sslCert": cert, "sslKey": other_key}, other_key),
                           ({"sslCert": self.path("garbage.pem"), "sslKey": key}, "garbage.pem"),
                           ({"sslCert": cert, "sslKey": self.path("garbage.pem")}, "garbage.pem"),
                           ({"sslCert": cert}, cert)):
            with self.subTest(keys):
                line = self.run_server(**keys)
                self.assertIn(part, line)
                self.assertIn(f"{self.config}:", line)

    def test_database(self):
        with open(self.path("garbage.sqlite"), "wb") as file:
            file.write(b"garbage" * 1000)
        with sqlite3.connect(self.path("foreign.sqlite")) as database:
            database.execute("CREATE TABLE t(x)")
        database.close()
        for value, part in (("/nowhere/db.sqlite", "/nowhere"), (self.directory, self.directory),
                            (self.path("garbage.sqlite"), "not a database"),
                            (self.path("foreign.sqlite"), "another program")):
            with self.subTest(value):
                self.assertIn(part, self.run_server(database=value))
        with open(self.path("garbage.sqlite"), "rb") as file:
            self.assertEqual(file.read(), b"garbage" * 1000, "it is not touched")

    def test_unwritable_database(self):
        if os.getuid() == 0:
            self.skipTest("root may write everywhere")
        os.chmod(self.directory, 0o500)
        self.addCleanup(os.chmod, self.directory, 0o700)
        self.assertIn("write", self.run_server())

    def test_log_and_pid_file(self):
        self.assertIn("/nowhere/log", self.run_server(logfile="/nowhere/log"))
        self.assertIn("/nowhere/pid", self.run_server(pidfile="/nowhere/pid"))

    def test_superuser_password(self):
        for stdin in ("", "\n"):
            with open(self.config, "w", encoding="ascii") as file:
                file.write(f"database = {self.path('db.sqlite')}\n")
            status, _, stderr = run_susurrod("--config", self.config, "--superuser-password",
                                             stdin=stdin)
            self.assertEqual(status, 2)
            self.assert_one_line(stderr, "no password")
        status, stdout, stderr = run_susurrod("--config", self.config, "--superuser-password",
                                              stdin="secreto\n")
        self.assertEqual((status, stderr), (0, ""))
        self.assertNotIn("secreto", stdout)
        with open(self.path("db.sqlite"), "rb") as file:
            self.assertNotIn(b"secreto", file.read())
        self.assertEqual(stat.S_IMODE(os.stat(self.path("db.sqlite")).st_mode), 0o600)


    def test_options_of_mumble_server(self):
        """Scripts written for it go on working, or are told what to do instead."""
        for arguments, status, part in (
                (["-version"], 0, "susurrod "), (["--check", "-fg", "-v"], 0, "4242"),
                (["--foreground", "--verbose", "--check"], 0, "4242"),
                (["--check", "-loggroups", "-logacls"], 0, "not logged"),
                (["-readsupw"], 2, "no password"), (["--read-su-pw"], 2, "no password"),
                (["-disablesu"], 2, "--superuser-password"), (["--disable-su"], 2, "not offered"),
                (["-wipessl"], 2, "sslCert"), (["--wipe-ssl"], 2, "sslCert"),
                (["-wipelogs"], 2, "journald"), (["-limits"], 2, "open files"),
                (["-license"], 2, "LICENSE"), (["--db-json-dump"], 2, "backup"),
                (["-supw"], 2, "argument"), (["-supw", "x", "1"], 2, "one database")):
            with self.subTest(arguments):
                content = f"port = 4242\ndatabase = {self.path('db.sqlite')}\n"
                got, stdout, stderr = self.run_with(content, *arguments)
                self.assertEqual(got, status, stderr)
                self.assertIn(part, stdout + stderr)
        for name in ("-ini", "--ini"):
            status, stdout, _ = run_susurrod(name, self.config, "--check")
            self.assertEqual(status, 0)
            self.assertIn("4242", stdout)

    def test_superuser_password_on_the_command_line(self):
        for name in ("-supw", "--set-su-pw"):
            status, stdout, stderr = self.run_with(f"database = {self.path('db.sqlite')}\n", name,
                                                   "secreto")
            self.assertEqual((status, stdout), (0, "The password of SuperUser is set.\n"))
            self.assert_one_line(stderr, "warning", "--superuser-password")
            self.assertNotIn("secreto", stderr)

    def test_configurations_of_debian(self):
        """What the packages install, in shape: no mistake, and a line for what is not obeyed."""
        for content, n_warnings in (
                ("database=/var/lib/mumble-server/mumble-server.sqlite\nicesecretwrite=\n"
                 ";dbus=session\nlogfile=/var/log/mumble-server/mumble-server.log\n"
                 "pidfile=/run/mumble-server/mumble-server.pid\n"
                 'welcometext="<br />Hola, <b>todas</b>.<br />"\nport=64738\nserverpassword=\n'
                 "bandwidth=72000\nusers=100\nmessageburst=5\nmessagelimit=1\nallowping=true\n"
                 "uname=root\n\n[Ice]\nIce.Warn.UnknownProperties=1\nIce.MessageSizeMax=65536\n", 1),
                ("; 1.4\nhost=\nopusthreshold=0\nchannelnestinglimit=10\nchannelcountlimit=1000\n"
                 "defaultchannel=0\nrememberchannel=true\nrememberchannelduration=0\n"
                 "textmessagelength=5000\nimagemessagelength=131072\nallowhtml=true\nlogdays=31\n"
                 "registerName=Mumble\nregisterPassword=x\nregisterUrl=https://example.org/\n"
                 "sslCert=\nsslKey=\nsslPassPhrase=\nsslDHParams=@ffdhe2048\n"
                 "obfuscate=false\ncertrequired=False\nlistenersperchannel=1\nlistenersperuser=1\n"
                 "pluginmessagelimit=4\npluginmessageburst=15\n", 5),
                ("; 1.5 and 1.6\ndbDriver=sqlite\nsqlite_wal=2\nkdfiterations=-1\n"
                 "allowRecording=true\nautobanAttempts=10\nautobanTimeframe=120\nautobanTime=300\n"
                 "autobanSuccessfulConnections=true\nsuggestVersion=1.5.0\nsuggestPositional=\n"
                 "suggestPushToTalk=true\nloggroupchanges=false\nlogaclchanges=false\n"
                 "broadcastlistenervolumeadjustments=false\nrollingStatsWindow=300\n"
                 'username="[-=\\\\w\\\\[\\\\]\\\\{\\\\}\\\\(\\\\)\\\\@\\\\|\\\\.]+"\n', 1)):
            with self.subTest(content.split("\n", 1)[0]):
                status, _, stderr = self.run_with(content, "--check")
                self.assertEqual(status, 0, stderr)
                self.assertEqual(len(stderr.splitlines()), n_warnings, stderr)


@unittest.skipUnless(os.getuid() == 0, "only root becomes another user")
class OtherUserTest(SystemTest):
    """uname: the ports are open and the files given before root is gone."""

    meeting = None

    @classmethod
    def setUpClass(cls):
        cls.scratch = tempfile.mkdtemp(prefix="systemtest-")
        cls.addClassCleanup(shutil.rmtree, cls.scratch, True)
        cls.uid = pwd.getpwnam("nobody").pw_uid
        os.chown(cls.scratch, cls.uid, -1)
        cls.files = {"pidfile": os.path.join(cls.scratch, "pid"),
                     "database": os.path.join(cls.scratch, "db.sqlite")}
        cls.keys = {"uname": "nobody", **cls.files}
        super().setUpClass()
        os.chmod(cls.directory, 0o755)  # it reads its file again as nobody

    def test_all(self):
        with open(f"/proc/{self.server.process.pid}/status", encoding="ascii") as file:
            ids = [line.split()[1:] for line in file if line.startswith(("Uid:", "Gid:", "Groups:"))]
        self.assertEqual(ids[0], [str(self.uid)] * 4)
        self.assertNotIn("0", ids[1] + ids[2])
        for path in (*self.files.values(), self.files["database"] + "-wal"):
            self.assertEqual(os.stat(path).st_uid, self.uid, path)
        ana = self.client("Ana")
        self.server.write({**self.keys, "bandwidth": 64000})
        os.kill(self.server.process.pid, signal.SIGHUP)
        self.server.wait_log("configuration read again")
        config = [fields for kind, fields in ana.barrier() if kind == SERVER_CONFIG][-1]
        self.assertEqual(last(config, 1), 64000)
        end(self.server)
        self.assertFalse(os.path.exists(self.files["pidfile"]))
        self.server.run()
        self.client("Berta")

    def test_unknown_user(self):
        status, _, stderr = run_susurrod("--config", self.server.config, "--set", "uname=nosuchuser")
        self.assertEqual(status, 2)
        self.assertIn("--set uname: uname = nosuchuser: there is no such user", stderr)


class FilesTest(SystemTest):
    """A certificate of one's own, a pid file, IPv6."""

    @classmethod
    def setUpClass(cls):
        cls.scratch = tempfile.mkdtemp(prefix="systemtest-")
        cls.addClassCleanup(shutil.rmtree, cls.scratch, True)
        cert, key = make_certificate(cls.scratch, "server")
        cls.pid = os.path.join(cls.scratch, "pid")
        cls.keys = {"sslCert": cert, "sslKey": key, "pidfile": cls.pid, "host": "127.0.0.1 ::1"}
        cls.cert = cert
        super().setUpClass()

    def test_all(self):
        with open(self.pid, encoding="ascii") as file:
            self.assertEqual(int(file.read()), self.server.process.pid)
        with open(self.cert, encoding="ascii") as file:
            self.assertEqual(net.server_certificate(self.server.port),
                             ssl.PEM_cert_to_DER_cert(file.read()))
        four, six = self.client("Four"), self.client("Six", host="::1")
        self.assertTrue(four.wait_user("Six") and six.user("Four"))
        end(self.server)
        self.assertFalse(os.path.exists(self.pid))
        self.server.run()


class SignalTest(SystemTest):
    """SIGHUP and SIGTERM."""

    meeting = MEETING

    def tearDown(self):
        self.reload()

    def reload(self, keys=None, meeting=MEETING, expect="configuration read again"):
        count = self.server.process.log().count(expect)
        self.server.write(keys, meeting)
        os.kill(self.server.process.pid, signal.SIGHUP)
        wait.until(lambda: self.server.process.log().count(expect) > count, 5,
                   lambda: f"{expect!r} in the log:\n{self.server.log()}")

    def test_reload(self):
        ana = self.client("Ana")
        booth = ana.channel("Booth en-es")["channel_id"]
        self.assertEqual([one[0] for one in ana.denied(ana.change(f5=booth))], [DENIED_PERMISSION])
        self.reload({"welcometext": "Nuevo", "serverpassword": "x", "textmessagelength": 10,
                     "bandwidth": 64000}, MEETING.replace("Iris", "Iris, Ana"))
        frames = ana.barrier()
        config = [fields for kind, fields in frames if kind == SERVER_CONFIG][-1]
        self.assertEqual((last(config, 1), last(config, 4)), (64000, 10))
        state = [fields for kind, fields in frames if kind == CHANNEL_STATE][-1]
        self.assertEqual((last(state, 1), last(state, 13)), (booth, 1))
        ana.join(booth)
        self.assertEqual(self.refused("Berta"), 4)
        berta = self.client("Berta", password="x")
        self.assertIn("Nuevo", text(berta.kinds(SERVER_SYNC)[0], 3))
        self.assertEqual(last(berta.kinds(SERVER_SYNC)[0], 2), 64000)

    def test_who_interprets_no_longer_leaves_the_booth(self):
        self.reload(meeting=MEETING.replace("Iris", "Iris, Ana"))
        ana = self.client("Ana")
        floor, booth = (ana.channel(name)["channel_id"] for name in ("A", "Booth en-es"))
        ana.join(booth)
        self.reload()
        wait.until(lambda: ana.barrier() is not None and ana.here() == floor, 5,
                   lambda: "Ana is back on the floor")

    def test_broken_file_changes_nothing(self):
        ana = self.client("Ana", password="x")
        self.reload({"serverpassword": "x", "prot": 1}, expect="unknown key")
        self.assertIn(f"{self.server.config}:", self.server.process.log())
        ana.barrier()
        self.client("Berta", password="x")
        self.reload({}, MEETING.replace("en, es", "en, es, fr"), "restart")
        self.assertEqual(ana.channel("Français"), None)
        self.reload({"port": net.free_port()}, expect="a new port needs a restart")
        self.client("Clara")

    def test_term_tells_clients(self):
        for number in (signal.SIGTERM, signal.SIGINT):
            people = [self.client(f"P{i}") for i in range(5)]
            os.kill(self.server.process.pid, number)
            for one in people:
                one.wait_closed()
                told = one.kinds(USER_REMOVE)[-1]
                self.assertEqual(last(told, 1), one.session)
                self.assertIn("shutting down", text(told, 3))
            self.server.process.popen.wait(10)
            end(self.server)
            self.server.run()

    def test_term_while_busy(self):
        """In the middle of logins, moves and talk: status 0, and no sanitizer has anything to say."""
        for i in range(5):
            people = [self.client(f"P{k}") for k in range(4)]
            half = socket.create_connection(("127.0.0.1", self.server.port))
            self.addCleanup(half.close)
            self.open("Half").say_version()
            for one in people:
                one.send(11, {3: 0, 5: "!es"})
                for k in range(i * 10):
                    one.tunnel(b"\x80" + bytes([k]) + b"\x08" + bytes(8))
            end(self.server)
            self.server.run()

    def test_kill_leaves_nothing_in_the_way(self):
        self.server.process.popen.kill()
        self.server.process.popen.wait()
        start = time.monotonic()
        self.server.run()
        self.assertLess(time.monotonic() - start, 10)
        self.client("Ana")


if __name__ == "__main__":
    unittest.main()
