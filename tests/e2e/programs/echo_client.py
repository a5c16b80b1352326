# SPDX-License-Identifier: Apache-2.0
"""Asks programs/echo_server.c, in the clear or over TLS 1.3: echo_client.py plain|tls MODE PORT [FILE]."""
import hashlib
import os
import socket
import ssl
import sys
import threading

KIND, MODE, PORT = sys.argv[1], sys.argv[2], int(sys.argv[3])
CERTIFICATES = os.environ.get("CERTIFICATES", ".")


def connect():
    plain = socket.create_connection(("127.0.0.1", PORT), timeout=60)
    plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    if KIND == "plain":
        return plain
    context = ssl.create_default_context(cafile=f"{CERTIFICATES}/ca.pem")
    context.load_cert_chain(f"{CERTIFICATES}/client.pem", f"{CERTIFICATES}/client.key")
    return context.wrap_socket(plain, server_hostname="localhost")


def receive(link, size):
    parts = bytearray()
    while len(parts) < size:
        part = link.recv(min(65536, size - len(parts)))
        if not part:
            break
        parts += part
    return bytes(parts)


def finish(link):
    """The end of both directions, as a careful client."""
    if KIND == "tls":
        link.unwrap().close()
    else:
        link.close()


def talk(link, sizes):
    for size in sizes:
        message = os.urandom(size)
        link.sendall(message)
        assert receive(link, size) == message, size


def both_ways(link, size):
    """Sends while it receives: neither end may wait for the other."""
    sent, received = hashlib.sha256(), hashlib.sha256()

    def reader():
        left = size
        while left > 0:
            part = link.recv(min(65536, left))
            assert part, "ended early"
            received.update(part)
            left -= len(part)

    if KIND == "tls":  # one ssl object is not for two threads: alternate in pieces that fill every buffer
        piece = 1 << 16
        for _ in range(size // piece):
            talk(link, [piece])
        return
    thread = threading.Thread(target=reader)
    thread.start()
    for _ in range(size // 65536):
        part = os.urandom(65536)
        sent.update(part)
        link.sendall(part)
    thread.join()
    assert sent.digest() == received.digest()


if MODE == "total":
    link = connect()
    link.sendall(b"x" * 300000)
    if KIND == "tls":  # Python's ssl cannot half-close: unwrap sends close_notify, and reads what is left in the clear
        print("half-close: by openssl s_client only")
        finish(link)
        sys.exit(0)
    link.shutdown(socket.SHUT_WR)
    print(receive(link, 100).decode(), end="")
elif MODE == "sendfile":
    link = connect()
    parts = receive(link, os.path.getsize(sys.argv[4]))
    assert hashlib.sha256(parts).digest() == hashlib.sha256(open(sys.argv[4], "rb").read()).digest()
    assert link.recv(1) == b""
    print("file", len(parts))
elif MODE == "peek":
    link = connect()
    talk(link, [10] * 50)
    message = os.urandom(10)
    link.sendall(message[:4])
    link.sendall(message[4:])
    assert receive(link, 10) == message
    finish(link)
    print("peeked")
elif MODE == "first":
    for _ in range(3):
        link = connect()
        assert receive(link, 6) == b"HELLO\n"
        talk(link, [1, 100])
        finish(link)
    print("greeted")
elif MODE == "blocking":
    for _ in range(3):
        link = connect()
        talk(link, [1, 6, 7, 8, 1000])
        finish(link)
    print("echoed")
else:
    links = [connect() for _ in range(3 if MODE == "prefork" else 200)]
    for link in links:
        talk(link, [1, 17, 5000])
    for link in reversed(links):
        talk(link, [40000 if link is links[0] else 3])
    both_ways(links[0], 8 << 20)
    for link in links:
        finish(link)
    print("echoed", len(links))
