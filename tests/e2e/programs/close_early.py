# SPDX-License-Identifier: Apache-2.0
"""The peers of close_early.c: close_early.py PORT early|full. A peer that is slow holds up nobody, and gets everything with its end."""
import os
import socket
import ssl
import sys

CERTIFICATES = os.environ["CERTIFICATES"]
CONTEXT = ssl.create_default_context(cafile=f"{CERTIFICATES}/ca.pem")
CONTEXT.suppress_ragged_eofs = False
ADDRESS = ("127.0.0.1", int(sys.argv[1]))


def shake_hands(link):
    return CONTEXT.wrap_socket(link, server_hostname="localhost", suppress_ragged_eofs=False)


def read_all(link):
    size = 0
    while part := link.recv(65536):  # an end without close_notify raises
        size += len(part)
    return size


for _ in range(3):
    slow = socket.create_connection(ADDRESS, timeout=60)
    if sys.argv[2] == "full":
        slow = shake_hands(slow)
        slow.send(b"g")
    quick = shake_hands(socket.create_connection(ADDRESS, timeout=60))
    written = int(quick.recv(32))
    assert quick.recv(32) == b""
    if sys.argv[2] == "early":
        slow = shake_hands(slow)
    received = read_all(slow)
    assert received == written, f"written {written}, received {received}"
print("everything came")
