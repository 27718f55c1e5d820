#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""May what failed be judged once more? Prints the tests' names and ends with 0, or says why not and ends with 1.

    once_more.py BUILD_DIR

What plays sound in real time slips when something else takes the machine, so a few tests with whole programs may. A
fault that was seen is a fault, however the second run ends: a sanitizer's word, a program that a signal ended, a test
that did not come to its end, and all that the other tests say (a unit test, a fuzzer's seed, anything under ThreadSanitizer).
"""

import os
import re
import sys
import xml.etree.ElementTree as xml

MOST = 4
SLIPS = re.compile(r"(debug/system|release/interop)\.")
ENDED = re.compile(r"^FAILED \(", re.MULTILINE)  # unittest's last word: neither hung nor killed
FAULT = re.compile(r"\w+Sanitizer\b|runtime error:|status -\d+|Segmentation fault|[Aa]ssertion `.*' failed")


def failed_names(directory):
    """Of the last run: what ctest has written, or nothing."""
    path = os.path.join(directory, "Testing", "Temporary", "LastTestsFailed.log")
    if not os.path.exists(path):
        return []
    with open(path, encoding="utf-8") as file:
        return [line.rstrip("\n").partition(":")[2] for line in file if line.strip()]


def fault_of(case):
    """What in a test's result a second run cannot undo; None: nothing."""
    said = "" if case is None else case.findtext("system-out") or ""
    if not ENDED.search(said):
        return "did not come to its end"
    found = FAULT.search(said)
    return found and f"says '{found.group()}'"


def why_not(names, cases):
    if not 0 < len(names) <= MOST:
        return f"{len(names)} tests failed, and at most {MOST} may be judged once more"
    for name in names:
        if not SLIPS.match(name):
            return f"{name} does not depend on the moment"
        fault = fault_of(cases.get(name))
        if fault:
            return f"{name} {fault}"
    return None


def main():
    directory = sys.argv[1]
    names = failed_names(directory)
    cases = {case.get("name"): case for case in xml.parse(os.path.join(directory, "junit.xml")).iter("testcase")}
    reason = why_not(names, cases)
    if reason:
        sys.exit(f"not judged once more: {reason}")
    print(" ".join(names))


if __name__ == "__main__":
    main()
