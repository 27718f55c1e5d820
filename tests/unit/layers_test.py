#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Holds every folder to its layer: reads the #include lines and refuses what points upwards.

A folder may include its own headers and the public headers of the folders listed for it, never
another folder's *_int.h. The pure layers may not reach for sockets, threads, clocks or the event
loop at all, unless the line says why: `#include <x.h> // layers: why`. The checker is itself tested on small trees with planted violations.
"""

import os
import re
import sys
import tempfile
import unittest

# Lowest first. Each of the server's layers may include all that stand before it.
ORDER = ["proto", "server/base", "server/model", "server/tracks", "server/agenda", "server/audio", "server/ladder", "server/store",
         "server/record", "server/voice", "server/mixer", "server/control", "server"]
ALLOWED = {folder: set(ORDER[:i]) for i, folder in enumerate(ORDER)}
ALLOWED["client-cli"] = {"proto", "server/base", "server/audio"}
ALLOWED["bench"] = {"proto", "server/base", "server/audio", "server/model"}

PURE = ["proto", "server/model", "server/tracks", "server/agenda", "server/audio", "server/ladder"]
IMPURE = re.compile(r"(uv|pthread|threads|poll|netdb|signal|unistd|fcntl|time|ifaddrs)\.h$"
                    r"|^(sys/(socket|epoll|time|select|timerfd|eventfd|un|uio)|arpa/|net/|netinet/)"
                    r"|^openssl/(ssl|bio)\.h$|^sqlite3\.h$")

INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]')
REASON = re.compile(r"// layers: \S+ \S+")


def files_of(root, folder):
    """The C files directly in a folder, and in sub-folders that are no layers of their own."""
    for path, names, files in os.walk(os.path.join(root, folder)):
        relative = os.path.relpath(path, root)
        names[:] = sorted(name for name in names if os.path.join(relative, name) not in ALLOWED)
        for name in sorted(files):
            if name.endswith((".c", ".h")):
                yield os.path.join(relative, name)


def layer_of(root, including, header):
    """Where a header of ours lives: (folder, path), or None when it is not one of ours."""
    own = os.path.dirname(including)
    for base in (own, "", "server"):
        path = os.path.normpath(os.path.join(base, header))
        if os.path.isfile(os.path.join(root, path)):
            folder = os.path.dirname(path)
            while folder and folder not in ALLOWED:
                folder = os.path.dirname(folder)
            return folder, path
    return None


def complaint(root, folder, including, mark, header):
    if mark == "<" and folder in PURE and IMPURE.search(header):
        return f"{folder} is pure: no <{header}>"
    found = layer_of(root, including, header)
    if mark == "<" or found is None or found[0] == folder:
        return None
    if found[0] not in ALLOWED[folder]:
        return f"{folder} stands below {found[0]}: no \"{header}\""
    if header.endswith("_int.h"):
        return f"\"{header}\" is private to {found[0]}"
    return None


def violations(root):
    """A list of "file:line: complaint", and the number of include lines read."""
    found, n_lines = [], 0
    for folder in ALLOWED:
        for name in files_of(root, folder):
            with open(os.path.join(root, name), encoding="utf-8") as file:
                for number, line in enumerate(file, 1):
                    match = INCLUDE.match(line)
                    if not match:
                        continue
                    n_lines += 1
                    mark, header = match.groups()
                    if mark == "<" and REASON.search(line):
                        continue
                    text = complaint(root, folder, name, mark, header)
                    if text:
                        found.append(f"{name}:{number}: {text}")
    return found, n_lines


class Tree(unittest.TestCase):
    """The project itself."""

    def test_order(self):
        root = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
        found, n_lines = violations(root)
        self.assertGreater(n_lines, 20, "no include lines were found: wrong folder?")
        self.assertEqual(found, [])


class Checker(unittest.TestCase):
    """Planted violations, one a row: each must be found, and what is allowed must pass."""

    HEADERS = ["proto/proto.h", "proto/proto_int.h", "server/base/base.h", "server/model/model.h",
               "server/tracks/tracks.h", "server/audio/audio.h", "server/audio/audio_int.h",
               "server/mixer/mixer.h", "server/control/control.h", "client-cli/client.h"]
    REFUSED = [
        ("server/tracks/a.c", '#include "mixer/mixer.h"'),
        ("server/tracks/a.c", '#include "server/mixer/mixer.h"'),
        ("server/tracks/a.c", '#include "../mixer/mixer.h"'),
        ("server/tracks/sub/a.c", '#include "control/control.h"'),
        ("proto/a.h", '  #  include "base/base.h"'),
        ("server/mixer/a.c", '#include "audio/audio_int.h"'),
        ("client-cli/a.c", '#include "model/model.h"'),
        ("client-cli/a.c", '#include "proto/proto_int.h"'),
        ("bench/a.c", '#include "client-cli/client.h"'),
        ("server/tracks/a.c", "#include <uv.h>"),
        ("server/audio/a.c", "#include <pthread.h>"),
        ("server/model/a.c", "#include <sys/socket.h>"),
        ("proto/a.c", "#include <time.h>"),
        ("proto/a.c", "#include <time.h> // layers:"),
        ("proto/a.c", '#include "base/base.h" // layers: not for ours'),
    ]
    ACCEPTED = [
        ("server/mixer/a.c", '#include "audio/audio.h"'),
        ("server/audio/a.c", '#include "audio/audio_int.h"'),
        ("server/audio/a.c", '#include "audio_int.h"'),
        ("server/main.c", '#include "control/control.h"'),
        ("server/tracks/a.c", "#include <stdint.h>"),
        ("server/control/a.c", "#include <uv.h>"),
        ("server/audio/a.c", "#include <pthread.h> // layers: fills a constant table once"),
        ("client-cli/a.c", '#include "audio/audio.h"'),
        ("proto/a.c", '#include "Mumble.pb-c.h"'),
        ("proto/a.c", '// as in #include "mixer/mixer.h"'),
    ]

    def check(self, name, line):
        with tempfile.TemporaryDirectory() as root:
            for path, text in [(header, "") for header in self.HEADERS] + [(name, line + "\n")]:
                os.makedirs(os.path.dirname(os.path.join(root, path)), exist_ok=True)
                with open(os.path.join(root, path), "w", encoding="utf-8") as file:
                    file.write(text)
            return violations(root)[0]

    def test_planted_violations(self):
        for name, line in self.REFUSED:
            with self.subTest(name=name, line=line):
                self.assertEqual(len(self.check(name, line)), 1)

    def test_allowed(self):
        for name, line in self.ACCEPTED:
            with self.subTest(name=name, line=line):
                self.assertEqual(self.check(name, line), [])


if __name__ == "__main__":
    sys.exit(unittest.main())
