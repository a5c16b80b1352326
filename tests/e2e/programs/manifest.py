#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes a code manifest, encoded as src/wire/attest_protocol.h says, for tests of an attested run's namespace.

Usage: manifest.py OUTPUT [--file PATH | --tree DIRECTORY | --host DIRECTORY | --device PATH]...
--file adds a file, the ELF interpreter and libraries it needs (as ldd lists them), and every symbolic link on the way to them.
--tree adds all regular files and links below a directory.
"""

import hashlib
import os
import re
import struct
import subprocess
import sys

files, links, directories, devices = {}, {}, [], []


def add_path(path):
    """Adds a path as the program would name it: links on the way become links, what they lead to is added too."""
    path = os.path.normpath(path)
    done = "/"
    parts = path.strip("/").split("/")
    for index, part in enumerate(parts):
        here = os.path.join(done, part)
        if os.path.islink(here):
            links[here] = os.readlink(here)
            rest = "/".join(parts[index + 1:])
            add_path(os.path.normpath(os.path.join(done, links[here], rest)))
            return
        done = here
    if os.path.isfile(done) and done not in files:
        with open(done, "rb") as file:
            files[done] = hashlib.sha256(file.read()).digest()


def add_program(path):
    add_path(path)
    with open(path, "rb") as file:
        head = file.read(4)
    if head != b"\x7fELF":
        return
    listing = subprocess.run(["ldd", path], capture_output=True, text=True).stdout
    for library in re.findall(r"(/\S+) \(0x", listing):
        add_path(library)


def add_tree(top):
    for directory, names, file_names in os.walk(top):
        for name in names + file_names:
            path = os.path.join(directory, name)
            if os.path.islink(path):
                if os.path.exists(path):
                    add_path(path)
            elif os.path.isfile(path):
                add_path(path)
                if name.endswith(".so") or ".so." in name:
                    add_program(path)


def text(value):
    data = value.encode()
    return struct.pack("<I", len(data)) + data


def texts(values):
    return struct.pack("<I", len(values)) + b"".join(text(value) for value in values)


def encoded():
    entries = [(path, 0, digest, "") for path, digest in files.items()]
    entries += [(path, 1, bytes(32), target) for path, target in links.items()]
    body = b"".join(text(path) + bytes([kind]) + digest + text(target) for path, kind, digest, target in sorted(entries))
    return struct.pack("<HI", 1, len(entries)) + body + texts(directories) + texts(devices) + texts([])


def main():
    actions = {"--file": add_program, "--tree": add_tree, "--host": directories.append, "--device": devices.append}
    arguments = sys.argv[2:]
    for option, value in zip(arguments[::2], arguments[1::2]):
        actions[option](value)
    with open(sys.argv[1], "wb") as out:
        out.write(encoded())


if __name__ == "__main__":
    main()
