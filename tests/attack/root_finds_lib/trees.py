# SPDX-License-Identifier: Apache-2.0
"""Files on disk: their names, links, extended attributes and contents, below a directory; and what appeared elsewhere meanwhile."""
import os
import stat

from .process_view import look_at_file

# Where programs leave files behind without being asked.
ELSEWHERE = ("/tmp", "/var/tmp", "/dev/shm", "/run", "/var/log", "/var/crash", "/var/lib/systemd/coredump")
LIMIT = 64 << 20  # bytes of one foreign file


def look_at_tree(findings, place, directory, mine=lambda path, status: True):
    for parent, directories, files in os.walk(directory):
        directories[:] = [name for name in directories if mine_or_gone(mine, os.path.join(parent, name))]
        for name in directories + files:
            look_at_entry(findings, place, os.path.join(parent, name), mine)


def mine_or_gone(mine, path):
    try:
        return mine(path, os.lstat(path))
    except OSError:
        return False


def look_at_entry(findings, place, path, mine):
    try:
        status = os.lstat(path)
        if not mine(path, status):
            return
        findings.look(place, f"name of {path}", os.path.basename(path).encode())
        if stat.S_ISLNK(status.st_mode):
            findings.look(place, f"target of {path}", os.readlink(path).encode())
            return
        for name in os.listxattr(path, follow_symlinks=False):
            findings.look(place, f"attribute {name} of {path}", name.encode() + b"=" + os.getxattr(path, name, follow_symlinks=False))
    except OSError:
        return
    if stat.S_ISREG(status.st_mode):
        look_at_file(findings, place, path, path)


def look_elsewhere(findings, place, since, own):
    """Files that changed since the start, outside of `own`, the directory of this search."""
    def mine(path, status):
        if path == own or path.startswith(own + "/"):
            return False
        return stat.S_ISDIR(status.st_mode) or (status.st_ctime >= since and status.st_size <= LIMIT)

    for directory in ELSEWHERE:
        look_at_tree(findings, place, directory, mine)
