# SPDX-License-Identifier: Apache-2.0
"""A running program's end of src/wire/attest_protocol.h and instance_protocol.h, against sessions with `mode: none`: it has no
evidence, and a connection of its own."""

import struct
import subprocess

from cas_process import WIRE


class Refused(Exception):
    """CAS refused; its first argument is the check."""


def text(value):
    data = value if isinstance(value, bytes) else value.encode()
    return struct.pack("<I", len(data)) + data


def volume_session(name, *lines):
    """A session that gives everybody a volume `data` at /data."""
    code = "{/bin/true: " + "0" * 64 + "}"
    return "\n".join([f"name: {name}", 'version: "0.3"',
                      f"services: [{{name: s, image_name: i, command: [/bin/true], code: {code}}}]",
                      "images: [{name: i, volumes: [{name: data, path: /data}]}]", "volumes: [{name: data}]",
                      "security: {attestation: {mode: none, tolerate: [no-attestation]}}", *lines, ""])


class Reader:
    def __init__(self, data):
        self.data, self.at = data, 0

    def take(self, size):
        self.at += size
        assert self.at <= len(self.data), "the message is cut"
        return self.data[self.at - size:self.at]

    def number(self, form):
        return struct.unpack("<" + form, self.take(struct.calcsize("<" + form)))[0]

    def text(self):
        return self.take(self.number("I"))

    def list(self, read):
        return [read() for _ in range(self.number("I"))]


class Volume:
    def __init__(self, reader):
        self.name, self.path = reader.text().decode(), reader.text().decode()
        self.id = reader.take(16)
        self.files, self.is_code, self.updates = (reader.number("B") for _ in range(3))
        self.key, self.lease = reader.take(32), reader.number("Q")
        self.initialise, self.as_found = (reader.number("B") == 1 for _ in range(2))
        self.sequence, self.mac = reader.number("Q"), reader.take(32)


def volumes_of(configuration):
    reader = Reader(configuration)
    reader.number("H")
    reader.text()
    reader.list(reader.text)
    reader.list(lambda: (reader.text(), reader.text()))
    reader.text()
    reader.number("B")
    reader.list(lambda: (reader.text(), reader.number("H"), reader.number("B"), reader.text()))
    return reader.list(lambda: Volume(reader))


def new_key():
    """x || y of a fresh P-256 key."""
    pem = subprocess.run(["openssl", "ecparam", "-name", "prime256v1", "-genkey", "-noout"], check=True, capture_output=True).stdout
    der = subprocess.run(["openssl", "ec", "-pubout", "-outform", "DER"], input=pem, check=True, capture_output=True).stdout
    return der[-64:]


class Program:
    """Attests when made; `volume` is what it was given."""

    def __init__(self, cas, session, key):
        self.connection = cas.connect()
        self.post("/v1/attest/challenge", b"")
        self.post("/v1/attest", struct.pack("<H", 1) + text(session) + text("s") + text("") + text("") + key + text("") +
                  struct.pack("<II", 0, 0))
        self.volume = volumes_of(self.post("/v1/attest/configuration", b"\1" + text("") * 5))[0]

    def post(self, path, body):
        self.connection.request("POST", path, body, {"Content-Type": WIRE})
        reply = self.connection.getresponse()
        data = reply.read()
        if reply.status != 200:
            raise Refused(Reader(data).text().decode() if reply.headers["Content-Type"] == WIRE else str(data), reply.status)
        return data

    def tag(self, sequence, lease=None, volume=None):
        self.post("/v1/volumes/tag", (volume or self.volume.id) + struct.pack("<QQ", lease or self.volume.lease, sequence) +
                  struct.pack("<Q", sequence) * 4)
