# SPDX-License-Identifier: BSD-3-Clause
"""Shows what both servers answer: python3 -m interop.compare [--reference] [--brief] PATTERN...

Patterns are names of exchanges, with * and ?. With --reference only mumble-server is asked, with --brief
only differences that nobody has accepted are shown.
"""

import sys

from interop.compare.accepted import is_accepted
from interop.compare.exchange import flat
from interop.compare.run import chosen, differences, play
from interop.compare.servers import Ours, Reference


def main(arguments):
    patterns = [one for one in arguments if not one.startswith("--")]
    is_brief = "--brief" in arguments
    kinds = (Reference,) if "--reference" in arguments else (Reference, Ours)
    for exchange, told in play(chosen(patterns), kinds):
        found = differences(exchange, *told) if len(told) == 2 else []
        if is_brief:
            found = [one for one in found if not is_accepted(one)]
            if not found:
                continue
        print(f"== {exchange.name} ({exchange.cast})")
        for number, step in enumerate(flat(exchange.steps)):
            if is_brief and not any(one.step == number for one in found):
                continue
            print(f"-- {number}: {step}")
            for who, messages in told[0][number].items():
                print("".join(f"     {who}: {one}\n" for one in messages), end="")
            for one in found:
                if one.step == number:
                    print(f"  {'ok' if is_accepted(one) else '!!'} {one}")
        sys.stdout.flush()


if __name__ == "__main__":
    main(sys.argv[1:])
