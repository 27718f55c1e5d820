# SPDX-License-Identifier: BSD-3-Clause
"""`susurro join` as a script uses it: what it is given on standard input is written to the chat."""

import json
import os
import subprocess
import tempfile
import unittest

from lib.process import clean_environment
from lib.server import MEETING
from system.case import SystemTest


class JoinTest(SystemTest):
    meeting = MEETING

    def join(self, *arguments, stdin=subprocess.PIPE):
        home = tempfile.mkdtemp(prefix="join-", dir=self.directory)
        person = subprocess.Popen(
            [os.environ["SUSURRO"], "join", f"mumble://Eva@127.0.0.1:{self.server.port}/Asamblea/Español",
             "--silent", "--json", "--insecure", "--cert", "none", *arguments], stdin=stdin,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=clean_environment(home))
        self.addCleanup(self.end, person)
        return person

    @staticmethod
    def end(person):
        person.terminate()
        person.wait(30)
        for stream in (person.stdin, person.stdout, person.stderr):
            if stream is not None:
                stream.close()

    @staticmethod
    def texts_until(person, wanted):
        for line in person.stdout:
            event = json.loads(line)
            if event["event"] == "text" and wanted in event["text"]:
                return event["text"]
        raise AssertionError(f"never heard {wanted!r}: {person.stderr.read()}")

    def test_lines_of_a_pipe(self):
        ana = self.client("Ana")
        person = self.join("--chat")
        person.stdin.write("¿Se oye? <b>sí</b>\n\n!under -6\n".encode())
        person.stdin.flush()
        self.texts_until(person, "-6 dB")  # the command came through, and the words before it
        person.stdin.write(b"\xff\xfe\n!under -24\nno end of the line")
        person.stdin.close()
        self.texts_until(person, "-24 dB")  # what is not UTF-8 stops nothing
        self.assertIsNone(person.poll())    # nor does the end of the input
        ana.barrier()

    def test_a_file(self):
        with tempfile.TemporaryFile(dir=self.directory) as file:
            file.write("".join(f"!under {db}\n" for db in (-18, -12)).encode())
            file.seek(0)
            person = self.join("--chat", stdin=file)
            self.texts_until(person, "-12 dB")

    def test_not_both(self):
        person = self.join("--chat", "--play", "-")
        _, error = person.communicate(timeout=30)
        self.assertEqual(person.returncode, 2)
        self.assertIn(b"standard input", error)


if __name__ == "__main__":
    unittest.main()
