# SPDX-License-Identifier: BSD-3-Clause
"""The base of the tests of roles, invitations and the door: one meeting, people with certificates."""

import os
import signal

from lib.observer import TEXT_MESSAGE
from lib.protobuf import text
from system.case import SystemTest, end, make_certificate

MEETING = """
[meeting "Asamblea"]
tracks = en, es
booths = en-es
default_language = es
interpreters = {interpreters}
moderators = {moderators}
{more}
"""


class RolesCase(SystemTest):
    """Mona moderates by the file, Iris interprets by it; Ana, Berta and Eva have certificates."""

    more = ""  # lines of the meeting's section
    names = {"interpreters": "Iris", "moderators": "Mona"}
    has_superuser = True

    @classmethod
    def setUpClass(cls):
        cls.meeting = MEETING.format(**cls.names, more=cls.more)
        super().setUpClass()
        cls.certificates = {name: make_certificate(cls.directory, name)
                            for name in ("Ana", "Berta", "Eva")}

    def setUp(self):
        self.mona = self.client("Mona")
        self.mona.command("!lang en")
        self.floor, self.english, self.spanish, self.booth = (
            self.mona.channel(name)["channel_id"] for name in
            ("Asamblea", "English", "Español", "Booth en-es"))

    def guest(self, name, language="en", **options):
        """Somebody who reads that language."""
        client = self.client(name, **options)
        client.command(f"!lang {language}")
        return client

    def registered(self, name, language="en"):
        """Of that name, with a certificate, registered now if they were not yet."""
        client = self.guest(name, language, certificate=self.certificates[name])
        if client.users[client.session].get("user_id") is None:
            client.change(f4=0)
            self.assertGreater(client.users[client.session]["user_id"], 0)
        return client

    def answer(self, client, command, *parts):
        """The only answer to a command; it holds these."""
        answers = client.command(command)
        self.assertEqual(len(answers), 1, (command, answers))
        for part in parts:
            self.assertIn(part, answers[0])
        return answers[0]

    def says(self, client, command, *parts):
        """The answers to a command, one of which holds all of these."""
        answers = client.command(command)
        self.assertTrue([one for one in answers if all(part in one for part in parts)],
                        (command, parts, answers))
        return answers

    def told(self, client, *parts):
        """Wait for a text of the server's that holds these."""
        def found():
            return [text(fields, 5) for fields in client.kinds(TEXT_MESSAGE)
                    if 1 not in fields and all(part in text(fields, 5) for part in parts)]
        return client.until(found, 5, f"a text with {parts}")[-1]

    def is_at(self, client, channel):
        client.until(lambda: client.here() == channel, 5, lambda: f"in {channel}, not {client.here()}")

    def may_enter(self, client, channel):
        """Tries it; goes back where they were."""
        here = client.here()
        client.change(f5=channel)
        if client.here() != channel:
            client.change(f5=here)
            return False
        client.change(f5=here)
        return True

    def restart(self):
        end(self.server)
        self.server.run()

    def reload(self, more="", **names):
        """Another configuration, by SIGHUP."""
        self.server.write(self.keys, MEETING.format(**{**self.names, **names}, more=more))
        n = self.server.process.log().count("configuration read again")
        os.kill(self.server.process.pid, signal.SIGHUP)
        self.mona.until(lambda: self.server.process.log().count("configuration read again") > n, 10,
                        "the configuration is read again")
        self.mona.barrier()
