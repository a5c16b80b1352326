# SPDX-License-Identifier: Apache-2.0
"""A redoubt-cas of a test: started on a free port of 127.0.0.1, spoken to over HTTPS, stopped or killed by its pid.

CAS_BIN names the directory of redoubt-cas.
"""

import http.client
import json
import os
import pathlib
import re
import signal
import ssl
import subprocess

BINARY = pathlib.Path(os.environ["CAS_BIN"]) / "redoubt-cas"
WIRE = "application/vnd.redoubt.wire"


class Failed(Exception):
    """CAS did not start."""


class Cas:
    """Starts when made. `options` go to redoubt-cas."""

    def __init__(self, data, *options, listen="127.0.0.1:0"):
        self.data = pathlib.Path(data)
        self.log = self.data.with_suffix(".log")
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen([BINARY, "--data", self.data, "--listen", listen, *options],
                                            stdout=subprocess.PIPE, stderr=log)
        line = self.process.stdout.readline().decode()  # ends when CAS does
        match = re.fullmatch(r"ready address=127\.0\.0\.1:(\d+) key=([0-9a-f]{64})\n", line)
        if not match:
            status = self.process.wait()
            raise Failed(f"status {status}, printed {line!r}; log: {self.log.read_text()[-2000:]}")
        self.port = int(match[1])
        self.key_hash = match[2]

    def tls(self, certificate=None):
        """A context that believes this CAS only; `certificate` is a (certificate, key) pair of files."""
        context = ssl.create_default_context(cafile=self.data / "cas.pem")
        if certificate:
            context.load_cert_chain(*certificate)
        return context

    def connect(self, certificate=None, timeout=20):
        return http.client.HTTPSConnection("localhost", self.port, context=self.tls(certificate), timeout=timeout)

    def request(self, method, path, body=None, certificate=None, headers=None, connection=None):
        """(status, headers, body)."""
        own = connection or self.connect(certificate)
        try:
            own.request(method, path, body, headers or {})
            reply = own.getresponse()
            return reply.status, reply.headers, reply.read()
        finally:
            if connection is None:
                own.close()

    def json(self, *arguments, **keywords):
        status, _, body = self.request(*arguments, **keywords)
        return status, json.loads(body)

    def running(self):
        return self.process.poll() is None

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout=30)

    def kill(self):
        self.process.kill()
        self.process.wait()


def make_client(directory, name, *options):
    """A self-signed certificate and its key: (certificate, key) files."""
    certificate, key = f"{directory}/{name}.pem", f"{directory}/{name}.key"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout",
                    key, "-out", certificate, "-subj", f"/CN={name}", *(options or ["-days", "2"])],
                   check=True, capture_output=True)
    return certificate, key


def session(name, marker, *lines):
    return "\n".join([f"name: {name}", 'version: "0.3"', "secrets:",
                      f"  - {{ name: marker, kind: ascii, value: {marker} }}", *lines, ""])


def verify_audit(data):
    """Sequence number of the last line; an exception when the log is not good."""
    tool = os.environ["CAS_VERIFY_AUDIT"]
    result = subprocess.run([tool, f"{data}/audit.log", f"{data}/audit.pub"], capture_output=True, text=True, check=False)
    if result.returncode != 0:
        raise AssertionError(f"the audit log: {result.stdout}{result.stderr}")
    return int(result.stdout)
