# SPDX-License-Identifier: BSD-3-Clause
"""What the Python tests share: servers, clients, sound and its judges. One noun a module."""
