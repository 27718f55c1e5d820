# SPDX-License-Identifier: BSD-3-Clause
"""Mumble 1.5 of Debian 13: its voice goes in protobuf form, among its like and with 1.3.4.

`./dev test --interop-1.5` fetches it and names its folder in $SUSURRO_MUMBLE_15; without, all is skipped.
"""

import os
import unittest

from interop import test_direct

PROGRAMS = os.environ.get("SUSURRO_MUMBLE_15")


@unittest.skipUnless(PROGRAMS, "Mumble 1.5 is not here: ./dev test --interop-1.5")
class NewClientsTest(test_direct.DirectTest):
    """Both are 1.5: the same demands as on 1.3.4, by UDP and by tunnel."""

    programs = (True, True)  # which of Ana and Berta are 1.5

    def pair(self, **options):
        ana, berta = (self.client(name, program=f"{PROGRAMS}/mumble" if is_new else None, **options)
                      for name, is_new in zip(("Ana", "Berta"), self.programs))
        self.wait_online()
        return ana, berta


class MixedClientsTest(NewClientsTest):
    """1.5 and 1.3.4 in one channel: the server translates between the two forms of voice."""

    programs = (True, False)


if __name__ == "__main__":
    unittest.main()
