# SPDX-License-Identifier: BSD-3-Clause
"""All exchanges, from their tables."""

from interop.compare import exchanges_login

EXCHANGES = exchanges_login.EXCHANGES
