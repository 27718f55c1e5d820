# SPDX-License-Identifier: BSD-3-Clause
"""`susurro admin` against our server and against Debian's mumble-server: the same words, the same results."""

import json
import os
import pty
import pwd
import shutil
import subprocess
import tempfile
import unittest

from lib.process import clean_environment, missing, path_of
from lib.observer import SERVER_CONFIG
from lib.protobuf import last, text
from lib.server import Server
from system.case import SUPERUSER_PASSWORD, SystemTest, make_certificate
from system.client import TEXT_MESSAGE, USER_REMOVE, Client

PLUGIN_DATA = 26
DONE, REFUSED, USAGE, UNREACHED, NOT_FOUND, NO_ANSWER = range(6)
PROGRAMS_15 = os.environ.get("SUSURRO_MUMBLE_15")


def admin(server, *words, stdin=None, password=SUPERUSER_PASSWORD, home=None, **environment):
    """Run it; return (status, standard output, standard error)."""
    environment = clean_environment(home or server.directory, **environment)
    if password is not None:
        environment["SUSURRO_PASSWORD"] = password
    if server:
        environment.setdefault("SUSURRO_SERVER", f"127.0.0.1:{server.port}")
    done = subprocess.run([os.environ["SUSURRO"], "admin", *words], input=stdin or "", text=True,
                          capture_output=True, timeout=60, check=False, env=environment)
    assert "Sanitizer" not in done.stderr and "runtime error" not in done.stderr, done.stderr
    return done.returncode, done.stdout, done.stderr


class Murmur(Server):
    """mumble-server without its brake on many connections from one host."""

    def __init__(self, directory, program):
        super().__init__(directory)
        ini = os.path.join(directory, "murmur.ini")
        with open(ini, "w", encoding="utf-8") as file:
            file.write(f"database={directory}/murmur.sqlite\nhost={self.host}\nport={self.port}\n"
                       "users=100\nbonjour=false\nlogfile=\nice=\ndbus=\nwelcometext=\npidfile=\n"
                       "autobanAttempts=0\nmessageburst=100\nmessagelimit=100\n"
                       f"uname={pwd.getpwuid(os.getuid()).pw_name}\n")
        subprocess.run([program, "-ini", ini, "-supw", SUPERUSER_PASSWORD], check=True,
                       capture_output=True, timeout=60, cwd=directory,
                       env=clean_environment(directory))
        self._start([program, "-fg", "-ini", ini], 30)


class Runner:
    """Runs the program on the class's server."""

    def admin(self, *words, expect=DONE, **more):
        status, out, err = admin(self.server, *words, **more)
        self.assertEqual(status, expect, f"{words}: {out}{err}")
        return out if expect == DONE else err

    def json(self, *words, **more):
        return json.loads(self.admin("--json", *words, **more))

    def batch(self, *lines, expect=DONE):
        return self.admin("--batch", "-", stdin="\n".join(lines) + "\n", expect=expect)

    def json_lines(self, *lines):
        out = self.admin("--json", "--batch", "-", stdin="\n".join(lines) + "\n")
        return [json.loads(line) for line in out.splitlines()]

    def channel(self, path):
        return next((one for one in self.json("channels")["channels"] if one["path"] == path), None)

    def person(self, name="Ana"):
        certificate = make_certificate(self.directory, name)
        client = Client(self.server.port, name, certificate=certificate)
        self.addCleanup(client.close)
        return client.connect()


class Shared(Runner):
    """What both servers must do."""

    # ---- channels

    def test_channels(self):
        self.batch("channel add Sala", "channel add 'Sala/Niño (日本)' --position 7 --max-users 3",
                   "channel add 'Sala/Other'", "channel add Elsewhere")
        sala, nino = self.channel("Root/Sala"), self.channel("Root/Sala/Niño (日本)")
        self.assertEqual((nino["parent_id"], nino["position"], nino["max_users"]), (sala["id"], 7, 3))
        self.batch("channel rename Sala/Other Third", "channel position Sala/Third -4",
                   "channel describe Sala/Third what it is for",
                   "channel max-users Sala/Third 9",
                   "channel link Sala Elsewhere #%d" % nino["id"])
        info = self.json("channel", "info", "Sala/Third")
        self.assertEqual((info["position"], info["description"], info["max_users"]),
                         (-4, "what it is for", 9))
        self.assertEqual(sorted(self.channel("Root/Sala")["links"]),
                         ["Root/Elsewhere", "Root/Sala/Niño (日本)"])
        self.batch("channel unlink Sala Elsewhere", "channel move Sala/Third Elsewhere")
        self.assertEqual(self.channel("Root/Sala")["links"], ["Root/Sala/Niño (日本)"])
        self.assertIsNotNone(self.channel("Root/Elsewhere/Third"))
        self.batch("channel unlink Sala", "channel remove Elsewhere", "channel remove sala")
        self.assertEqual([one["path"] for one in self.json("channels")["channels"]], ["Root"])

    def test_long_description(self):
        words = "a long description " * 20
        self.batch("channel add Long", f"channel describe Long {words}")
        self.assertEqual(self.json("channel", "info", "Long")["description"], words.strip())
        self.batch("channel remove Long")

    def test_channel_mistakes(self):
        self.batch("channel add Mistakes")
        for words, expect, pattern in (
                (("channel", "remove", "Mistaks"), NOT_FOUND, 'Did you mean "Mistakes"'),
                (("channel", "remove", "/"), REFUSED, "root"),
                (("channel", "add", "Mistakes"), REFUSED, "already"),
                (("channel", "add", "No/Where"), NOT_FOUND, 'no channel "No"'),
                (("channel", "move", "Mistakes", "Mistakes"), REFUSED, "into itself"),
                (("channel", "position", "Mistakes", "x"), USAGE, "not a number"),
                (("channel", "rename", "Mistakes", "bad\x01name"), REFUSED, "name"),
                (("channel", "frob", "Mistakes"), USAGE, "channel add PATH")):
            with self.subTest(words=words):
                self.assertRegex(self.admin(*words, expect=expect), pattern)
        self.batch("channel remove Mistakes")

    # ---- people

    def test_users(self):
        ana = self.person("Ana")
        row = next(one for one in self.json("users")["users"] if one["name"] == "Ana")
        self.assertEqual((row["session"], row["user_id"], row["channel"]), (ana.session, None, "Root"))
        self.assertGreaterEqual(row["idle_s"], 0)
        self.assertNotIn("SuperUser", self.admin("users"))
        self.batch("user mute Ana", "user deafen Ana", "user undeafen Ana", "user priority ana")
        flags = next(one for one in self.json("users")["users"] if one["name"] == "Ana")["flags"]
        self.assertEqual(flags, ["mute", "priority"])
        self.assertIn("already", self.admin("user", "mute", "Ana"))
        self.batch("user unmute Ana", f"user unpriority #{ana.session}")
        self.batch("channel add Hall", "user move Ana Hall", "user message Ana '1 < 2'", "say Hall hi",
                   "say --tree / 'to all beneath'", "say --all 'to everybody'")
        ana.barrier()
        self.assertEqual([text(fields, 5) for fields in ana.kinds(TEXT_MESSAGE) if 1 in fields],
                         ["1 &lt; 2", "hi", "to all beneath", "to everybody"])
        self.assertEqual(self.channel("Root/Hall")["names"], ["Ana"])
        self.batch("channel remove Hall")

    def test_user_info(self):
        self.person("Ana")
        info = self.json("user", "info", "Ana")
        self.assertEqual((info["address"], info["certificate_subject"]), ("127.0.0.1", "/CN=Ana"))
        self.assertRegex(info["certificate_until"], r"^20\d\d-\d\d-\d\d$")
        self.assertRegex(self.admin("user", "info", "Ana"), r"address +127\.0\.0\.1\n")
        self.assertIn('Did you mean "Ana"', self.admin("user", "info", "Anna", expect=NOT_FOUND))

    def test_kick(self):
        ana = self.person("Ana")
        self.assertIn("removed", self.admin("user", "kick", "Ana", "too", "loud"))
        ana.wait_closed()
        self.assertEqual(text(ana.kinds(USER_REMOVE)[-1], 3), "too loud")

    def test_register(self):
        ana = self.person("Ana")
        self.batch("user register Ana")
        person = next(one for one in self.json("users", "registered")["registered"]
                      if one["name"] == "Ana")
        self.assertTrue(person["online"])
        self.batch("user rename Ana 'Ana-María'")
        names = [one["name"] for one in self.json("users", "registered")["registered"]]
        self.assertEqual(names, ["Ana-María"])
        self.assertIn("registered already", self.admin("user", "register", "Ana-María"))
        self.admin("user", "rename", "Nobody", "Somebody", expect=NOT_FOUND)
        self.batch("user unregister 'Ana-María'")
        self.assertEqual(self.json("users", "registered")["registered"], [])
        ana.close()

    # ---- rights

    def test_acl(self):
        self.person("Ana")
        self.batch("channel add Rights", "channel add Rights/Below", "user register Ana",
                   "acl Rights add group all --here -enter,-speak +traverse",
                   "acl Rights add user Ana --subs +write", "acl Rights group team add Ana",
                   "acl Rights add group team --at 1 +listen +textmessage" if self.has_listen else
                   "acl Rights add group team --at 1 +textmessage")
        acl = self.json("acl", "Rights")
        own = [one for one in acl["entries"] if not one["inherited"]]
        self.assertEqual([one["number"] for one in own], list(range(1, len(own) + 1)))
        self.assertEqual((own[0]["group"], own[0]["here"], own[0]["subs"]), ("team", True, True))
        by_who = {one["user"] or one["group"]: one for one in own}
        self.assertEqual((by_who["all"]["grant"], by_who["all"]["deny"], by_who["all"]["subs"]),
                         (["Traverse"], ["Enter", "Speak"], False))
        self.assertEqual((by_who["Ana"]["grant"], by_who["Ana"]["here"]), (["Write"], False))
        team = next(one for one in acl["groups"] if one["name"] == "team")
        self.assertEqual((team["own"], team["add"]), (True, ["Ana"]))
        below = self.json("acl", "Rights/Below")
        self.assertIn("team", [one["group"] for one in below["entries"] if one["inherited"]])
        self.batch("acl Rights/Below group team remove Ana", "acl Rights/Below set --no-inherit")
        below = self.json("acl", "Rights/Below")
        self.assertFalse(below["inherit"])
        self.assertEqual([one["remove"] for one in below["groups"] if one["name"] == "team"], [["Ana"]])
        self.batch("acl Rights/Below group team delete", "acl Rights remove 1",
                   "acl Rights group other create --no-inherit")
        acl = self.json("acl", "Rights")
        self.assertNotIn("team", [one["group"] for one in acl["entries"]])
        self.assertIn(("other", False), [(one["name"], one["inherit"]) for one in acl["groups"]])
        self.assertIn("grants", self.admin("acl", "Rights"))
        self.batch("user unregister Ana", "channel remove Rights")

    def test_channel_password(self):
        ana = self.person("Ana")
        self.batch("channel add Closed", "acl Closed password sesame")
        closed = self.channel("Root/Closed")["id"]
        self.assertTrue(ana.denied(ana.change(f5=closed)))
        ana.send(2, {1: "Ana", 3: "sesame"})
        self.assertFalse(ana.denied(ana.change(f5=closed)))
        self.assertEqual(ana.here(), closed)
        self.batch("acl Closed password other", "acl Closed password --remove")
        self.assertEqual([one for one in self.json("acl", "Closed")["entries"]
                          if one["group"] == "all" and not one["inherited"]], [])
        self.batch("channel remove Closed")

    def test_acl_mistakes(self):
        for words, expect, pattern in (
                (("acl", "/", "add", "group", "all", "+frob"), USAGE, "no right"),
                (("acl", "/", "add", "user", "Nobody", "+enter"), NOT_FOUND, "registered"),
                (("acl", "/", "remove", "99"), NOT_FOUND, "no entry 99"),
                (("acl", "/", "group", "nogroup", "delete"), NOT_FOUND, "no group"),
                (("acl", "/", "set"), USAGE, "either")):
            with self.subTest(words=words):
                self.assertRegex(self.admin(*words, expect=expect), pattern)

    # ---- bans

    def test_bans(self):
        self.batch("ban add 192.0.2.0/24 --reason noise --for 2h",
                   "ban add 2001:db8::7 --name 'Some One'",
                   "ban add 192.0.2.0/24 --for 2h")
        bans = self.json("bans")["bans"]
        self.assertEqual([(one["address"], one["duration_s"], one["reason"], one["name"])
                          for one in bans], [("192.0.2.0/24", 7200, "noise", None),
                                             ("2001:db8::7/128", 0, None, "Some One")])
        self.assertRegex(bans[0]["start"], r"^20\d\d-")
        self.assertIn("2 h", self.admin("bans"))
        self.batch("ban remove 1", "ban remove 1")
        self.assertEqual(self.json("bans")["bans"], [])
        self.admin("ban", "remove", "1", expect=NOT_FOUND)
        self.admin("ban", "add", "192.0.2.0/33", expect=USAGE)

    # ---- around it

    def test_refused_in_words(self):
        certificate = make_certificate(self.directory, "Eva")
        pem = os.path.join(self.directory, "eva.pem")
        with open(pem, "w", encoding="utf-8") as file:
            for part in certificate:
                with open(part, encoding="utf-8") as source:
                    file.write(source.read())
        link = f"mumble://Eva@127.0.0.1:{self.server.port}"
        for words, pattern in ((("channel", "add", "Mine"), "Eva lacks the right MakeChannel in Root"),
                               (("bans",), "lacks the right Ban"),
                               (("acl", "/"), "lacks the right Write"),
                               (("users", "registered"), "lacks the right Register")):
            with self.subTest(words=words):
                self.assertIn(pattern, self.admin("--cert", pem, link, *words, expect=REFUSED,
                                                  password=None))

    def test_login_fails(self):
        self.assertIn("password", self.admin("users", password="wrong", expect=UNREACHED))
        self.assertIn("--password-file", self.admin("users", password=None, expect=UNREACHED))
        self.admin("--password-file", "/nonexistent", "users", password=None, expect=UNREACHED)
        path = os.path.join(self.directory, "password")
        with open(path, "w", encoding="utf-8") as file:
            file.write(SUPERUSER_PASSWORD + "\n")
        self.admin("--password-file", path, "users", password=None)

    def test_server_by_many_names(self):
        port = self.server.port
        for words in ((f"mumble://SuperUser@127.0.0.1:{port}", "users"),
                      (f"SuperUser@127.0.0.1:{port}", "users"), (f"localhost:{port}", "users"),
                      ("--json", f"127.0.0.1:{port}", "users"), ("users",)):
            with self.subTest(words=words):
                self.assertEqual(admin(self.server, *words)[0], DONE)
        self.assertIn("cannot connect", self.admin("127.0.0.1:1", "users", expect=UNREACHED))

    def test_batch(self):
        err = self.batch("# a comment", "", "channel add One", "channel add One", "channel add Two",
                         expect=REFUSED)
        self.assertIn("line 4", err)
        self.assertIsNone(self.channel("Root/Two"))
        status, out, err = admin(self.server, "--json", "--keep-going", "--batch", "-",
                                 stdin="channel add One\nchannel remove One\nfrob\n")
        self.assertEqual(status, REFUSED)
        lines = [json.loads(line) for line in out.splitlines()]
        self.assertEqual([one.get("error") for one in lines], ["refused", None, "usage"])


class Questions(Runner, SystemTest):
    """What only ours answers."""

    has_superuser = True
    keys = {"autobanAttempts": 0, "users": 50}
    meeting = """
[meeting "Asamblea"]
tracks = en, es
booths = en-es
interpreters = anyone
moderators = Mod
levelling = off
"""

    def places(self, **more):
        return {one["channel"]: one for one in self.json("meetings", **more)["places"]}

    def test_meetings(self):
        ana, _ = self.person("Ana"), self.person("Beto")
        self.batch("meeting Asamblea listen Ana es", "meeting asamblea listen Beto floor")
        places = self.places()
        self.assertEqual([(one["kind"], one["languages"], one["names"]) for one in places.values()],
                         [("floor", [], ["Beto"]), ("track", ["en"], []),
                          ("track", ["es"], ["Ana"]), ("booth", ["en", "es"], [])])
        self.assertTrue(all(one["on_air"] is None for one in places.values()))
        self.batch("user move Ana 'Booth en-es'")
        ana.command("!air")
        ana.until(lambda: self.places()["Booth en-es"]["on_air"] == "Ana", 10, "Ana is on air")
        self.batch("meeting Asamblea lang Beto es", "meeting Asamblea tier Ana minimum",
                   "meeting Asamblea interpreter Beto", "meeting Asamblea turn")
        self.assertIn("Ana", self.admin("meetings"))

    def test_tools_of_a_meeting(self):
        """Queue, poll, notice and groups, as a script steers them."""
        ana, beto = self.person("Ana"), self.person("Beto")
        floor = ana.channel("Asamblea")["channel_id"]
        for client, channel in ((ana, "Español"), (beto, "English")):
            client.join(ana.channel(channel)["channel_id"])
            client.command("!hand")
        meeting = ("meeting", "Asamblea")
        self.assertEqual(self.json(*meeting, "queue")["queue"],
                         [{"place": 1, "name": "Ana", "turns": 0},
                          {"place": 2, "name": "Beto", "turns": 0}])
        self.assertIn("Ana has the floor", self.admin(*meeting, "next"))
        self.assertIn("Beto has the floor", self.admin(*meeting, "give", "Beto"))
        self.batch("meeting Asamblea limit 60", "meeting Asamblea stacking on",
                   "meeting Asamblea poll ask 'en: Lunch? / Yes / No / es: ¿Comemos? / Sí / No'")
        beto.barrier()
        self.assertIn("Your vote: Yes", beto.command("!vote 1")[-1])
        self.assertEqual(self.json(*meeting, "poll")["answers"],
                         [{"number": 1, "text": "Yes", "count": 1},
                          {"number": 2, "text": "No", "count": 0}])
        self.batch("meeting Asamblea poll close", "meeting Asamblea notice 'en: Break / es: Pausa'",
                   "meeting Asamblea breakout languages")
        self.assertTrue([one for one in ana.texts if "Pausa" in one["message"]] or
                        ana.until(lambda: [one for one in ana.texts if "Pausa" in one["message"]]))
        ana.barrier()
        self.assertEqual(ana.channels[ana.here()].get("parent"), floor)
        self.assertIn("2 people came back", self.admin(*meeting, "back"))

    def test_mistakes_with_tools(self):
        for words, expect, pattern in (
                (("next",), NOT_FOUND, "raised a hand"), (("give", "Nobody"), NOT_FOUND, "Nobody"),
                (("limit", "5"), USAGE, "10 to 3600"), (("poll",), NOT_FOUND, "no poll"),
                (("poll", "close"), NOT_FOUND, "no poll"), (("poll", "ask", "x"), USAGE, "Question"),
                (("back",), NOT_FOUND, "no groups"), (("breakout", "0"), USAGE, "1 to 32"),
                (("breakout", "1000"), USAGE, "1 to 32"), (("breakout", "2"), NOT_FOUND, "nobody"),
                (("notice", " "), USAGE, "texto")):
            with self.subTest(words=words):
                self.assertRegex(self.admin("meeting", "Asamblea", *words, expect=expect), pattern)

    def test_meeting_mistakes(self):
        self.person("Ana")
        for words, expect, pattern in (
                (("meeting", "Nowhere", "turn"), NOT_FOUND, "no meeting"),
                (("meeting", "Asamblea", "listen", "Ana", "fr"), NOT_FOUND, "no language"),
                (("meeting", "Asamblea", "lang", "Nobody", "es"), NOT_FOUND, "Nobody"),
                (("meeting", "Asamblea", "lang", "Ana", "es"), REFUSED, "not in that meeting"),
                (("meeting", "Asamblea", "frob"), USAGE, "interpreter")):
            with self.subTest(words=words):
                self.assertRegex(self.admin(*words, expect=expect), pattern)

    def test_moderators_see_meetings_only(self):
        for name, words, expect in (("Mod", ("meetings",), DONE),
                                    ("Mod", ("meeting", "Asamblea", "turn"), DONE),
                                    ("Mod", ("config",), REFUSED),
                                    ("Eva", ("meetings",), REFUSED),
                                    ("Eva", ("meeting", "Asamblea", "turn"), REFUSED),
                                    ("Eva", ("certs", "SuperUser"), REFUSED),
                                    ("Eva", ("config", "set", "users", "2"), REFUSED)):
            with self.subTest(name=name, words=words):
                self.admin("--cert", "none", f"mumble://{name}@127.0.0.1:{self.server.port}", *words,
                           expect=expect, password=None)

    def test_config(self):
        ana = self.person("Ana")
        self.assertEqual(self.json("config")["config"], [])
        self.admin("config", "get", "bandwidth", expect=NOT_FOUND)
        self.assertIn("in force", self.admin("config", "set", "bandwidth", "64000"))
        ana.barrier()
        self.assertEqual(last(ana.kinds(SERVER_CONFIG)[-1], 1), 64000)
        self.assertIn("in force", self.admin("config", "set", "registerName", "The House"))
        ana.barrier()
        self.assertEqual(ana.channels[0]["name"], "The House")
        self.admin("config", "unset", "registerName")
        self.assertIn("after a restart", self.admin("config", "set", "port", "64739"))
        self.admin("config", "set", "Bandwidth", "72000")
        self.assertEqual([(one["key"], one["value"], one["live"])
                          for one in self.json("config")["config"]],
                         [("bandwidth", "72000", True), ("port", "64739", False)])
        ana.barrier()
        self.assertEqual(last(ana.kinds(SERVER_CONFIG)[-1], 1), 72000)
        self.batch("config unset bandwidth", "config unset port")
        ana.barrier()
        self.assertEqual(last(ana.kinds(SERVER_CONFIG)[-1], 1), 130000)

    def test_config_mistakes(self):
        for words, expect, pattern in (
                (("set", "bandwidth", "lots"), USAGE, "bandwidth"),
                (("set", "bandwith", "64000"), USAGE, "bandwi"),
                (("set", "database", "/tmp/x"), USAGE, "database"),
                (("set", "welcometextfile", "/etc/passwd"), REFUSED, "file"),
                (("set", "sslKey", "/etc/passwd"), REFUSED, "file"),
                (("unset", "users"), NOT_FOUND, "keeps nothing")):
            with self.subTest(words=words):
                self.assertRegex(self.admin("config", *words, expect=expect), pattern)

    def test_certificates(self):
        self.person("Ana").close()
        other = "0123456789abcdef0123456789abcdef01234567"
        self.person("Ana")
        self.batch("user register Ana", f"certs Ana add {other}")
        certs = self.json("certs", "Ana")
        self.assertEqual((certs["name"], certs["email"]), ("Ana", None))
        self.assertEqual({one["hash"]: one["online"] for one in certs["certs"]}[other], False)
        self.assertEqual(sorted(one["online"] for one in certs["certs"]), [False, True])
        self.batch(f"certs Ana remove {other}")
        self.assertEqual([one["online"] for one in self.json("certs", "Ana")["certs"]], [True])
        self.admin("certs", "Ana", "remove", other, expect=NOT_FOUND)
        self.admin("certs", "Ana", "add", "xyz", expect=USAGE)
        self.admin("certs", "Nobody", expect=NOT_FOUND)
        self.batch("user unregister Ana")

    def test_voices_are_no_people(self):
        self.assertIn("voice of a track", self.admin("user", "info", "Español 🎧", expect=REFUSED))
        self.assertEqual([one["voice_of_track"] for one in self.json("users")["users"]], [True] * 3)
        self.assertEqual([one["users"] for one in self.json("channels")["channels"]], [0] * 5)

    def test_answers_of_others_are_ignored(self):
        """Nobody can speak in the server's place: its own id is never passed on."""
        eva, root = self.person("Eva"), self.superuser()
        eva.ask(PLUGIN_DATA, {2: [root.session], 3: b'{"ok":true}', 4: "susurro.admin"})
        self.assertEqual(root.kinds(PLUGIN_DATA), [])
        root.barrier()
        self.assertEqual(root.kinds(PLUGIN_DATA), [])

    def test_can(self):
        self.person("Ana")
        self.batch("channel add Quiet", "acl Quiet add group all -speak")
        self.assertNotIn("Speak", self.json("can", "Ana", "Quiet")["rights"])
        self.assertIn("Speak", self.json("can", "Ana", "/")["rights"])
        self.batch("channel remove Quiet")

    def test_ban_for_a_time(self):
        """Over one connection: Eva comes from where we come from."""
        eva = self.person("Eva")
        lines = self.json_lines("user ban Eva enough --for 1h", "bans", "ban remove 1",
                                "ban add --cert 0123456789abcdef0123456789abcdef01234567", "bans",
                                "ban remove 1")
        eva.wait_closed()
        ban = lines[1]["bans"][0]
        self.assertEqual((ban["name"], ban["reason"], ban["duration_s"]), ("Eva", "enough", 3600))
        self.assertIsNone(lines[4]["bans"][0]["address"])
        self.assertEqual(self.json("bans")["bans"], [])

    def test_hostile_questions(self):
        """What no program of ours sends is answered with an error, or not at all."""
        root = self.superuser()
        for data in (b"", b"\0", b"can", b'can "1', b"can 1 99999999", b"can x y", b"meeting",
                     b"config set", b"a " * 100, b"\xff\xfe", b"certs #999999999999",
                     b"x" * 8193):
            with self.subTest(data=data[:20]):
                frames = root.ask(PLUGIN_DATA, {2: [root.session], 3: data, 4: "susurro.admin"})
                answers = [json.loads(last(fields, 3)) for kind, fields in frames
                           if kind == PLUGIN_DATA]
                self.assertEqual([one["ok"] for one in answers], [False])


class AtATerminal(Runner, SystemTest):
    """The password is asked for; and the limits that servers have by default."""

    has_superuser = True
    keys = {"autobanAttempts": 0, "messagelimit": 1, "messageburst": 5}

    def type_password(self, password):
        """Run it on a terminal of its own; return (status, what the terminal showed)."""
        pid, terminal = pty.fork()
        if pid == 0:
            environment = clean_environment(self.directory,
                                            SUSURRO_SERVER=f"127.0.0.1:{self.server.port}")
            os.execve(os.environ["SUSURRO"], ["susurro", "admin", "channels"], environment)
        shown = b""
        is_typed = False
        while True:
            try:
                shown += os.read(terminal, 4096)
            except OSError:  # it has ended
                break
            if not is_typed and b"Password of SuperUser: " in shown:
                os.write(terminal, password.encode() + b"\n")
                is_typed = True
        os.close(terminal)
        return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), shown.decode()

    def test_password_at_the_terminal(self):
        status, shown = self.type_password(SUPERUSER_PASSWORD)
        self.assertEqual(status, DONE, shown)
        self.assertIn("Root", shown)
        self.assertNotIn(SUPERUSER_PASSWORD, shown)
        self.assertEqual(self.type_password("wrong")[0], UNREACHED)

    def test_nothing_is_lost_by_haste(self):
        """Servers drop what comes too fast, silently: each of these arrives, once."""
        ana = self.person("Ana")
        texts = [f"text {i}" for i in range(7)]
        self.batch(*(f"channel add 'Room {i}'" for i in range(7)), *(f"acl 'Room {i}'" for i in range(3)),
                   *(f"user message Ana '{one}'" for one in texts))
        ana.barrier()
        self.assertEqual([text(fields, 5) for fields in ana.kinds(TEXT_MESSAGE) if 1 in fields], texts)
        self.assertEqual(len(self.json("channels")["channels"]), 8)


class OnSusurro(Shared, SystemTest):
    """Against our server."""

    has_superuser = True
    has_listen = True
    keys = {"autobanAttempts": 0}


class Stock(Shared):
    """Against a mumble-server, which has no answer to our own questions."""

    program = None

    @classmethod
    def setUpClass(cls):
        cls.directory = tempfile.mkdtemp(prefix="systemtest-")
        cls.addClassCleanup(shutil.rmtree, cls.directory, True)
        cls.server = Murmur(os.path.join(cls.directory, "murmur"), cls.program)
        cls.addClassCleanup(cls.server.stop)

    def test_what_only_susurro_knows(self):
        for words in (("meetings",), ("config",), ("certs", "Ana")):
            with self.subTest(words=words):
                self.assertIn("no Susurro", self.admin(*words, expect=NO_ANSWER))


@unittest.skipIf(missing("murmurd"), "mumble-server is not installed")
class OnMurmur13(Stock, unittest.TestCase):
    """Debian 12's: 1.3.4."""

    program = None if missing("murmurd") else path_of("murmurd")
    has_listen = False


@unittest.skipUnless(PROGRAMS_15, "./dev test --interop-1.5 fetches mumble-server 1.5")
class OnMurmur15(Stock, unittest.TestCase):
    """Debian 13's: 1.5."""

    program = f"{PROGRAMS_15}/mumble-server"
    has_listen = True


if __name__ == "__main__":
    unittest.main()
