# SPDX-License-Identifier: Apache-2.0
"""The two runs, native and protected. Both go through the same steps: start, exercise, look while it runs, kill, look at what is left.
"""
import os
import pathlib
import subprocess
import time

from attestation_services import Services  # tests/bench: LAS, CAS and a simulated platform in a directory of their own
from harness import free_port

from . import aes, captures, mapping, program as programs, session, streams, tls_secrets, volume_keys
from .process_view import children, look_at_memory, look_at_process
from .program import Program
from .trees import look_at_tree, look_elsewhere


def search_for(findings, program):
    for name, value in program.values.items():
        findings.search.add(name, value)


def look_while_it_runs(findings, process, scratch):
    sealed = 0
    for pid in children(process.pid):
        look_at_process(findings, pid)
        sealed += look_at_memory(findings, "memory", pid)
    captures.core_by_debugger(findings, process.pid, scratch)
    return sealed


def look_at_what_is_left(findings, program, since, own):
    elsewhere_in_table = {str(program.output)} | {str(path) for path in program.directory.glob("cwd/core*")}
    look_at_tree(findings, "disk", program.directory, lambda path, _: path not in elsewhere_in_table)
    findings.look("standard streams", str(program.output), program.output.read_bytes())
    look_elsewhere(findings, "elsewhere", since, own)
    kernel = subprocess.run(["dmesg"], capture_output=True)
    findings.look("logs", "kernel log", kernel.stdout)


def add_cipher_key(search, name, key):
    search.add_unmarked(name, key)
    search.add_unmarked(name, b"".join(aes.round_keys(key)[-2:]))  # what is in the registers last: signal_frames.py looks for all


def search_for_made_keys(findings, program, keylog):
    """Keys that come into being while the program runs."""
    if keylog.exists():
        for secret, key in tls_secrets.of_connection(keylog.read_text()):
            findings.search.add_unmarked("TLS conn", secret)
            add_cipher_key(findings.search, "TLS conn", key)
    if (program.data / "superblock.a").exists():
        keys, reason = volume_keys.of_directory(program.data, program.values["vol key"])
        for key in keys:
            add_cipher_key(findings.search, "blk keys", key)
        if reason:
            findings.gap(reason)


def one_run(findings, program, command, environment, scratch, ports, tls):
    """Starts the program, exercises and looks at it, and ends it. `tls` is the port of TLS and whom to trust, or None. Gives the bytes of
    memory that the kernel refused."""
    keylog = scratch / f"keylog-{program.port}"
    with captures.wire(findings, scratch, ports):
        process = programs.start(program, command, environment)
        try:
            secured = programs.connect(program, process, *tls, keylog) if tls else None
            client = secured if tls and tls[0] == program.port else programs.connect(program, process, program.port)
            programs.exercise(program, client)
            if secured is not client and secured:
                secured("AUTH", program.values["password"])
            search_for_made_keys(findings, program, keylog)
            sealed = look_while_it_runs(findings, process, scratch)
            captures.core_by_kernel(findings, process, program.directory)
        finally:
            programs.stop(process)
    return sealed


def side_run(findings, scratch, look, command, environment):
    """A program beside Redis, with nothing to read and its output in a file."""
    output = scratch / look.__module__.rpartition(".")[2]
    with open(output, "wb") as file:
        process = subprocess.Popen(command, env=environment, stdin=subprocess.DEVNULL, stdout=file, stderr=subprocess.STDOUT, start_new_session=True)
    try:
        look(findings, process, output)
    finally:
        programs.stop(process)


def native(findings, base):
    since, scratch = time.time(), base / "scratch"
    program = Program(base / "native", free_port())
    search_for(findings, program)
    configuration, tls_port = program.directory / "redis.conf", free_port()
    own_tls, certificate = program.own_tls(tls_port)
    configuration.write_text(program.configuration() + own_tls)
    one_run(findings, program, program.command(configuration), program.environment(), scratch, [program.port, tls_port], (tls_port, certificate))
    side_run(findings, scratch, streams.look, streams.command(program), streams.environment(program))
    mapper, reason = mapping.build(program)
    if reason:
        findings.gap(reason)
    else:
        configured = program.directory / "mapper.conf"
        configured.write_text(program.text("mapped"))
        side_run(findings, scratch, mapping.look, [mapper, str(program.mapped / "file"), str(configured)], {})
    look_at_what_is_left(findings, program, since, str(base))


def protected(findings, base, redoubt, without):
    since, scratch = time.time(), base / "scratch"
    program = Program(base / "protected", free_port())
    search_for(findings, program)
    with Services(redoubt, base / "services") as up:
        up.up(up.file("cas"))
        authority = put_sessions(up, program, without)
        tls = (program.port, authority) if authority else None
        run = [redoubt, "run", "-q", "--session"]
        ports = [program.port, int(up.cas_address.rpartition(":")[2])]
        sealed = one_run(findings, program, [*run, "root-finds/redis/server"], up.environment, scratch, ports, tls)
        side_run(findings, scratch, streams.look, [*run, "root-finds/streams/writer"], up.environment)
        mapper, reason = mapping.build(program)
        if reason:
            findings.gap(reason)
        else:
            code = up.measured(mapper)
            up.put(session.mapper(program, [mapper, str(program.mapped / "file"), mapping.CONFIGURED], mapping.CONFIGURED, up.mrenclave, code,
                                  "volume" not in without))
            os.unlink(up.file("session.yml"))
            side_run(findings, scratch, mapping.look, [*run, "root-finds/mapper/mapper"], up.environment)
        look_at_services(findings, up)
    look_at_what_is_left(findings, program, since, str(base))
    return sealed


def put_sessions(up, program, without):
    """Gives what the client trusts, in PEM; None without TLS."""
    up.put(session.server(program, up.mrenclave, up.measured("redis-server"), "volume" not in without, "tls" not in without))
    code = up.measured("sh", "--with", "/usr/bin/sleep")
    up.put(session.streams(streams.command(program), streams.environment(program), up.mrenclave, code))
    # The operator's copies of the sessions; elsewhere than on this machine, they would not be here.
    os.unlink(up.file("session.yml"))
    return None if "tls" in without else up.command("session", "value", "root-finds/redis", "ca")


def look_at_services(findings, up):
    las, cas = up.processes
    for service, files, memory in ((las, "LAS", "LAS"), (cas, "CAS in /proc", "CAS memory")):
        if service.poll() is not None:
            findings.gap(f"{files}: it ended with {service.returncode}")
            continue
        look_at_process(Renamed(findings, files), service.pid)
        look_at_memory(findings, memory, service.pid)
    look_at_tree(findings, "LAS", up.file("simulated"))
    look_at_tree(findings, "CAS disk", up.file("cas"))
    for log in pathlib.Path(up.directory).glob("*.log"):
        findings.look("logs", str(log), log.read_bytes())


class Renamed:
    """Findings that all go to one place: of a service every file in /proc is one row."""

    def __init__(self, findings, place):
        self.findings, self.place = findings, place

    def look(self, _, label, data):
        self.findings.look(self.place, label, data)

    def gap(self, reason):
        self.findings.gap(f"{self.place}: {reason}")
