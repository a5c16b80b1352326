# SPDX-License-Identifier: Apache-2.0
"""Asks programs/socket_calls.c over TLS and IPv6: socket_calls_client.py PORT. One line for each kind that went as it should."""
import os
import socket
import ssl
import sys

CERTIFICATES = os.environ["CERTIFICATES"]
CONTEXT = ssl.create_default_context(cafile=f"{CERTIFICATES}/ca.pem")
CONTEXT.load_cert_chain(f"{CERTIFICATES}/client.pem", f"{CERTIFICATES}/client.key")


def connect(kind):
    plain = socket.create_connection(("::1", int(sys.argv[1])), timeout=30)
    link = CONTEXT.wrap_socket(plain, server_hostname="localhost", suppress_ragged_eofs=False)
    link.sendall(kind)
    return link


def receive(link, size):
    data = b""
    while len(data) < size:
        part = link.recv(size - len(data))
        assert part, (data, size)
        data += part
    return data


link = connect(b"m")
link.sendall(b"abcdefghijkl")
assert receive(link, 12) == b"abcdefghijkl"
assert receive(link, 40) == b"message 0\nmessage 1\nmessage 2\nmessage 3\n"
assert link.recv(1) == b""
print("recvmmsg, sendmmsg")
link = connect(b"l")
try:
    while link.recv(65536):
        pass
    print("SO_LINGER: ended politely")
except OSError as error:
    print("SO_LINGER:", type(error).__name__)
for kind, name in ((b"x", "EPOLLEXCLUSIVE"), (b"e", "epoll"), (b"d", "epoll, another number"), (b"n", "nested epoll"), (b"N", "epoll nested twice")):
    link = connect(kind)
    link.sendall(b"0123456789")
    assert receive(link, 10) == b"0123456789"
    assert link.recv(1) == b""
    print(name)
connect(b"s").recv(1)
link = connect(b"w")
link.sendall(b"ab")
link.sendall(b"cd")
link.sendall(b"efgh")
assert receive(link, 3) == b"low"
print("SO_RCVLOWAT of the listener")
link = connect(b"q")
link.sendall(b"?")
assert receive(link, 4) == b"last"
assert link.recv(1) == b""  # an end without close_notify is an error here
print("close_notify when the last thread ends")
