# SPDX-License-Identifier: BSD-3-Clause
"""The server program itself, started on a free port and driven over the wire."""
