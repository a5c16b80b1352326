# SPDX-License-Identifier: Apache-2.0
"""The peers of close_races.c: close_races.py PORT ROUNDS. What comes is TLS and, decrypted, the secret over and over; an end may be
an error. Nothing of the secret is to be seen in what came over the wire."""
import os
import socket
import ssl
import sys

CONTEXT = ssl.create_default_context(cafile=f"{os.environ['CERTIFICATES']}/ca.pem")
SECRET = b"a secret that nobody may see on the wire"
PORT, ROUNDS = int(sys.argv[1]), int(sys.argv[2])
KEPT = 6  # connections of this side: the server closes the older half


class Peer:
    def __init__(self):
        self.link = socket.create_connection(("127.0.0.1", PORT), timeout=60)
        self.incoming, self.outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.tls = CONTEXT.wrap_bio(self.incoming, self.outgoing, server_hostname="localhost")
        self.raw, self.plain, self.is_open = b"", b"", True
        self.step(self.tls.do_handshake)

    def receive(self):
        try:
            part = self.link.recv(65536)
        except ConnectionResetError:
            part = b""
        self.is_open = bool(part)
        self.raw += part
        self.incoming.write(part)

    def step(self, action):
        """None: the connection ended first."""
        while self.is_open:
            try:
                result = action()
                self.send()
                return result
            except ssl.SSLWantReadError:
                self.send()
                self.receive()
            except ssl.SSLError:
                self.is_open = False
        return None

    def send(self):
        try:
            self.link.sendall(self.outgoing.read())
        except OSError:
            pass

    def read_some(self):
        self.plain += self.step(lambda: self.tls.read(65536)) or b""

    def end(self):
        while self.is_open:
            self.receive()
        assert SECRET not in self.raw, "the secret came in the clear"
        expected = SECRET * (len(self.plain) // len(SECRET) + 1)
        assert self.plain == expected[: len(self.plain)], "bytes of another connection"
        self.link.close()
        return len(self.plain)


peers, total = [], 0
for _ in range(ROUNDS):
    peers.append(Peer())
    peers[-1].read_some()
    if len(peers) == KEPT:
        total += peers.pop(0).end()
assert total > 0
print("nothing was seen")
