# SPDX-License-Identifier: Apache-2.0
"""Processes and threads that make, rename, link and remove the same few names of one directory at once. Only the errors that such
races have are allowed; at the end the directory is what its files say, and every file has the content of some writer, whole."""

import collections
import errno
import os
import random
import sys
import threading

top, processes, rounds = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
os.chdir(top)
NAMES = [f"name{n}" for n in range(8)]
ALLOWED = {errno.ENOENT, errno.EEXIST, errno.ENOTEMPTY, errno.EISDIR, errno.ENOTDIR, errno.EPERM, errno.EINVAL, errno.ELOOP, errno.EXDEV}
SIZE = 5000


def write(name, rng):
    letter = bytes([rng.randrange(97, 123)])
    own = f".{name}.{os.getpid()}.{threading.get_ident()}"
    fd = os.open(own, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)
    os.write(fd, letter * SIZE)
    os.close(fd)
    os.rename(own, name)


def shared(name, rng):
    # Without O_EXCL this always opens something, whoever makes it: nobody removes these.
    try:
        fd = os.open("shared." + name, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o644)
    except OSError as problem:
        raise AssertionError(f"shared: {problem}") from problem
    os.write(fd, b"line\n")
    os.close(fd)


def read(name, rng):
    with open(name, "rb") as file:
        text = file.read()
    if text and text != text[:1] * SIZE:
        raise AssertionError(f"torn: {len(text)} bytes of {set(text)}")


ACTIONS = [
    write, write, read, read, shared,
    lambda name, rng: os.unlink(name),
    lambda name, rng: os.mkdir(name),
    lambda name, rng: os.rmdir(name),
    lambda name, rng: os.rename(name, rng.choice(NAMES)),
    lambda name, rng: os.link(name, rng.choice(NAMES)),
    lambda name, rng: os.symlink(rng.choice(NAMES), name),
    lambda name, rng: os.rename(name, os.path.join(rng.choice(NAMES), rng.choice(NAMES))),
    lambda name, rng: os.listdir("."),
    lambda name, rng: os.stat(name),
    lambda name, rng: os.chmod(name, 0o600 + rng.randrange(64)),
]


def work(seed, failures):
    rng = random.Random(seed)
    for _ in range(rounds):
        action, name = rng.choice(ACTIONS), rng.choice(NAMES)
        try:
            action(name, rng)
        except OSError as problem:
            # A file may be removed by root's mode changes for nobody else; what is left are races.
            if problem.errno not in ALLOWED:
                failures.append(repr(problem))
        except AssertionError as problem:
            failures.append(str(problem))


children = []
for number in range(processes):
    pid = os.fork()
    if pid == 0:
        failures = []
        threads = [threading.Thread(target=work, args=(number * 2 + i, failures)) for i in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        for failure in failures[:5]:
            print("WRONG", failure)
        sys.stdout.flush()
        os._exit(1 if failures else 0)
    children.append(pid)
wrong = sum(os.waitpid(pid, 0)[1] != 0 for pid in children)

links = collections.Counter()
for directory, names, files in os.walk("."):
    below = [name for name in names if not os.path.islink(os.path.join(directory, name))]
    if os.stat(directory).st_nlink != 2 + len(below):
        print("WRONG links of", directory, os.stat(directory).st_nlink, below)
        wrong += 1
    for name in files:
        status = os.lstat(os.path.join(directory, name))
        links[status.st_ino, status.st_nlink] += 1
        if name.startswith("shared."):
            with open(os.path.join(directory, name), "rb") as file:
                text = file.read()
            if text != b"line\n" * (len(text) // 5):
                print("WRONG appended lines in", name)
                wrong += 1
for (inode, claimed), found in links.items():
    if claimed != found:
        print("WRONG inode", inode, "claims", claimed, "names, has", found)
        wrong += 1
print("consistent" if wrong == 0 else f"{wrong} wrong")
