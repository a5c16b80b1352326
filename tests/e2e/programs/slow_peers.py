# SPDX-License-Identifier: Apache-2.0
"""Peers that stop in the middle must hold up nobody: slow_peers.py PORT, of an echo server that shields many connections."""
import os
import socket
import ssl
import sys

CERTIFICATES = os.environ["CERTIFICATES"]
CONTEXT = ssl.create_default_context(cafile=f"{CERTIFICATES}/ca.pem")
CONTEXT.load_cert_chain(f"{CERTIFICATES}/client.pem", f"{CERTIFICATES}/client.key")
ADDRESS = ("127.0.0.1", int(sys.argv[1]))


def connect():
    return CONTEXT.wrap_socket(socket.create_connection(ADDRESS, timeout=60), server_hostname="localhost")


silent = [socket.create_connection(ADDRESS) for _ in range(60)]
for peer in silent[20:40]:
    peer.send(b"\x16\x03\x01")  # the beginning of a record
for peer in silent[40:]:
    peer.send(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + os.urandom(100))  # of a ClientHello

full = connect()  # sends and does not read, until every buffer is full
full.setblocking(False)
sent = 0
try:
    while True:
        sent += full.send(b"z" * 16384)
except (BlockingIOError, ssl.SSLWantWriteError):
    pass

for _ in range(20):
    link = connect()
    link.send(b"hello")
    assert link.recv(5) == b"hello"
    link.unwrap()

full.setblocking(True)
received = 0
while received < sent:
    part = full.recv(65536)
    assert part, "ended early"
    received += len(part)
print("served")
