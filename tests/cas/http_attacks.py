#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""What a hostile client may send: garbage instead of TLS, malformed and oversized HTTP on every route, half requests, slow ones,
too many connections. After each CAS must run, answer others, and have answered as documented or closed the connection."""

import http.client
import os
import random
import re
import socket
import ssl
import tempfile
import threading
import time

from cas_process import WIRE, Cas, make_client, session, verify_audit

ROUTES = [("PUT", "/v1/sessions/a/b"), ("GET", "/v1/sessions/a/b"), ("GET", "/v1/sessions"), ("POST", "/v1/sessions/check"),
          ("GET", "/v1/values/session=a,secret=b"), ("POST", "/v1/attest/challenge"), ("POST", "/v1/attest"),
          ("POST", "/v1/attest/configuration"), ("POST", "/v1/attest/templates"), ("POST", "/v1/instance/challenge"),
          ("POST", "/v1/instance"), ("POST", "/v1/volumes/tag"), ("GET", "/v1/volumes?session=a"),
          ("POST", "/v1/volumes/forget?session=a&volume=b"), ("GET", "/v1/identity"),
          ("GET", "/v1/audit/key"), ("GET", "/healthz"), ("GET", "/readyz"), ("GET", "/metrics")]
MEBIBYTE = 1 << 20
LARGEST_SESSION = 4 * MEBIBYTE


def takes_wire(path):
    return "attest" in path or "instance" in path or path.endswith("tag")


def largest_body(path):
    if "attest" in path:
        return MEBIBYTE
    return 1024 if takes_wire(path) else LARGEST_SESSION


class Attacker:
    """Counts what was tried, and looks after every attempt whether CAS still serves others."""

    def __init__(self, cas, certificate):
        self.cas, self.certificate, self.count = cas, certificate, 0

    def raw(self, data):
        """Bytes on the TCP connection, without TLS. Returns what came back."""
        with socket.create_connection(("127.0.0.1", self.cas.port), timeout=10) as plain:
            return self._exchange(plain, data)

    def secure(self, data, certificate=None, patience=60.0):
        with socket.create_connection(("127.0.0.1", self.cas.port), timeout=10) as plain:
            with self.cas.tls(certificate).wrap_socket(plain, server_hostname="localhost") as connection:
                connection.settimeout(patience)
                return self._exchange(connection, data)

    def _exchange(self, connection, data):
        self.count += 1
        received = b""
        try:
            connection.sendall(data)
            while not self.finished(received) and (piece := connection.recv(65536)):
                received += piece
        except (OSError, ssl.SSLError):
            pass
        return received

    @staticmethod
    def finished(received):
        """Whether the last reply is there, so that CAS need not wait until it cuts us off."""
        starts = [match.start() for match in re.finditer(rb"HTTP/1\.1 \d{3} ", received)]
        last = received[starts[-1]:] if starts else b""
        head_end = last.find(b"\r\n\r\n")
        length = re.search(rb"Content-Length: (\d+)\r\n", last)
        return (head_end > 0 and b"\r\nConnection: close\r\n" in last and length is not None
                and len(last) >= head_end + 4 + int(length[1]))

    def alive(self, what):
        assert self.cas.running(), f"CAS died of {what}"
        status, _, body = self.cas.request("GET", "/healthz")
        assert (status, body) == (200, b"ok\n"), f"after {what}: {status} {body}"

    def expect(self, what, data, *statuses, certificate=None):
        """The first reply's status must be one of these; None: the connection is closed without one."""
        reply = self.secure(data, certificate)
        match = re.match(rb"HTTP/1\.1 (\d{3}) ", reply)
        status = int(match[1]) if match else None
        assert status in statuses, f"{what}: expected {statuses}, found {reply[:300]!r}"
        assert b"Connection: close" in reply or status is None or status < 400 or b"\r\n\r\nGET" in data, f"{what}: kept open: {reply}"
        self.alive(what)


def head(method, path, *lines, version="HTTP/1.1", close=True):
    all_lines = [f"{method} {path} {version}", "Host: localhost", *(["Connection: close"] if close else []), *lines]
    return ("\r\n".join(all_lines) + "\r\n\r\n").encode("latin-1")


def tls_garbage(attacker, generator):
    samples = [b"", b"\x00", b"GET / HTTP/1.1\r\n\r\n", b"\x16\x03\x01", b"\x16\x03\x01\xff\xff" + b"\x01" * 70000,
               b"\x16\x03\x01\x00\x05\x01\xff\xff\xff\xff", b"\x15\x03\x01\x00\x02\x02\x28", b"\x17\x03\x03\x40\x00" + b"x" * 0x4000]
    samples += [generator.randbytes(generator.randrange(1, 5000)) for _ in range(20)]
    for sample in samples:
        with socket.create_connection(("127.0.0.1", attacker.cas.port), timeout=10) as plain:
            attacker.count += 1
            try:
                plain.sendall(sample)
                plain.shutdown(socket.SHUT_WR)
                plain.recv(1000)
            except OSError:
                pass
    attacker.alive("garbage instead of TLS")


def malformed(attacker, _):
    get = head("GET", "/healthz")
    rows = [
        ("no version", b"GET /healthz\r\n\r\n", 400), ("HTTP/2.0", get.replace(b"HTTP/1.1", b"HTTP/2.0"), 400, 505),
        ("HTTP/1.9", get.replace(b"HTTP/1.1", b"HTTP/1.9"), 400, 505), ("no host", b"GET /healthz HTTP/1.1\r\nConnection: close\r\n\r\n", 400),
        ("two hosts", head("GET", "/healthz", "Host: other"), 400), ("NUL in a header", head("GET", "/healthz", "A: \0"), 400),
        ("NUL in the method", get.replace(b"GET", b"G\0T"), 400), ("header without colon", head("GET", "/healthz", "nonsense"), 400),
        ("space before colon", head("GET", "/healthz", "A : b"), 400), ("folded header", head("GET", "/healthz", "A: b\r\n c"), 200, 400),
        ("bare newlines", get.replace(b"\r\n", b"\n"), 400), ("absolute target", head("GET", "http://localhost/healthz"), 400),
        ("star", head("GET", "*"), 400), ("bad percent", head("GET", "/v1/sessions/%zz"), 400), ("NUL in path", head("GET", "/v1/sessions/%00"), 400),
        ("newline in path", head("GET", "/v1/sessions/a%0d%0aX:%20y"), 400), ("high bytes in path", head("GET", "/v1/sessions/\xff"), 400),
        ("invented method", head("BREW", "/healthz"), 405), ("CONNECT", head("CONNECT", "localhost:1"), 400),
        ("negative length", head("PUT", "/v1/sessions/a", "Content-Length: -1"), 400),
        ("length with text", head("PUT", "/v1/sessions/a", "Content-Length: 5x"), 400),
        ("huge length", head("PUT", "/v1/sessions/a", "Content-Length: 99999999999999999999999999"), 400),
        ("length of 2^64-1", head("PUT", "/v1/sessions/a", "Content-Length: 18446744073709551615"), 400, 413),
        ("two lengths", head("PUT", "/v1/sessions/a", "Content-Length: 1", "Content-Length: 2"), 400),
        ("length and chunks", head("PUT", "/v1/sessions/a", "Content-Length: 1", "Transfer-Encoding: chunked"), 400),
        ("chunks and length", head("PUT", "/v1/sessions/a", "Transfer-Encoding: chunked", "Content-Length: 1"), 400),
        ("gzip coding", head("PUT", "/v1/sessions/a", "Transfer-Encoding: gzip, chunked"), 501),
        ("gzip only", head("PUT", "/v1/sessions/a", "Transfer-Encoding: gzip"), 501),
        ("compressed content", head("PUT", "/v1/sessions/a", "Content-Encoding: gzip", "Content-Length: 0"), 415),
        ("chunks in 1.0", head("PUT", "/v1/sessions/a", "Transfer-Encoding: chunked", version="HTTP/1.0"), 400, 501),
        ("bad chunk", head("PUT", "/v1/sessions/a", "Transfer-Encoding: chunked") + b"zz\r\n", 400),
        ("huge chunk", head("PUT", "/v1/sessions/a", "Transfer-Encoding: chunked") + b"ffffffffffffffff\r\n", 400, 413),
        ("other expectation", head("PUT", "/v1/sessions/a", "Expect: wonders", "Content-Length: 1"), 417),
        ("upgrade is ignored", head("GET", "/healthz", "Upgrade: websocket"), 200), ("HTTP/1.0", head("GET", "/healthz", version="HTTP/1.0"), 200),
        ("response", b"HTTP/1.1 200 OK\r\n\r\n", 400, 405), ("binary", bytes(range(256)) * 20, 400),
        ("40 signatures", head("PUT", "/v1/sessions/a", *["Redoubt-Signature: AAAA"] * 40, "Content-Length: 0"), 400),
    ]
    for what, data, *statuses in rows:
        attacker.expect(what, data, *statuses)


def oversized(attacker, _):
    for method, path in ROUTES:
        wire = ["Content-Type: " + WIRE] if takes_wire(path) else []
        attacker.expect(f"long header on {path}", head(method, path, "A: " + "x" * 20000), 431, None)
        attacker.expect(f"many headers on {path}", head(method, path, *[f"A{number}: x" for number in range(5000)]), 431, None)
        largest = largest_body(path)
        more = largest + 2 * MEBIBYTE
        attacker.expect(f"declared body on {path}", head(method, path, *wire, f"Content-Length: {largest + 1}"), 413)
        attacker.expect(f"sent body on {path}", head(method, path, *wire, f"Content-Length: {more}") + b"x" * more, 413)
        chunk = b"10000\r\n" + b"x" * 65536 + b"\r\n"
        attacker.expect(f"chunked body on {path}", head(method, path, *wire, "Transfer-Encoding: chunked") + chunk * (largest // 65536 + 1), 413)
    attacker.expect("long path", head("GET", "/v1/sessions/" + "a" * 20000), 431, None)
    attacker.expect("largest session", head("POST", "/v1/sessions/check", f"Content-Length: {LARGEST_SESSION}") + b"#" * LARGEST_SESSION, 422)
    for what in (b"[", b"[],", b"x,", b"&a "):
        body = b"x: [" + what * ((LARGEST_SESSION - 4) // len(what))
        attacker.expect(f"many {what.decode()}", head("POST", "/v1/sessions/check", f"Content-Length: {len(body)}") + body, 422)


def wrong_bodies(attacker, generator):
    """Random and cut bodies on every route that takes one."""
    text = session("a", "m").encode()
    for method, path in ROUTES:
        if method == "GET":
            continue
        wire = ["Content-Type: " + WIRE] if takes_wire(path) else []
        bodies = [b"", b"\0", b"\xff" * 1000, text[:-30]] + [generator.randbytes(generator.randrange(1, 3000)) for _ in range(10)]
        bodies += [b"\x01\x00" + b"\xff\xff\xff\xff" * 20, b"\x01\x00" + b"\x00" * 500]
        for body in bodies:
            reply = attacker.secure(head(method, path, *wire, f"Content-Length: {len(body)}") + body, attacker.certificate)
            match = re.match(rb"HTTP/1\.1 (\d{3}) ", reply)
            assert match and (200 <= int(match[1]) < 500), f"{method} {path} {body[:40]!r}: {reply[:300]!r}"
        attacker.alive(f"bodies on {path}")


def halves(attacker, _):
    """A request cut at any place, the connection closed there."""
    whole = head("PUT", "/v1/sessions/a", "Content-Length: 10") + b"0123456789"
    for size in range(0, len(whole), 3):
        with socket.create_connection(("127.0.0.1", attacker.cas.port), timeout=10) as plain:
            with attacker.cas.tls().wrap_socket(plain, server_hostname="localhost") as connection:
                attacker.count += 1
                connection.sendall(whole[:size])
    attacker.alive("half requests")


def pipelined(attacker, _):
    both = attacker.secure(head("GET", "/healthz", close=False) + head("GET", "/v1/identity"))
    assert both.count(b"HTTP/1.1 200 OK") == 2, both
    # What follows a refused body is not taken for a request.
    smuggled = attacker.secure(head("PUT", "/v1/sessions/a", f"Content-Length: {2 * LARGEST_SESSION}", close=False) + head("GET", "/v1/identity"))
    assert smuggled.count(b"HTTP/1.1") == 1 and b" 413 " in smuggled[:20], smuggled
    early = attacker.secure(head("PUT", "/v1/sessions/a", f"Content-Length: {2 * LARGEST_SESSION}", "Expect: 100-continue"))
    assert b"413" in early[:20] and b"100 Continue" not in early, early
    with socket.create_connection(("127.0.0.1", attacker.cas.port), timeout=10) as plain:
        with attacker.cas.tls().wrap_socket(plain, server_hostname="localhost") as connection:
            connection.sendall(head("POST", "/v1/sessions/check", "Content-Length: 7", "Expect: 100-continue"))
            assert connection.recv(100) == b"HTTP/1.1 100 Continue\r\n\r\n"
            connection.sendall(b"name: 3")
            assert connection.recv(1000).startswith(b"HTTP/1.1 422 ")


def slow(directory, certificate):
    """Peers that send nothing, or a byte now and then, are cut off; meanwhile others are served."""
    cas = Cas(f"{directory}/slow", "--request-timeout", "1", "--idle-timeout", "1", "--threads", "2")
    attacker = Attacker(cas, certificate)
    opened = []
    for index in range(30):
        plain = socket.create_connection(("127.0.0.1", cas.port), timeout=10)
        if index % 3:
            plain = cas.tls().wrap_socket(plain, server_hostname="localhost")
            plain.sendall(b"GET /heal" if index % 3 == 1 else head("PUT", "/v1/sessions/a", "Content-Length: 1000") + b"abc")
        opened.append(plain)
    attacker.alive("30 slow peers")
    begin = time.monotonic()
    for connection in opened:
        try:
            while connection.recv(1000):
                pass
        except (OSError, ssl.SSLError):
            pass
    assert time.monotonic() - begin < 8, "slow peers were not cut off"
    # A byte every 0.2 s does not renew the deadline.
    dripping = cas.tls().wrap_socket(socket.create_connection(("127.0.0.1", cas.port), timeout=10), server_hostname="localhost")
    begin = time.monotonic()
    try:
        while time.monotonic() - begin < 8:
            dripping.sendall(b"G" if time.monotonic() == begin else b"x")
            time.sleep(0.2)  # the pace is the attack
    except (OSError, ssl.SSLError):
        pass
    assert time.monotonic() - begin < 6, "a dripping header was served for ever"
    attacker.alive("slow peers")
    assert cas.stop() == 0


def crowded(directory):
    cas = Cas(f"{directory}/crowded", "--connections", "5")
    kept = []
    for _ in range(5):
        connection = cas.connect()
        assert cas.request("GET", "/healthz", connection=connection)[0] == 200
        kept.append(connection)
    try:
        cas.request("GET", "/healthz")
        raise AssertionError("a sixth connection was served")
    except (OSError, ssl.SSLError, http.client.HTTPException):
        pass
    assert cas.request("GET", "/healthz", connection=kept[0])[0] == 200
    kept.pop().close()
    for _ in range(100):
        try:
            assert cas.request("GET", "/healthz")[0] == 200
            break
        except (OSError, ssl.SSLError, http.client.HTTPException):
            time.sleep(0.02)  # until CAS has seen the close
    else:
        raise AssertionError("the place was not given back")
    assert b"redoubt_cas_connections_refused_total 0" not in cas.request("GET", "/metrics", connection=kept[0])[2]
    assert cas.stop() == 0


def storm(attacker, generator):
    """All at once from several threads: random mutations of good requests."""
    whole = head("PUT", "/v1/sessions/a/b", "Content-Type: application/yaml", "Content-Length: 60") + session("a/b", "m").encode()[:60]
    errors = []

    def mutate(seed):
        own = random.Random(seed)
        try:
            for _ in range(60):
                data = bytearray(whole)
                for _ in range(own.randrange(1, 6)):
                    data[own.randrange(len(data))] = own.randrange(256)
                cut = bytes(data[:own.randrange(1, len(data) + 1)])
                attacker.secure(cut + b"\r\n\r\n" * own.randrange(2), patience=0.1)
        except Exception as error:  # pylint: disable=broad-except
            errors.append(error)

    threads = [threading.Thread(target=mutate, args=(generator.randrange(1 << 32),)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not errors, errors
    attacker.alive("mutated requests")


def main():
    seed = int(os.environ.get("SEED") or random.SystemRandom().randrange(1 << 32))
    print(f"seed {seed}")
    generator = random.Random(seed)
    with tempfile.TemporaryDirectory(prefix="redoubt-cas-http.") as directory:
        certificate = make_client(directory, "client")
        cas = Cas(f"{directory}/data", "--request-timeout", "2", "--idle-timeout", "2")
        attacker = Attacker(cas, certificate)
        try:
            for attack in (tls_garbage, malformed, oversized, wrong_bodies, halves, pipelined, storm):
                begin = time.monotonic()
                attack(attacker, generator)
                print(f"{attack.__name__}: {time.monotonic() - begin:.1f} s", flush=True)
            assert cas.stop() == 0
            verify_audit(cas.data)
        except BaseException:
            print(cas.log.read_text()[-3000:])
            raise
        finally:
            if cas.running():
                cas.kill()
        slow(directory, certificate)
        crowded(directory)
    print(f"{attacker.count} hostile connections")


if __name__ == "__main__":
    main()
