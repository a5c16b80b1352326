# SPDX-License-Identifier: Apache-2.0
"""For gdb, attached to a protected program:  gdb -p PID -x tools/redoubt-gdb.py

gdb knows the runtime, which the kernel executed, and nothing of the program, which the runtime loaded. This tells it:

- symbols of the program, its interpreter and libraries, from the files in /proc/PID/maps (again with `redoubt-symbols` when
  more were loaded since)
- backtraces that go on from the shim into the program; between them stands <signal handler called>
- not to stop at SIGSYS, which arrives at every system call

It changes nothing in the process. Debugging with breakpoints works as usual, in the program and in the shim.
"""

import os
import re

import gdb
import gdb.unwinder

# The assembly that holds a ucontext in %rbx while the shim works: the function, and the symbol behind it (src/shim/entry).
ENTRIES = (("redoubt_signal_entry", "redoubt_enter_program"), ("redoubt_patched_entry", "redoubt_patched_leave"))


# What the kernel calls memory that processes share: no file is there.
NO_FILE = re.compile(r"/dev/zero \(deleted\)$|/memfd:|/SYSV[0-9a-f]{8} \(deleted\)$")


class FrameId:
    def __init__(self, sp, pc):
        self.sp = sp
        self.pc = pc


def address(name):
    return int(gdb.parse_and_eval(f"(unsigned long)&{name}"))


def is_entry(pc):
    """Looked up each time: exec moves them."""
    for first, behind in ENTRIES:
        try:
            if address(first) < pc < address(behind):
                return True
        except gdb.error:
            pass  # no runtime, or one without it
    return False


class ProgramUnwinder(gdb.unwinder.Unwinder):
    """From the shim's outermost frame to what it interrupted: the program, or the shim itself for a nested signal.

    The frame is said to return to __restore_rt, C libraries' return from signal handlers, with the ucontext on its stack: there
    gdb knows by itself how to go on, and that the next stack may be anywhere.
    """

    def __init__(self):
        super().__init__("redoubt")

    def __call__(self, frame):
        pc = frame.read_register("rip")
        if not is_entry(int(pc)):
            return None
        try:
            restorer = gdb.Value(address("__restore_rt"))
        except gdb.error:
            return None
        unwound = frame.create_unwind_info(FrameId(frame.read_register("rsp"), pc))
        unwound.add_saved_register("rip", restorer.cast(pc.type))
        unwound.add_saved_register("rsp", frame.read_register("rbx").cast(frame.read_register("rsp").type))
        return unwound


class PatchedCallUnwinder(gdb.unwinder.Unwinder):
    """From a call that a rewritten site makes by the gate alone (src/shim/patch): on the program's stack, with the program's
    registers. The thread control block says where it goes back to."""

    RETURN_ADDRESS = 32  # TC_RETURN, src/shim/entry/offsets.h

    def __init__(self):
        super().__init__("redoubt-patched")

    def __call__(self, frame):
        pc = frame.read_register("rip")
        try:
            if not address("redoubt_gate_patched_call") <= int(pc) < address("redoubt_gate_patched_end"):
                return None
        except gdb.error:
            return None
        at = int(frame.read_register("gs_base")) + self.RETURN_ADDRESS
        back = gdb.parse_and_eval(f"*(unsigned long*){at:#x}")
        unwound = frame.create_unwind_info(FrameId(frame.read_register("rsp"), pc))
        unwound.add_saved_register("rip", back.cast(pc.type))
        for name in ("rsp", "rbp", "rbx", "r12", "r13", "r14", "r15", "rdi", "rsi", "rdx"):
            unwound.add_saved_register(name, frame.read_register(name))
        return unwound


def lowest_address(path):
    """Of an ELF file: the page that its first segment asks for. None: not one."""
    with open(path, "rb") as file:
        header = file.read(64)
        if header[:5] != b"\x7fELF\x02":
            return None
        table, size, count = (int.from_bytes(header[at:at + length], "little") for at, length in ((32, 8), (54, 2), (56, 2)))
        file.seek(table)
        segments = file.read(size * count)
    for at in range(0, len(segments), size):
        if int.from_bytes(segments[at:at + 4], "little") == 1:  # PT_LOAD
            return int.from_bytes(segments[at + 16:at + 24], "little") & ~0xFFF
    return None


class Symbols(gdb.Command):
    """Adds the symbols of the program's files that are mapped and not known yet."""

    def __init__(self):
        super().__init__("redoubt-symbols", gdb.COMMAND_FILES)
        self.known = set()

    def invoke(self, argument, from_tty):
        pid = gdb.selected_inferior().pid
        if pid == 0:
            raise gdb.GdbError("redoubt-symbols: expected a running process; attach first")
        runtime = os.stat(f"/proc/{pid}/exe")
        mapping = re.compile(r"^([0-9a-f]+)-\S+ \S+ ([0-9a-f]+) \S+ (\d+) +(/.*)$")
        with open(f"/proc/{pid}/maps", encoding="utf-8", errors="surrogateescape") as maps:
            lines = [match for match in map(mapping.match, maps.read().splitlines()) if match]
        for match in lines:
            start, offset, inode, path = int(match[1], 16), int(match[2], 16), int(match[3]), match[4]
            if offset != 0 or (start, path) in self.known or NO_FILE.match(path):
                continue
            self.known.add((start, path))
            self.add(path, start, inode, runtime)

    def add(self, path, start, inode, runtime):
        try:
            file = os.stat(path)
            if (file.st_dev, file.st_ino) == (runtime.st_dev, runtime.st_ino):
                return
            lowest = lowest_address(path)
            if lowest is None:
                return
            if file.st_ino != inode:
                raise OSError("another file is there since it was mapped")
        except OSError as error:
            print(f"redoubt: no symbols of {path}: {error}")
            return
        gdb.execute(f"add-symbol-file '{path}' -o {start - lowest:#x}", to_string=True)
        print(f"redoubt: symbols of {path}")


gdb.execute("handle SIGSYS nostop noprint pass", to_string=True)
gdb.execute("set auto-load libthread-db off", to_string=True)  # it looks for the thread library where the runtime has its own
gdb.execute("set confirm off", to_string=True)
gdb.unwinder.register_unwinder(None, ProgramUnwinder(), replace=True)
gdb.unwinder.register_unwinder(None, PatchedCallUnwinder(), replace=True)
symbols = Symbols()
gdb.events.clear_objfiles.connect(lambda event: symbols.known.clear())  # exec, or a new run: nothing is known any more
if gdb.selected_inferior().pid != 0:
    symbols.invoke("", False)
