#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""What ./dev test judges once more, from results as ctest writes them: lateness alone, never a fault that was seen."""

import os
import subprocess
import sys
import tempfile
import unittest
from xml.sax.saxutils import escape

PROGRAM = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "cmake", "once_more.py")
LATE = "AssertionError: 1.31 not less than 1.0\n\nFAILED (failures=1)\n"


def judged(results):
    """(whether once_more.py lets them pass, what it says) of {test: what it said}."""
    with tempfile.TemporaryDirectory() as build:
        logs = os.path.join(build, "Testing", "Temporary")
        os.makedirs(logs)
        with open(os.path.join(logs, "LastTestsFailed.log"), "w", encoding="utf-8") as file:
            file.writelines(f"{number}:{name}\n" for number, name in enumerate(results, 1))
        with open(os.path.join(build, "junit.xml"), "w", encoding="utf-8") as file:
            file.write("<testsuite>" + "".join(
                f'<testcase name="{name}" status="fail"><failure message=""/>'
                f"<system-out>{escape(said)}</system-out></testcase>" for name, said in results.items())
                + "</testsuite>")
        done = subprocess.run([sys.executable, PROGRAM, build], capture_output=True, text=True, check=False)
        return done.returncode == 0, done.stdout + done.stderr


class OnceMoreTest(unittest.TestCase):
    def test_lateness(self):
        for name in ("debug/system.voice", "release/interop.flow"):
            self.assertEqual(judged({name: LATE}), (True, name + "\n"))
        self.assertTrue(judged({f"debug/system.{i}": LATE for i in range(4)})[0])

    def test_faults(self):
        for what, results in {
                "nothing failed": {},
                "too many": {f"debug/system.{i}": LATE for i in range(5)},
                "a unit test": {"debug/unit.tracks_test": LATE},
                "with ThreadSanitizer": {"tsan/system.churn": LATE},
                "one of two": {"debug/system.voice": LATE, "debug/fuzz.frame": LATE},
                "a sanitizer": {"debug/system.voice": "==1==ERROR: AddressSanitizer: heap-use-after-free\n" + LATE},
                "undefined": {"debug/system.voice": "a.c:1:2: runtime error: signed integer overflow\n" + LATE},
                "a crash": {"release/interop.flow": "susurrod ended with status -11:\n" + LATE},
                "an assertion": {"debug/system.voice": "a.c:3: f: Assertion `a != NULL' failed.\n" + LATE},
                "it hung": {"debug/system.voice": "test_one (system.test_voice.Voice) ... "},
                "it was killed": {"debug/system.voice": ""}}.items():
            with self.subTest(what):
                self.assertFalse(judged(results)[0])


if __name__ == "__main__":
    unittest.main()
