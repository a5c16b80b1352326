"""What the shields are compared with: TLS that a program brings itself (a certificate for it), stunnel in front of a program, and
gocryptfs below it."""
import contextlib
import os
import subprocess
import time

from harness import LIMIT, Failed, find


class Certificates:
    """A CA (ca.pem) and a P-256 certificate for 127.0.0.1 (server.pem, server.key), as CAS makes them."""

    def __init__(self, directory):
        self.ca, self.certificate, self.key = (str(directory / name) for name in ("ca.pem", "server.pem", "server.key"))
        ca_key, request, extension = (str(directory / name) for name in ("ca.key", "server.csr", "server.ext"))
        with open(extension, "w", encoding="ascii") as file:
            file.write("subjectAltName=DNS:localhost,IP:127.0.0.1\nextendedKeyUsage=serverAuth\n")
        key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
        openssl("req", "-x509", *key, "-days", "2", "-subj", "/CN=bench CA", "-keyout", ca_key, "-out", self.ca)
        openssl("req", *key, "-subj", "/CN=bench server", "-keyout", self.key, "-out", request)
        openssl("x509", "-req", "-in", request, "-CA", self.ca, "-CAkey", ca_key, "-CAcreateserial", "-days", "2", "-extfile", extension,
                "-out", self.certificate)
        for path in (self.ca, self.certificate, self.key):
            os.chmod(path, 0o644)  # servers drop to another user


def openssl(*arguments):
    done = subprocess.run([find("openssl"), *arguments], capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=LIMIT)
    if done.returncode != 0:
        raise Failed(f"openssl {arguments[0]}: {done.stderr.strip()[-200:]}")


STUNNEL = """foreground = yes
syslog = no
debug = err
pid =
[service]
accept = 127.0.0.1:{port}
connect = 127.0.0.1:{behind}
cert = {certificate}
key = {key}
sslVersionMin = TLSv1.3
"""


def stunnel(run, certificates, port, behind):
    """The command of a stunnel that takes TLS on `port` and speaks plain to `behind`."""
    configuration = run.directory / "stunnel.conf"
    configuration.write_text(STUNNEL.format(port=port, behind=behind, certificate=certificates.certificate, key=certificates.key))
    return find("stunnel4"), str(configuration)


@contextlib.contextmanager
def gocryptfs(directory):
    """A directory whose files gocryptfs encrypts below `directory`."""
    cipher, plain, password = directory / "cipher", directory / "plain", directory / "password"
    for path in (cipher, plain):
        path.mkdir()
    password.write_text("bench\n")
    run = {"capture_output": True, "text": True, "stdin": subprocess.DEVNULL, "timeout": LIMIT}
    done = subprocess.run([find("gocryptfs"), "-q", "-init", "-scryptn", "10", "-passfile", password, cipher], **run)
    if done.returncode != 0:
        raise Failed(f"gocryptfs -init: {done.stderr.strip()[-200:]}")
    with open(directory / "gocryptfs.log", "w+", encoding="utf-8", errors="replace") as log:
        server = subprocess.Popen([find("gocryptfs"), "-q", "-fg", "-passfile", password, cipher, plain], stdin=subprocess.DEVNULL,
                                  stdout=log, stderr=log)
        try:
            deadline = time.monotonic() + LIMIT
            while not os.path.ismount(plain):
                if server.poll() is not None or time.monotonic() > deadline:
                    log.seek(0)
                    raise Failed(f"gocryptfs does not mount: {log.read().strip()[-200:]}")
                time.sleep(0.01)
            yield plain
        finally:
            subprocess.run([find("fusermount3"), "-u", plain], **run)
            try:
                server.wait(LIMIT)
            except subprocess.TimeoutExpired:
                server.kill()
                server.wait()
