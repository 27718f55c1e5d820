# SPDX-License-Identifier: BSD-3-Clause
"""The same exchanges with mumble-server 1.3.4 and with ours: whatever differs is written down in docs/.

EXCHANGES='login.* text.*' runs these only, and then does not ask whether every accepted difference occurs.
"""

import os
import sys
import unittest

from interop.compare.accepted import RULES, rule_of
from interop.compare.exchanges import EXCHANGES, absentees
from interop.compare.run import chosen, differences, play
from lib.process import require

DOCUMENT = os.path.join(os.path.dirname(__file__), "..", "..", "docs", "differences.md")
PATTERNS = os.environ.get("EXCHANGES", "*").split()


class TableTest(unittest.TestCase):
    """The tables themselves."""

    def test_exchanges_are_sound(self):
        names = [one.name for one in EXCHANGES]
        self.assertEqual(len(names), len(set(names)))
        self.assertEqual(absentees(), [])

    def test_document_has_the_accepted_differences(self):
        with open(DOCUMENT, encoding="utf-8") as file:
            rows = [line.strip() for line in file if line.startswith("| `")]
        self.assertEqual(rows, [one.row() for one in RULES])


class CompareTest(unittest.TestCase):
    """Both servers, exchange by exchange."""

    @classmethod
    def setUpClass(cls):
        require("murmurd", "openssl")

    def test_exchanges(self):
        used, unexpected, n_messages = set(), [], 0
        self.assertTrue(chosen(PATTERNS), f"no exchange is called {PATTERNS}")
        for exchange, (theirs, ours) in play(chosen(PATTERNS)):
            n_messages += sum(len(told) for step in theirs for told in step.values())
            for one in differences(exchange, theirs, ours):
                rule = rule_of(one)
                if rule:
                    used.add(rule)
                else:
                    unexpected.append(str(one))
        print(f"{len(chosen(PATTERNS))} exchanges, {n_messages} messages from mumble-server, "
              f"{len(used)} accepted differences, {len(unexpected)} others", file=sys.stderr)
        self.assertFalse(unexpected, "\n".join(unexpected))
        if PATTERNS == ["*"]:
            self.assertEqual([one.row() for one in RULES if one not in used], [],
                             "these no longer occur")


if __name__ == "__main__":
    unittest.main()
