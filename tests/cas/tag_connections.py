#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Connections on which tags follow one another, which CAS serves on threads of their own: everything else that may come on such a
connection is answered as on any other, whole or in pieces, one or several at once; idle ones end, and so do all when CAS stops."""

import http.client
import struct
import tempfile
import threading

from cas_process import WIRE, Cas, make_client
from instance import Program, new_key, volume_session


def request(method, path, body=b"", *headers):
    lines = [f"{method} {path} HTTP/1.1", "Host: localhost", f"Content-Length: {len(body)}", *headers]
    return ("\r\n".join(lines) + "\r\n\r\n").encode() + body


class Tagging:
    """A program that has sent two tags, so that its connection has a thread, and speaks on as it likes."""

    def __init__(self, cas, session, key):
        self.program = Program(cas, session, key)
        self.socket = self.program.connection.sock
        self.sequence = self.program.volume.sequence
        for _ in range(2):
            self.tag()

    def tag(self):
        self.sequence += 1
        self.program.tag(self.sequence)

    def next_tag(self):
        self.sequence += 1
        volume = self.program.volume
        body = volume.id + struct.pack("<QQ", volume.lease, self.sequence) + struct.pack("<Q", self.sequence) * 4
        return request("POST", "/v1/volumes/tag", body, f"Content-Type: {WIRE}")

    def answer(self):
        reply = http.client.HTTPResponse(self.socket, method="POST")
        reply.begin()
        return reply.status, reply.read()

    def is_over(self):
        return self.socket.recv(1) == b""


def everything_else(cas, key):
    one = Tagging(cas, "s0", key)
    for text, status in ((request("GET", "/healthz"), 200), (request("GET", "/nowhere"), 404), (request("GET", "/v1/volumes/tag"), 405)):
        one.socket.sendall(text)
        assert one.answer()[0] == status, text
        one.tag()
    for text, status in ((request("POST", "/v1/volumes/tag", b"x" * 2000, f"Content-Type: {WIRE}"), 413),
                         (request("POST", "/v1/volumes/tag", b"x", f"Content-Type: {WIRE}"), 400),
                         (request("POST", "/v1/volumes/tag", b"x", f"Content-Type: {WIRE}", "Content-Encoding: gzip"), 415),
                         (b"nonsense\r\n\r\n", 400), (b"GET / HTTP/1.1\r\nX: " + b"x" * 20000 + b"\r\n\r\n", 431)):
        one = Tagging(cas, "s0", key)
        one.socket.sendall(text)
        found = one.answer()
        assert found[0] == status, (text[:80], found)
        assert one.is_over(), text[:80]


def in_pieces(cas, key):
    one = Tagging(cas, "s0", key)
    for size in (1, 7, 100):
        text = one.next_tag()
        for at in range(0, len(text), size):  # a TLS record each
            one.socket.sendall(text[at:at + size])
        assert one.answer()[0] == 200, size
    one.socket.sendall(one.next_tag() + one.next_tag())  # two in one record
    # Each answer is read to its end, and not further.
    assert one.answer()[0] == 200
    one.tag()


def refused(cas, key):
    one, other = Tagging(cas, "s1", key), Tagging(cas, "s1", key)
    one.socket.sendall(one.next_tag())
    status, body = one.answer()
    assert status == 409 and b"volume.lease" in body, (status, body)
    assert one.is_over()
    other.tag()


def all_at_once(cas, keys):
    """More connections with tags than CAS has threads for."""
    failures = []

    def work(index):
        try:
            one = Tagging(cas, f"many{index}", keys[index % len(keys)])
            for _ in range(5):
                one.tag()
            waiting.wait(60)
            one.tag()
        except Exception as failure:  # told below
            failures.append((index, failure))
            waiting.abort()

    count = 70
    waiting = threading.Barrier(count)
    threads = [threading.Thread(target=work, args=(index,)) for index in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures, failures[:3]


def main():
    with tempfile.TemporaryDirectory(prefix="redoubt-cas-threads.") as directory:
        certificate = make_client(directory, "client")
        cas = Cas(f"{directory}/data")
        names = [f"s{index}" for index in range(2)] + [f"many{index}" for index in range(70)]
        for name in names:
            status, body = cas.json("PUT", f"/v1/sessions/{name}", volume_session(name), certificate)
            assert status == 201, body
        key = new_key()
        everything_else(cas, key)
        in_pieces(cas, key)
        refused(cas, key)
        all_at_once(cas, [key])
        # What runs when CAS stops is answered; what waits sees the end.
        one = Tagging(cas, "s0", key)
        assert cas.stop() == 0
        assert one.is_over()
        cas = Cas(f"{directory}/data", "--idle-timeout", "2")
        one = Tagging(cas, "s0", key)
        assert one.is_over(), "an idle connection ends"
        assert cas.stop() == 0


if __name__ == "__main__":
    main()
