# SPDX-License-Identifier: Apache-2.0
"""The program that is looked at: an unmodified redis-server that gets canaries, each on one way only. The same server, the same
configuration and the same client natively and protected; only who brings the configuration differs.
"""
import os
import socket
import ssl
import subprocess
import time

from . import canaries

# The columns of the table: name, and how the canary gets into the program.
PROGRAM = {
    "password": "requirepass, a secret of the session; the client sends it",
    "key": "name of a key that the client sets",
    "value": "its value",
    "content": "value of another key, which also goes to disk in a snapshot of a forked child",
    "name": "appendfilename",
    "arg": "an argument of the command line",
    "env": "an environment variable",
    "config": "a line of the configuration file",
    "mapped": "read from a file into a shared mapping of another, by a program of its own",
}
# Keys of the shields, which must be found nowhere, not even in the program's memory. Natively Redis has TLS of its own beside the plain port,
# so that the search for its keys is seen to find them.
KEYS = {
    "TLS key": "private key of the server's certificate",
    "TLS conn": "secrets and keys of an open connection",
    "vol key": "fspf_key of the volume",
    "blk keys": "what the volume's blocks, log and checkpoints are sealed with",
}
NATIVE_KEYS = ("TLS key", "TLS conn")
LIMIT = 20  # seconds for anything that is waited for


class Program:
    """What one run needs to know: names, ports, paths."""

    def __init__(self, directory, port):
        self.values = {name: canaries.fresh() for name in PROGRAM} | {"vol key": canaries.fresh(32), "TLS key": canaries.fresh(32)}
        self.port = port
        self.directory = directory
        self.data = directory / "data"
        self.mapped = directory / "mapped"
        self.output = directory / "output"
        for path in (directory, self.data, self.mapped, directory / "cwd"):
            path.mkdir(mode=0o755)

    def text(self, name):
        return self.values[name].decode()

    def configuration(self):
        lines = {"bind": "127.0.0.1", "port": self.port, "dir": f'"{self.data}"', "appendonly": "yes", "appendfsync": "always", "appenddirname": "aof",
                 "appendfilename": self.text("name"), "requirepass": self.text("password"), "masterauth": self.text("config"),
                 "save": '""', "crash-memcheck-enabled": "no"}
        return "".join(f"{key} {value}\n" for key, value in lines.items())

    def own_tls(self, port):
        """Lines of the configuration that make Redis speak TLS itself, and the certificate to trust."""
        certificate, key = self.directory / "server.pem", self.directory / "server.key"
        key.write_text(self.private_key())
        subprocess.run(["openssl", "req", "-x509", "-key", key, "-days", "2", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost",
                        "-out", certificate], capture_output=True, check=True)
        return f'tls-port {port}\ntls-cert-file "{certificate}"\ntls-key-file "{key}"\ntls-auth-clients no\n', certificate.read_text()

    def command(self, configuration):
        return ["redis-server", str(configuration), "--proc-title-template", self.text("arg")]

    def environment(self):
        return {"PATH": "/usr/bin:/bin", "CANARY": self.text("env")}

    def private_key(self):
        """The canary as the private number of a P-256 key, in PEM."""
        sec1 = b"\x30\x31\x02\x01\x01\x04\x20" + self.values["TLS key"] + bytes.fromhex("a00a06082a8648ce3d030107")
        done = subprocess.run(["openssl", "pkey", "-inform", "DER"], input=sec1, capture_output=True, check=True)
        return done.stdout.decode()


class Client:
    """Of the Redis protocol; over TLS when it has an authority to trust, and then it keeps the secrets of the connection."""

    def __init__(self, port, authority=None, secrets_file=None):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=LIMIT)
        if authority:
            context = ssl.create_default_context(cadata=authority)
            context.minimum_version = ssl.TLSVersion.TLSv1_3
            context.keylog_filename = str(secrets_file)
            self.socket = context.wrap_socket(self.socket, server_hostname="localhost")
        self.stream = self.socket.makefile("rb")

    def __call__(self, *words):
        parts = [word if isinstance(word, bytes) else str(word).encode() for word in words]
        self.socket.sendall(b"*%d\r\n" % len(parts) + b"".join(b"$%d\r\n%s\r\n" % (len(part), part) for part in parts))
        return self._answer()

    def _answer(self):
        line = self.stream.readline()
        kind, rest = line[:1], line[1:].strip()
        if kind == b"$":
            return None if rest == b"-1" else self.stream.read(int(rest) + 2)[:-2]
        if kind == b"*":
            return [self._answer() for _ in range(int(rest))]
        if kind not in (b"+", b":"):
            raise RuntimeError(f"redis answers {line.decode(errors='replace').strip() or 'nothing'}")
        return rest


def connect(program, process, port, authority=None, secrets_file=None):
    """Waits until the server answers, or has ended."""
    deadline = time.monotonic() + LIMIT
    while True:
        try:
            return Client(port, authority, secrets_file)
        except (OSError, ssl.SSLError) as error:
            if process.poll() is not None or time.monotonic() > deadline:
                said = program.output.read_text(errors="replace").strip().splitlines()[-3:]
                raise RuntimeError(f"redis-server does not serve: {error}; it says {' / '.join(said) or 'nothing'}") from None
            time.sleep(0.02)


def exercise(program, client):
    """Every canary goes its way."""
    client("AUTH", program.values["password"])
    client("SET", program.values["key"], program.values["value"])
    client("SET", "snapshot", program.values["content"])
    client("BGREWRITEAOF")
    deadline = time.monotonic() + LIMIT
    while b"aof_rewrite_in_progress:0" not in client("INFO", "persistence") or b"aof_rewrite_scheduled:1" in client("INFO", "persistence"):
        if time.monotonic() > deadline:
            raise RuntimeError("redis does not finish its snapshot")
        time.sleep(0.02)
    client("SET", program.values["key"], program.values["value"])  # into the append-only file, which stays open
    if client("GET", program.values["key"]) != program.values["value"]:
        raise RuntimeError("redis gives back another value")


def start(program, command, environment):
    """Its output goes to a file; a core would be allowed."""
    with open(program.output, "wb") as output:
        return subprocess.Popen(["prlimit", "--core=unlimited", "--", *command], cwd=program.directory / "cwd", env=environment,
                                stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT, start_new_session=True)


def stop(process):
    if process.poll() is None:
        os.killpg(process.pid, 9)
    process.wait()
