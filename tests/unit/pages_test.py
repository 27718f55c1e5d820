#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Every page of documentation names only files that there are: by links, by paths in `code`, and by the names of our own pages.

A path may be written from the project's top, from server/, from tests/ or from the page's own folder. Words in
capitals are places to fill in, and build/ is not kept.
"""

import glob
import os
import re
import subprocess
import unittest

from guides_test import dead_links
from i18n_test import ROOT

CODE = re.compile(r"```.*?```|`[^`]+`", re.DOTALL)
PAGE = re.compile(r"(?<![\w/])[A-Z]{3,}\.md\b")  # of ours, in code or not
PATH = re.compile(r"(?<![\w/.:~$*@-])(?:[\w.-]+/)+[\w.*-]+\.(?:c|h|py|md|ini|cmake|txt|po|svg|service)\b"
                  r"|(?<![\w/.:~$*@-])(?:bench|client-cli|cmake|completions|config|docs|man|po|proto|server|tests)/[\w./*@-]*")
NOT_KEPT = re.compile(r"^build/|[A-Z]{4}|\.\.\.")


def pages():
    done = subprocess.run(["git", "-C", ROOT, "ls-files", "*.md"], capture_output=True, text=True, check=False)
    found = done.stdout.split() if done.returncode == 0 else []
    return found or [os.path.relpath(path, ROOT) for path in glob.glob(f"{ROOT}/*.md") + glob.glob(f"{ROOT}/[a-z]*/**/*.md", recursive=True)
                     if not os.path.relpath(path, ROOT).startswith("build/")]


def is_there(path, directory):
    return any(glob.glob(os.path.join(top, path.rstrip("/."))) for top in
               (ROOT, os.path.join(ROOT, "server"), os.path.join(ROOT, "tests"), directory))


def missing_paths(text, directory):
    """Those that code names, and that no file or folder has."""
    named = [path for code in CODE.findall(text) for path in PATH.findall(code)]
    gone = [path for path in named if not NOT_KEPT.search(path) and not is_there(path, directory)]
    return gone + [page for page in PAGE.findall(text) if not is_there(page, os.path.join(ROOT, "docs"))]


class PagesTest(unittest.TestCase):
    def test_what_they_name_is_there(self):
        self.assertGreater(len(pages()), 20)
        for page in pages():
            with self.subTest(page), open(os.path.join(ROOT, page), encoding="utf-8") as file:
                text = file.read()
                directory = os.path.dirname(os.path.join(ROOT, page))
                self.assertEqual(missing_paths(text, directory), [])
                self.assertEqual(dead_links(text, directory), [])


class PlantedTest(unittest.TestCase):
    def test_paths(self):
        text = ("`config/susurrod@.service` TRACKS.md DESIGN.md `tests/unit/pages_test.py`, `unit/guides_test.py`, `control/limits.h`, `pages_test.py`, `server/voice/`, "
                "server/not_in_code.c `tests/unit/*_test.py` `tests/unit/NAME_test.c` `build/x/y.c` `http://a.b/c.h` "
                "`server/gone.c` `voice/gone.h`, `tests/gone/` and\n```\nbench/gone.py --all\n```\n")
        self.assertEqual(missing_paths(text, os.path.dirname(os.path.abspath(__file__))),
                         ["server/gone.c", "voice/gone.h", "tests/gone/", "bench/gone.py", "DESIGN.md"])


if __name__ == "__main__":
    unittest.main()
