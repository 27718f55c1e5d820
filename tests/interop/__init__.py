# SPDX-License-Identifier: BSD-3-Clause
"""Real Mumble programs against the server. Run from tests/: python3 -m unittest interop.test_direct"""
