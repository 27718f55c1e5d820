# SPDX-License-Identifier: BSD-3-Clause
"""Free ports on the loopback address, and the certificate that a TLS server shows."""

import random
import socket
import ssl


def free_port():
    """A port free for TCP and UDP on 127.0.0.1 at this moment.

    Below those that the kernel gives to clients: else one of them might have it before the server does.
    """
    with open("/proc/sys/net/ipv4/ip_local_port_range", encoding="ascii") as file:
        first_of_clients = int(file.read().split()[0])
    for _ in range(50):
        port = random.randrange(first_of_clients // 2, first_of_clients)
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as tcp:
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
                try:
                    tcp.bind(("127.0.0.1", port))
                    udp.bind(("127.0.0.1", port))
                except OSError:
                    continue
                return port
    raise AssertionError("no port is free for both TCP and UDP")


def accepts(port, host="127.0.0.1"):
    """Whether somebody accepts TCP connections there."""
    try:
        with socket.create_connection((host, port), timeout=1.0):
            return True
    except OSError:
        return False


def any_certificate_context():
    """A client's TLS context that takes any server certificate, as Mumble does once told."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def server_certificate(port, host="127.0.0.1"):
    """The server's leaf certificate, DER."""
    with socket.create_connection((host, port), timeout=5.0) as tcp:
        with any_certificate_context().wrap_socket(tcp) as tls:
            return tls.getpeercert(binary_form=True)
