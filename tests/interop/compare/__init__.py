# SPDX-License-Identifier: BSD-3-Clause
"""Protocol exchanges run against mumble-server and against ours, and what may differ between the two."""
