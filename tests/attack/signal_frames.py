# SPDX-License-Identifier: Apache-2.0
"""Looks for the round keys of a volume and of a TLS connection in the memory of a process, over and over, while signals interrupt it.

signal_frames.py VOLUME-DIRECTORY VOLUME-KEY PORT CERTIFICATES SECONDS COMMAND...
Starts the command (programs/signal_frames.c), is the client of its connection, and says what it found. Exit status: 0 no key, and the
search saw what it must see; 1 otherwise.
"""
import pathlib
import re
import ssl
import socket
import subprocess
import sys
import tempfile
import threading
import time

from root_finds_lib import aes, tls_secrets, volume_keys

MARK = b"signal frame see"  # 16 bytes of a vector register of the program's own


def connect(port, certificates, keylog):
    context = ssl.create_default_context(cafile=f"{certificates}/ca.pem")
    context.load_cert_chain(f"{certificates}/client.pem", f"{certificates}/client.key")
    context.keylog_filename = keylog
    while True:
        try:
            plain = socket.create_connection(("127.0.0.1", port))
            break
        except ConnectionRefusedError:
            time.sleep(0.05)
    return context.wrap_socket(plain, server_hostname="localhost")


def drain(client):
    try:
        while client.recv(1 << 20):
            pass
    except OSError:
        pass


def keys_of(directory, volume_key, keylog):
    """round key -> what it is of"""
    made, reason = volume_keys.of_directory(directory, volume_key)
    if reason:
        sys.exit(reason)
    wanted = {part: "a volume's key" for key in [*made, volume_key] for part in aes.round_keys(key)}
    for _, key in tls_secrets.of_connection(keylog.read_text()):
        wanted |= {part: "the connection's key" for part in aes.round_keys(key)}
    return wanted


def writable(pid, largest):
    for line in open(f"/proc/{pid}/maps"):
        begin, end, rights = re.match(r"(\w+)-(\w+) (\S+)", line).groups()
        if rights.startswith("rw") and int(end, 16) - int(begin, 16) <= largest:
            yield int(begin, 16), int(end, 16)


def scan(memory, ranges, wanted, found):
    """Whether the mark was there. Pages that the kernel refuses are sealed."""
    seen = False
    for begin, end in ranges:
        try:
            memory.seek(begin)
            data = memory.read(end - begin)
        except OSError:
            continue
        seen |= MARK in data
        for part, name in wanted.items():
            at = data.find(part)
            if at >= 0:
                found.setdefault(name, []).append(hex(begin + at))
    return seen


def main():
    directory, volume_key, port, certificates, seconds = sys.argv[1:6]
    command = sys.argv[6:]
    directory, volume_key, seconds = pathlib.Path(directory), bytes.fromhex(volume_key), int(seconds)
    with tempfile.TemporaryDirectory() as scratch:
        keylog = pathlib.Path(scratch) / "keylog"
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        try:
            client = connect(int(port), certificates, str(keylog))
            if client.cipher()[0] != "TLS_AES_256_GCM_SHA384":
                sys.exit(f"expected AES-256-GCM, found {client.cipher()}")
            client.sendall(b"h")
            if process.stdout.readline() != "ready\n":
                sys.exit(f"the program ended with {process.wait()}")
            threading.Thread(target=drain, args=(client,), daemon=True).start()
            found, scans, marks, end = {}, 0, 0, time.monotonic() + seconds - 0.5
            with open(f"/proc/{process.pid}/mem", "rb", 0) as memory:
                ranges = list(writable(process.pid, 1 << 20))  # the shim's stacks among them
                while time.monotonic() < end:
                    wanted = keys_of(directory, volume_key, keylog)
                    marks += scan(memory, ranges, wanted, found)
                    scans += 1
                work = process.stdout.readline().strip()
                scan(memory, list(writable(process.pid, 64 << 20)), keys_of(directory, volume_key, keylog), found)  # what is left
            process.stdin.close()
            if process.wait(20) != 0:
                sys.exit(f"the program ended with {process.returncode}")
        finally:
            if process.poll() is None:
                process.kill()
    print(f"{work}; {scans} scans of {sum(end - begin for begin, end in ranges) >> 10} KiB, the mark in {marks}; {len(wanted)} round keys")
    for name, places in found.items():
        print(f"FOUND {name} {len(places)} times, e.g. at {places[:3]}")
    enough = re.fullmatch(r"signals (\d+) volume (\d+) tls (\d+)", work)
    if not marks or not enough or min(map(int, enough.groups())) < 10:
        sys.exit("the search proves nothing: the mark was never seen, or too little was done")
    return 1 if found else 0


sys.exit(main())
