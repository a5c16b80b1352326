# SPDX-License-Identifier: Apache-2.0
"""The rows of the table, and what may be found there. A place that is not in this list cannot be searched."""
import dataclasses
import enum


class MayHold(enum.Enum):
    """What is there in the clear by design on this platform."""

    NOTHING = "must show nothing"
    PROGRAM = "the program's own memory and what it hands out: its plaintext may be there, keys of the shields must not"


@dataclasses.dataclass(frozen=True)
class Place:
    name: str
    what: str
    may_hold: MayHold = MayHold.NOTHING
    only_protected: bool = False


PLACES = (
    Place("arguments", "/proc/PID/cmdline, comm, stat, status of every process and thread: what ps shows"),
    Place("environ", "/proc/PID/environ"),
    Place("rest of /proc", "every other file of /proc/PID and its threads, names of descriptors and mappings"),
    Place("descriptors", "files behind /proc/PID/fd: open ones, deleted ones, memory files"),
    Place("map_files", "files behind /proc/PID/map_files"),
    Place("core by kernel", "the core of a SIGABRT, with RLIMIT_CORE unlimited"),
    Place("disk", "names, attributes and contents below the program's directory, its configuration file among them"),
    Place("elsewhere", "files below /tmp, /var/tmp, /dev/shm, /run, /var/log and crash directories that changed meanwhile"),
    Place("wire", "packets of the program and of CAS on the loopback device"),
    Place("logs", "of LAS, of CAS, of the kernel"),
    Place("LAS", "its memory, its files in /proc, its directory", only_protected=True),
    Place("CAS disk", "the data directory: store, audit log, keys", only_protected=True),
    Place("CAS in /proc", "its files in /proc: arguments, environment, descriptors", only_protected=True),
    Place("CAS memory", "/proc/PID/mem of CAS", only_protected=True),
    Place("memory", "/proc/PID/mem of every process: the program's own memory", MayHold.PROGRAM),
    Place("core by gdb", "gcore: the program's own memory", MayHold.PROGRAM),
    Place("shared mappings", "the memory file behind mappings of a volume's files, through /proc/PID/fd and map_files: the program's own memory",
          MayHold.PROGRAM, only_protected=True),
    Place("pipes", "bytes in a pipe between two processes", MayHold.PROGRAM),
    Place("standard streams", "standard output and error", MayHold.PROGRAM),
)
