# SPDX-License-Identifier: Apache-2.0
"""The client of owner.py: owner_client.py PORT."""
import os
import socket
import ssl
import sys

CERTIFICATES = os.environ["CERTIFICATES"]
CONTEXT = ssl.create_default_context(cafile=f"{CERTIFICATES}/ca.pem")
CONTEXT.load_cert_chain(f"{CERTIFICATES}/client.pem", f"{CERTIFICATES}/client.key")


def connect():
    plain = socket.create_connection(("127.0.0.1", int(sys.argv[1])), timeout=30)
    return CONTEXT.wrap_socket(plain, server_hostname="localhost")


link = connect()
link.send(b"hello")
got = b""
while len(got) < len(b"parent sent dup"):
    got += link.recv(100)
print(got)
input()  # the server has looked for what is not there
link.send(b"again")
print(link.recv(10))
link.unwrap()

link = connect()
link.send(b"12345")
print(link.recv(6), link.recv(1))
link.unwrap()
