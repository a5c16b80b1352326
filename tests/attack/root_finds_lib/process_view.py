# SPDX-License-Identifier: Apache-2.0
"""What root sees of a running process: every file of /proc/PID and of its threads, its memory, what its descriptors and its mappings
lead to. Reading one's way in is all that is done here; nothing is stopped or changed.
"""
import contextlib
import os
import pathlib
import re
import stat
import struct

from .findings import PIECE_SIZE

# Read in another way, or nothing to read: memory has a function of its own, pagemap and the like are page numbers.
NOT_TEXT = {"mem", "pagemap", "clear_refs", "kpageflags", "attr", "timens_offsets", "setgroups", "uid_map", "gid_map", "projid_map", "sched",
            "autogroup", "make-it-fail", "fail-nth"}
ARGUMENTS = {"cmdline", "comm", "stat", "status"}
PAGE = 4096


def children(pid):
    """The process and all that come from it."""
    found, waiting = [], [pid]
    while waiting:
        found.append(waiting.pop())
        try:
            for task in os.listdir(f"/proc/{found[-1]}/task"):
                waiting += map(int, pathlib.Path(f"/proc/{found[-1]}/task/{task}/children").read_text().split())
        except OSError:
            pass  # ended meanwhile
    return found


def read_bounded(path, limit=4 << 20):
    try:
        with open(path, "rb", 0) as file:
            parts = []
            while limit > 0 and (part := file.read(min(limit, 1 << 16))):
                parts.append(part)
                limit -= len(part)
            return b"".join(parts)
    except OSError:
        return b""


def link_of(path):
    try:
        return os.readlink(path).encode()
    except OSError:
        return b""


def text_files(directory):
    """(name, bytes) of the files and links directly in /proc/PID or /proc/PID/task/TID."""
    for entry in os.scandir(directory):
        if entry.is_symlink():
            yield entry.name, link_of(entry.path)
        elif entry.name not in NOT_TEXT and entry.is_file(follow_symlinks=False):
            yield entry.name, read_bounded(entry.path)


def look_at_texts(findings, pid):
    for directory in (f"/proc/{pid}", *(entry.path for entry in os.scandir(f"/proc/{pid}/task"))):
        try:
            for name, data in text_files(directory):
                place = "arguments" if name in ARGUMENTS else "environ" if name == "environ" else "rest of /proc"
                findings.look(place, f"{directory}/{name}", data)
        except OSError:
            pass  # a thread that ended
    for folder in ("fd", "map_files"):
        for entry in os.scandir(f"/proc/{pid}/{folder}"):
            findings.look("rest of /proc", f"{entry.path} ->", link_of(entry.path))
    for entry in os.scandir(f"/proc/{pid}/fdinfo"):
        findings.look("rest of /proc", entry.path, read_bounded(entry.path))


def file_pieces(path):
    """(offset, bytes) of a file, holes left out."""
    with open(path, "rb", 0) as file:
        end, offset = os.fstat(file.fileno()).st_size, 0
        while offset < end:
            try:
                begin = os.lseek(file.fileno(), offset, os.SEEK_DATA)
                hole = os.lseek(file.fileno(), begin, os.SEEK_HOLE)
            except OSError:
                return
            for offset in range(begin, hole, PIECE_SIZE):
                yield offset, os.pread(file.fileno(), min(PIECE_SIZE, hole - offset), offset)
            offset = hole


def look_at_file(findings, place, label, path):
    try:
        findings.look(place, label, file_pieces(path))
    except OSError as error:
        findings.gap(f"{label}: {error.strerror}")


def place_of(target, otherwise):
    """Mappings of a volume's files lie in one memory file (src/shim/volumes/control_block.h): it is the program's memory."""
    return "shared mappings" if target.startswith("/memfd:redoubt:arena ") else otherwise


def look_at_descriptors(findings, pid):
    """Files and memory behind the descriptors, deleted ones among them. Reading a pipe would take its bytes from the program:
    pipes are looked at in a program of their own (streams.py)."""
    for entry in os.scandir(f"/proc/{pid}/fd"):
        target = link_of(entry.path).decode(errors="replace")
        try:
            mode = os.stat(entry.path).st_mode
        except OSError:
            continue
        if stat.S_ISREG(mode) and "secretmem" not in target:
            place = "standard streams" if entry.name in "012" else place_of(target, "descriptors")
            look_at_file(findings, place, f"{entry.path} -> {target}", entry.path)


def look_at_map_files(findings, pid):
    seen = set()
    for entry in os.scandir(f"/proc/{pid}/map_files"):
        try:
            status = os.stat(entry.path)
        except OSError:
            continue
        target = link_of(entry.path).decode(errors="replace")
        if stat.S_ISREG(status.st_mode) and (status.st_dev, status.st_ino) not in seen and "secretmem" not in target:
            seen.add((status.st_dev, status.st_ino))
            look_at_file(findings, place_of(target, "map_files"), f"{entry.path} -> {target}", entry.path)


def present_pages(pagemap, begin, end):
    """The ranges of pages that are in memory or in swap, no longer than a piece."""
    pagemap.seek(begin // PAGE * 8)
    data = pagemap.read((end - begin) // PAGE * 8)
    first = None
    for index, (word,) in enumerate(struct.iter_unpack("<Q", data)):
        here = begin + index * PAGE
        if word >> 62 and first is None:
            first = here
        elif not word >> 62 and first is not None:
            yield first, here
            first = None
        if first is not None and here + PAGE - first >= PIECE_SIZE:
            yield first, here + PAGE
            first = None
    if first is not None:
        yield first, begin + len(data) // 8 * PAGE


def mapping_pieces(memory, pagemap, begin, end, refused):
    for first, after in present_pages(pagemap, begin, end):
        while first < after:
            try:
                memory.seek(first)
                data = memory.read(after - first)
            except OSError:
                data = b""
            if data:
                yield first, data
            else:  # one page is refused; the others may not be
                refused.append(PAGE)
            first += len(data) or PAGE


def look_at_memory(findings, place, pid):
    """Everything that /proc/PID/mem gives. Gives the bytes that the kernel refuses even to root: sealed memory."""
    refused = []
    with open(f"/proc/{pid}/maps", encoding="utf-8", errors="replace") as maps, open(f"/proc/{pid}/mem", "rb", 0) as memory, \
            open(f"/proc/{pid}/pagemap", "rb", 0) as pagemap:
        for line in maps:
            found = re.match(r"([0-9a-f]+)-([0-9a-f]+) \S+ \S+ \S+ \d+ *(.*)", line)
            begin, end, name = int(found[1], 16), int(found[2], 16), found[3]
            if name in ("[vvar]", "[vsyscall]", "[vvar_vclock]") or end - begin > 1 << 40:
                continue
            findings.look(place, f"memory of {pid}: {found[1]} {name or 'anonymous'}", mapping_pieces(memory, pagemap, begin, end, refused))
    return sum(refused)


def look_at_process(findings, pid):
    """All of one process but its memory. What ends meanwhile is looked at no further."""
    for look in (look_at_texts, look_at_descriptors, look_at_map_files):
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            look(findings, pid)
