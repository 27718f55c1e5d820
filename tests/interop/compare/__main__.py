# SPDX-License-Identifier: BSD-3-Clause
"""Shows what both servers answer: python3 -m interop.compare PATTERN... (names of exchanges, with * and ?)

With --reference only mumble-server is asked.
"""

import sys
import tempfile
from fnmatch import fnmatch

from interop.compare import stage, transcript
from interop.compare.exchange import flat
from interop.compare.exchanges import EXCHANGES
from interop.compare.servers import Company, Ours, Reference
from interop.compare.world import CERTIFICATES
from system.case import make_certificate


def main(patterns):
    kinds = [Reference] if "--reference" in patterns else [Reference, Ours]
    chosen = [one for one in EXCHANGES if any(fnmatch(one.name, pattern) for pattern in patterns)]
    with tempfile.TemporaryDirectory(prefix="compare-") as directory:
        certificates = stage.certificates(directory, make_certificate, CERTIFICATES)
        companies = [Company(kind, directory, certificates) for kind in kinds]
        for one in chosen:
            print(f"== {one.name} ({one.cast})")
            told = [company.play(one) for company in companies]
            for number, step in enumerate(flat(one.steps)):
                print(f"-- {number}: {step}")
                show(one, number, [side[number] for side in told])


def show(exchange, number, sides):
    for who in dict.fromkeys(who for side in sides for who in side):
        for one in sides[0].get(who, []):
            print(f"     {who}: {one}")
        if len(sides) == 2:
            for one in transcript.differences(exchange.name, number, who, sides[0].get(who, []),
                                              sides[1].get(who, [])):
                print(f"  !! {one}")


if __name__ == "__main__":
    main(sys.argv[1:])
