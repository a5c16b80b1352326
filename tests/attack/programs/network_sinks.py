#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
#
# Listens in the clear, TCP and UDP, IPv4 and IPv6, while a command runs, and says what came: one line for each sink that saw the
# canary, and how many bytes came in all. Words of the command TLS, UNNAMED, OFF, LISTEN and CANARY are replaced.
#
#   network_sinks.py CANARY STDIN COMMAND...     STDIN: null, tcp (connected to a sink), udp, listener
import os
import selectors
import socket
import subprocess
import sys

canary, standard_input, command = sys.argv[1], sys.argv[2], sys.argv[3:]
poll = selectors.DefaultSelector()
seen = {}
PLAIN_ANSWER = b"-ERR in the clear\r\n"


def sink(name):
    stream = socket.socket(socket.AF_INET6)
    stream.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
    stream.bind(("::", 0))
    stream.listen(64)
    stream.setblocking(False)
    port = stream.getsockname()[1]
    datagrams = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
    datagrams.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
    datagrams.bind(("::", port))
    datagrams.setblocking(False)
    seen[name] = b""
    poll.register(stream, selectors.EVENT_READ, (name, "accept"))
    poll.register(datagrams, selectors.EVENT_READ, (name, "read"))
    return port


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as one:
        return one.getsockname()[1]


ports = {"TLS": sink("tls"), "UNNAMED": sink("unnamed"), "OFF": sink("off"), "LISTEN": free_port()}
rules = os.environ.get("RULES")
if rules:
    with open(rules + ".in") as template, open(rules, "w") as out:
        text = template.read()
        for word, port in ports.items():
            text = text.replace("@" + word, str(port))
        out.write(text)
given = subprocess.DEVNULL
if standard_input in ("tcp", "udp"):
    given = socket.socket(socket.AF_INET, socket.SOCK_STREAM if standard_input == "tcp" else socket.SOCK_DGRAM)
    given.connect(("127.0.0.1", ports["UNNAMED"]))
elif standard_input == "listener":
    given = socket.create_server(("127.0.0.1", ports["LISTEN"]))
    dialled = socket.create_connection(("127.0.0.1", ports["LISTEN"]))
    dialled.sendall(b"PING\r\n")  # in the clear, so that it is refused
    seen["dialled"] = b""
    poll.register(dialled, selectors.EVENT_READ, ("dialled", "read"))
words = [{"CANARY": canary}.get(word, str(ports.get(word, word))) for word in command]
program = subprocess.Popen(words, stdin=given)
if given is not subprocess.DEVNULL:
    given.close()


def take(timeout):
    events = poll.select(timeout)
    for key, _ in events:
        name, what = key.data
        try:
            if what == "accept":
                one, _ = key.fileobj.accept()
                one.sendall(PLAIN_ANSWER)
                poll.register(one, selectors.EVENT_READ, (name, "read"))
                continue
            data = key.fileobj.recv(65536)
        except OSError:
            data = b""
        seen[name] += data
        if not data:
            poll.unregister(key.fileobj)
    return bool(events)


while program.poll() is None:
    take(0.05)
while take(0.2):
    pass
del seen["off"]  # the rules let it be
for name, data in seen.items():
    print(f"sink {name}: {len(data)} bytes, canary {'SEEN' if canary.encode() in data else 'not seen'}")
sys.exit(program.returncode if program.returncode >= 0 else 128 - program.returncode)
