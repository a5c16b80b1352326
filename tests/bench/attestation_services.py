"""A simulated platform, LAS and CAS on 127.0.0.1 for a measurement, with fresh keys, in a directory of their own. They are ended
by their own ids, and every wait has a limit. The sessions that tests/bench/attested measures are here, too.
"""
import contextlib
import functools
import hashlib
import json
import os
import pathlib
import re
import select
import signal
import subprocess
import tempfile
import time

from harness import ENVIRONMENT, LIMIT, Failed

CODE_FILES = 15  # as many as nginx with its libraries and ld.so.cache


class Services:
    """redoubt is the command line tool; its neighbours are LAS and CAS."""

    def __init__(self, redoubt, directory):
        self.redoubt = redoubt
        self.directory = pathlib.Path(directory)
        self.processes = []
        self.environment = ENVIRONMENT | {"HOME": str(self.directory), "XDG_CONFIG_HOME": str(self.directory / "config")}

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for process in self.processes:
            process.send_signal(signal.SIGTERM)
        for process in self.processes:
            try:
                process.wait(LIMIT)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def file(self, name):
        return str(self.directory / name)

    def command(self, *arguments):
        done = subprocess.run([self.redoubt, *arguments], env=self.environment, cwd=self.directory, capture_output=True, text=True, timeout=LIMIT)
        if done.returncode != 0:
            raise Failed(f"redoubt {' '.join(arguments)[:80]} ended with {done.returncode}: {done.stderr.strip()[-400:]}")
        return done.stdout

    def start(self, program, ready, *arguments):
        """Starts a neighbour of redoubt and gives what `ready` matches in the line that it prints once it serves."""
        path = str(pathlib.Path(self.redoubt).parent / program)
        with open(self.file(program + ".log"), "ab") as log:
            process = subprocess.Popen([path, *arguments], env=self.environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=log)
        self.processes.append(process)
        readable, _, _ = select.select([process.stdout], [], [], LIMIT)
        line = process.stdout.readline().decode() if readable else ""
        found = re.search(ready, line)
        if not found:
            raise Failed(f"{program} did not start: {pathlib.Path(self.file(program + '.log')).read_text()[-400:]}")
        return found

    def up(self, cas_data):
        """The platform, LAS and CAS; afterwards attested runs work."""
        self.command("simulate", "create", self.file("simulated"))
        self.start("redoubt-las", "listening on", "--socket", self.file("las.sock"), "--simulated", self.file("simulated"))
        found = self.start("redoubt-cas", r"address=(\S+) key=([0-9a-f]{64})", "--data", cas_data, "--listen", "127.0.0.1:0",
                           "--log-level", "warning", "--simulated-root", self.file("simulated/root.pem"),
                           "--collateral", self.file("simulated/collateral.json"))
        self.cas_address = found[1]
        self.environment |= {"REDOUBT_LAS_ADDR": self.file("las.sock"), "REDOUBT_CAS_ADDR": found[1], "REDOUBT_CAS_KEY": found[2]}
        self.mrenclave = json.loads(self.command("self", "show", "--json"))["mrenclave"]

    def cas_seconds(self):
        """The processor time of CAS so far."""
        fields = pathlib.Path(f"/proc/{self.processes[-1].pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def put(self, text):
        name = self.file("session.yml")
        pathlib.Path(name).write_text(text, encoding="utf-8")
        self.command("session", "create", name)

    def measured(self, program, *options):
        """The `code:` of a program, indented for a service."""
        lines = re.findall(r'^ +("?/.*)$', self.command("measure", program, *options), re.MULTILINE)
        return "".join(f"      {line}\n" for line in lines)


@contextlib.contextmanager
def services(redoubt, cas_parent):
    temporary_directory = functools.partial(tempfile.TemporaryDirectory, prefix="redoubt-bench.")
    with temporary_directory() as temporary, temporary_directory(dir=cas_parent) as data:
        with Services(redoubt, temporary) as up:
            up.up(os.path.join(data, "cas"))
            yield up


SECRETS = """secrets:
  - { name: password, kind: ascii }
  - { name: ca-key, kind: private-key }
  - { name: ca, kind: x509-ca, private_key: ca-key, common_name: bench CA }
  - { name: server-key, kind: private-key }
  - { name: server, kind: x509, private_key: server-key, issuer: ca, endpoint: server, san: ["dns:localhost", "ip:127.0.0.1"] }
security: { attestation: { tolerate: [simulation] } }
"""

INJECTED = """images:
  - name: image
    injection_files:
      - { path: /etc/bench/server.crt, content: "$$SCONE::server:crt$$", permission: "0o400" }
      - { path: /etc/bench/server.key, content: "$$SCONE::server:privatekey$$", permission: "0o400" }
"""


def session(name, mrenclave, command, code):
    """A service as a server has it: a password, a certificate under a CA of its own with its key, and measured code."""
    return (f"name: {name}\nversion: \"0.3\"\nservices:\n  - name: app\n    image_name: image\n    command: {json.dumps(command)}\n"
            f"    environment: {{ PASSWORD: \"$$SCONE::password$$\" }}\n    attestation: [{{ mrenclave: {mrenclave} }}]\n"
            f"    code:\n{code}{INJECTED}{SECRETS}")


def invented_code(count=CODE_FILES):
    return "".join(f"      /usr/lib/bench/file{number}: {hashlib.sha256(str(number).encode()).hexdigest()}\n" for number in range(count))


def large_session(count):
    """As many services, each with code, a command with a secret, and a variant of its own."""
    services_text = "".join(
        f"  - name: service-{number}\n    command: [/usr/bin/app, --number, \"{number}\", --password, \"$$SCONE::password$$\"]\n"
        f"    environment: {{ NUMBER: \"{number}\" }}\n    attestation: [{{ mrenclave: {hashlib.sha256(b'%d' % number).hexdigest()} }}]\n"
        f"    code:\n{invented_code(3)}" for number in range(count))
    return f"name: bench/large\nversion: \"0.3\"\nservices:\n{services_text}{SECRETS}"


def start_time(command, environment):
    """Seconds from spawning a command to its end; it must succeed."""
    begin = time.perf_counter()
    silence = [(os.POSIX_SPAWN_OPEN, 2, "/dev/null", os.O_WRONLY, 0)]
    process = os.posix_spawn(command[0], command, environment, file_actions=silence)
    _, status = os.waitpid(process, 0)
    took = time.perf_counter() - begin
    if status != 0:
        raise Failed(f"{' '.join(command)[:80]} ended with {os.waitstatus_to_exitcode(status)}")
    return took
