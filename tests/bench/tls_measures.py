"""Servers under load over plain TCP and over TLS 1.3, four ways: TLS of their own, stunnel in front, plain under the runtime (what
interception alone costs), and plain with Redoubt's shield. The same client each time."""
import contextlib
import dataclasses
import re
from typing import Callable

from harness import Failed, find, free_port
from measures import NGINX_CONFIGURATION, Sample, from_report
from peers import stunnel


@dataclasses.dataclass
class Server:
    """plain and own_tls give a command for (run, port, certificates); code measures its files for a session."""

    plain: Callable
    own_tls: Callable
    measure: tuple = ()
    host_directories: tuple = ()


@dataclasses.dataclass
class TlsMeasure:
    name: str
    what: str
    server: Server
    load: Callable  # (run, port, ca or None) -> Sample
    unit: str = "/s"
    variants = ("plain", "own TLS", "stunnel", "runtime, plain", "shielded")

    def take(self, bench, variant):
        run = bench.run(protected=variant == "runtime, plain")
        with run, SERVE[variant](bench, run, self.server) as (port, ca):
            return self.load(run, port, ca)


# --- ways to serve ---


@contextlib.contextmanager
def serve_plain(_, run, server):
    port = free_port()
    with run.server(port, *server.plain(run, port)):
        yield port, None


@contextlib.contextmanager
def serve_own_tls(bench, run, server):
    port, certificates = free_port(), bench.certificates
    with run.server(port, *server.own_tls(run, port, certificates)):
        yield port, certificates.ca


@contextlib.contextmanager
def serve_stunnel(bench, run, server):
    port, behind, certificates = free_port(), free_port(), bench.certificates
    with run.server(behind, *server.plain(run, behind)), run.server(port, *stunnel(run, certificates, port, behind)):
        yield port, certificates.ca


@contextlib.contextmanager
def serve_shielded(bench, run, server):
    port = free_port()
    command = server.plain(run, port)
    attested = bench.attested(
        run, command, measure=server.measure or (command[0],), host_directories=[str(run.directory), *server.host_directories],
        network={"default": "refuse", "listen": [{"address": f"127.0.0.1:{port}", "tls": "required", "identity": "server", "client_auth": "none"}]})
    ca = run.directory / "shield-ca.pem"
    ca.write_text(bench.public_value(attested, "ca"))
    with run.server(port):
        yield port, str(ca)


SERVE = {"plain": serve_plain, "own TLS": serve_own_tls, "stunnel": serve_stunnel, "runtime, plain": serve_plain, "shielded": serve_shielded}

# --- servers ---


def redis_plain(_, port):
    return [find("redis-server"), "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]


def redis_own_tls(run, port, certificates):
    return [*redis_plain(run, 0), "--tls-port", str(port), "--tls-cert-file", certificates.certificate, "--tls-key-file", certificates.key,
            "--tls-ca-cert-file", certificates.ca, "--tls-auth-clients", "no", "--tls-protocols", "TLSv1.3"]


def memcached_plain(_, port):
    return [find("memcached"), "-u", "root", "-l", "127.0.0.1", "-p", str(port), "-U", "0", "-t", "2"]


def memcached_own_tls(run, port, certificates):
    return [*memcached_plain(run, port), "-Z", "-o", f"ssl_chain_cert={certificates.certificate},ssl_key={certificates.key}"]


def nginx(run, configuration):
    (run.directory / "page").write_bytes(b"p" * 10240)
    path = run.directory / "nginx.conf"
    path.write_text(configuration)
    return [find("nginx"), "-c", str(path), "-e", str(run.directory / "error.log")]


def nginx_plain(run, port):
    return nginx(run, NGINX_CONFIGURATION.format(directory=run.directory, port=port))


def nginx_own_tls(run, port, certificates):
    tls = (f"listen 127.0.0.1:{port} ssl; ssl_certificate {certificates.certificate}; ssl_certificate_key {certificates.key}; "
           "ssl_protocols TLSv1.3; ssl_session_tickets off;")
    return nginx(run, NGINX_CONFIGURATION.format(directory=run.directory, port=port).replace(f"listen 127.0.0.1:{port};", tls))


REDIS = Server(redis_plain, redis_own_tls)
MEMCACHED = Server(memcached_plain, memcached_own_tls)
# nginx opens more than libraries, and its log folder before it reads its configuration.
NGINX = Server(nginx_plain, nginx_own_tls, ("nginx", "--with", "/etc/passwd", "--with", "/etc/group", "--with", "/etc/nsswitch.conf"), ("/var/log/nginx",))

# --- loads ---


def redis_load(operations, pipeline):
    def load(run, port, ca):
        count = run.scaled(operations)
        tls = ["--tls", "--cacert", ca] if ca else []
        output = run.native(find("redis-benchmark"), "-p", str(port), *tls, "-t", "get", "-n", str(count), "-P", str(pipeline), "-c", "50", "--csv")
        found = re.search(r'^"get[^"]*","([0-9.]+)"', output, re.IGNORECASE | re.MULTILINE)
        if not found:
            raise Failed(f"redis-benchmark said {output!r}")
        return Sample(count, float(found[1]))

    return load


def tls_load(kind, operations, connections, pipeline):
    def load(run, port, ca):
        arguments = [str(run.scaled(operations)), kind, str(port), str(connections), str(pipeline), *([ca] if ca else [])]
        return from_report(run.native(run.program("tls_load"), *arguments), "/s")

    return load


def wrk(run, port, ca):
    address = f"http{'s' if ca else ''}://127.0.0.1:{port}/page"
    output = run.native(find("wrk"), "-t1", "-c16", "-d1s" if run.quick else "-d3s", address)
    found = re.search(r"Requests/sec:\s+([0-9.]+)", output)
    if not found or "Non-2xx" in output or "Socket errors" in output:
        raise Failed(f"wrk saw errors: {output.strip()}")
    return Sample(int(float(found[1])), float(found[1]))


TLS_MEASURES = [
    TlsMeasure("redis", "redis GET, 50 clients", REDIS, redis_load(100000, 1)),
    TlsMeasure("redis_pipeline", "redis GET, pipeline of 16", REDIS, redis_load(600000, 16)),
    TlsMeasure("memcached", "memcached set and get, 16 clients", MEMCACHED, tls_load("memcached", 80000, 16, 1)),
    TlsMeasure("memcached_pipeline", "memcached set and get, pipeline of 16", MEMCACHED, tls_load("memcached", 600000, 16, 16)),
    TlsMeasure("nginx", "nginx 10 KB, keep-alive", NGINX, wrk),
    TlsMeasure("nginx_new", "nginx 10 KB, new connections", NGINX, tls_load("http", 4000, 8, 1)),
]
