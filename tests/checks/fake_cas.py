#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A stand-in for CAS that also does what no CAS does: for the error paths of the command line (cas_commands.sh).

Usage: fake_cas.py DIRECTORY     (key.pem and cert.pem are there)
Writes its port to DIRECTORY/port when it listens and every request to DIRECTORY/requests, one JSON object a line. What it
answers is chosen by the name of the session or the file DIRECTORY/mode. Ends when its standard input does.
"""

import hashlib
import http.server
import json
import pathlib
import ssl
import subprocess
import sys
import threading

directory = pathlib.Path(sys.argv[1])
HASH = "ab" * 32


def key_hash():
    der = subprocess.run(
        ["openssl", "pkey", "-in", directory / "key.pem", "-pubout", "-outform", "DER"], check=True, capture_output=True
    ).stdout
    return hashlib.sha256(der).hexdigest()


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def reply(self, status, body, kind="application/json", length=None):
        if not isinstance(body, bytes):
            body = (body if isinstance(body, str) else json.dumps(body)).encode()
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body) if length is None else length))
        self.end_headers()
        self.wfile.write(body)

    def problem(self, status, check, **more):
        self.reply(
            status,
            {"check": check, "expected": "one thing", "actual": "another\x1b[31m", "remedy": "do it", **more},
            "application/problem+json",
        )

    def note(self, body):
        with open(directory / "requests", "a", encoding="utf-8") as file:
            certificate = self.connection.getpeercert(True)
            row = {
                "method": self.command,
                "target": self.path,
                "type": self.headers.get("Content-Type"),
                "signatures": self.headers.get_all("Redoubt-Signature", []),
                "body": body,
                "tls": self.connection.version(),
                "client": bool(certificate),
            }
            file.write(json.dumps(row) + "\n")

    def do_PUT(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
        self.note(body)
        if self.path.endswith("/refused"):
            mistake = {"severity": "error", "line": 2, "column": 3, "where": "services", "expected": "x", "found": "y", "hint": "z"}
            self.problem(422, "session.valid", mistakes=[mistake])
        elif self.path.endswith("/otherhash"):
            self.reply(201, {"name": "otherhash", "hash": HASH, "created": True, "warnings": []})
        else:
            (directory / "hash").touch()
            self.reply(200, {"name": "s", "hash": (directory / "hash").read_text().strip(), "created": False, "warnings": []})

    def do_GET(self):
        self.note("")
        mode = (directory / "mode").read_text().strip() if (directory / "mode").exists() else ""
        if mode == "huge":
            self.reply(200, b"x", length=1 << 40)
        elif mode == "cut":
            self.reply(200, b"{", length=100)
            self.close_connection = True
        elif mode == "html":
            self.reply(200, "<html>", "text/html")
        elif mode == "gateway":
            self.reply(502, "<html>", "text/html")
        elif self.path == "/v1/identity":
            key = HASH if mode == "otherkey" else key_hash()
            root = {"subject": "CN=root", "sha256": HASH, "simulated": True}
            self.reply(200, {"service": "redoubt-cas", "version": "9", "key_hash": key, "simulated_root": True, "roots": [root]})
        elif self.path in ("/healthz", "/readyz"):
            self.reply(503 if mode == "sick" else 200, "")
        elif self.path.startswith("/v1/sessions?"):
            names = [f"s{number:04}" for number in range(1500)]
            if mode == "endless":
                names = ["s"]
            after = self.path.partition("&after=")[2]
            page = names if mode == "endless" else [name for name in names if name > after][:1000]
            self.reply(200, {"sessions": page})
        elif self.path.endswith("?hash"):
            self.reply(200, {"name": "s", "hash": HASH})
        elif self.path.startswith("/v1/values/"):
            self.reply(200, b"\0value\n", "application/octet-stream")
        elif self.path == "/v1/sessions/none":
            self.problem(404, "session.exists")
        else:
            self.reply(200, "name: s\n", "application/yaml")


class Server(http.server.ThreadingHTTPServer):
    def handle_error(self, *_):
        pass


context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(directory / "cert.pem", directory / "key.pem")
# The standard library cannot ask for a certificate without an authority: the client's own is given to it.
if (directory / "client.pem").exists():
    context.load_verify_locations(directory / "client.pem")
    context.verify_mode = ssl.CERT_OPTIONAL
if (directory / "tls12").exists():
    context.maximum_version = ssl.TLSVersion.TLSv1_2
server = Server(("127.0.0.1", 0), Handler)
server.socket = context.wrap_socket(server.socket, server_side=True)
threading.Thread(target=server.serve_forever, daemon=True).start()
(directory / "port.new").write_text(str(server.server_address[1]))
(directory / "port.new").rename(directory / "port")
sys.stdin.read()
