#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
#
# Attacks an echo server with network_floods.c and with peers that never finish their handshake, while a well-behaved client must
# be served: network_floods.py PORT PID NETWORK_FLOODS. Prints one line for each attack, with the memory that the server took.
import os
import socket
import ssl
import subprocess
import sys

CERTIFICATES = os.environ["CERTIFICATES"]
port, pid, floods = int(sys.argv[1]), sys.argv[2], sys.argv[3]
context = ssl.create_default_context(cafile=f"{CERTIFICATES}/ca.pem")
context.load_cert_chain(f"{CERTIFICATES}/client.pem", f"{CERTIFICATES}/client.key")
MOST_EACH = 64 * 1024  # of memory, for a peer that has not finished its handshake


def connect():
    return context.wrap_socket(socket.create_connection(("127.0.0.1", port), timeout=60), server_hostname="localhost")


def echo(link):
    link.sendall(b"hello")
    assert link.recv(5) == b"hello"


def memory():
    with open(f"/proc/{pid}/status") as status:
        return sum(int(line.split()[1]) for line in status if line.startswith("VmRSS")) * 1024


steady = connect()
echo(steady)
for mode in ("key-updates", "requested-updates", "requested-unread", "tiny-records"):
    before = memory()
    attack = subprocess.Popen([floods, str(port), CERTIFICATES, mode], stdout=subprocess.PIPE, text=True)
    while attack.poll() is None:
        echo(steady)
    grown = memory() - before
    assert grown < 4 << 20, f"{mode}: {grown} bytes"
    print(f"{mode}: {attack.stdout.read().strip()}, {grown // 1024} KB more")

hello = bytes.fromhex("1603010200010001fc0303") + os.urandom(100)
before = memory()
halves = []
COUNT = 2000
for i in range(COUNT):
    one = socket.create_connection(("127.0.0.1", port))
    one.send((hello, hello[:3], hello[:1])[i % 3])
    halves.append(one)
    if i % 100 == 0:
        echo(steady)
for _ in range(3):
    echo(steady)
    with connect() as another:
        echo(another)
each = (memory() - before) // COUNT
assert each < MOST_EACH, f"{each} bytes for each half-open connection"
print(f"half-open: served, {COUNT} peers, {each} bytes each")
