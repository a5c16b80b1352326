# SPDX-License-Identifier: Apache-2.0
"""A peer that stops within its ClientHello, of an echo server whose time limit for handshakes is over at once: slow_handshake.py PORT.
Others are served until the server has ended its connection."""
import os
import socket
import ssl
import sys

CONTEXT = ssl.create_default_context(cafile=f"{os.environ['CERTIFICATES']}/ca.pem")
ADDRESS = ("127.0.0.1", int(sys.argv[1]))


def has_ended(peer):
    try:
        return peer.recv(1) == b""
    except BlockingIOError:
        return False
    except ConnectionResetError:
        return True


slow = socket.create_connection(ADDRESS)
slow.send(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + os.urandom(100))
slow.setblocking(False)
while not has_ended(slow):
    with CONTEXT.wrap_socket(socket.create_connection(ADDRESS, timeout=60), server_hostname="localhost") as link:
        link.send(b"hello")
        assert link.recv(5) == b"hello"
print("ended")
