#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Merges the tests of several presets into one directory, so that one ctest runs them all.

    merge_tests.py OUTPUT_DIR PRESET…

Reads `ctest --show-only=json-v1` of build/PRESET and writes OUTPUT_DIR/CTestTestfile.cmake. A test is
named PRESET/NAME. Which preset runs what: "release" takes the tests labelled "interop" and "repeated";
"tsan" those labelled "threads"; any other preset all but "interop", and these too where "release" is not
among the presets.
"""

import json
import os
import subprocess
import sys


def labels_of(test):
    return next((p["value"] for p in test.get("properties", []) if p["name"] == "LABELS"), [])


def belongs(test, preset, presets):
    labels = labels_of(test)
    if preset == "release":
        return "interop" in labels or "repeated" in labels
    if preset == "tsan":
        return "threads" in labels
    return "release" not in presets or "interop" not in labels


def quoted(value):
    """A CMake bracket argument: no character in it is special."""
    value = str(value)
    bars = "="
    while f"]{bars}]" in value or value.endswith(f"]{bars}"):
        bars += "="
    return f"[{bars}[{value}]{bars}]"


def property_text(value):
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, list):
        return ";".join(str(item).replace(";", "\\;") for item in value)
    return str(value)


def test_lines(test, preset):
    name = quoted(f"{preset}/{test['name']}")
    yield f"add_test({name} {' '.join(quoted(word) for word in test['command'])})"
    for entry in test.get("properties", []):
        yield (f"set_tests_properties({name} PROPERTIES {entry['name']} "
               f"{quoted(property_text(entry['value']))})")


def tests_in(preset):
    listing = subprocess.run(["ctest", "--test-dir", os.path.join("build", preset),
                              "--show-only=json-v1"], check=True, stdout=subprocess.PIPE).stdout
    return json.loads(listing)["tests"]


def main():
    output, presets = sys.argv[1], sys.argv[2:]
    os.makedirs(output, exist_ok=True)
    lines = []
    for preset in presets:
        chosen = [test for test in tests_in(preset) if belongs(test, preset, presets)]
        for test in chosen:
            if "command" not in test:
                sys.exit(f"merge_tests: {preset}/{test['name']} has no command: was it built?")
            lines.extend(test_lines(test, preset))
        print(f"{preset}: {len(chosen)} tests", file=sys.stderr)
    with open(os.path.join(output, "CTestTestfile.cmake"), "w", encoding="utf-8") as file:
        file.write("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
