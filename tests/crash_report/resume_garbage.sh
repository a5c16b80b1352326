#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Proves: REDOUBT_RESUME, by which one image of the runtime tells the next where the process's state is, is refused with one
# clear line and 125 when it names anything but such a state; and a program that sets the variable changes nothing.
# shellcheck source=lib.sh disable=SC1091
source "$(dirname "$0")/lib.sh"
need /usr/bin/python3

for value in '' x -1 0 2 3 99 4294967296 18446744073709551616 '7 8' '3x' '../3' "$(printf '9%.0s' {1..5000})"; do
  run resume env REDOUBT_RESUME="$value" "$BIN/redoubt-run"
  one_clear_error resume 125 'REDOUBT_RESUME.*(runtime itself|state)' | cut -c 1-200
done

# Descriptors that are open: files, and memory files with seals and contents that are almost right. The first state of all is right, and
# resumes; so each of the others is refused for the one thing in which it differs. The magic is the source's.
MAGIC=$(sed -n 's/^constexpr uint64_t kMagic = \(0x[0-9a-f]*\);.*/\1/p' "$here/../../src/shim/process/handover.cc")
[[ -n $MAGIC ]] || fail "no magic in handover.cc"
cat >"$T/resume.py" <<'END'
import fcntl, os, struct, subprocess, sys

runtime, MAGIC = sys.argv[1], int(sys.argv[2], 16)
ALL = 0xf  # F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE
STRINGS = b"/bin/true\0true\0\0"  # name of the program, of the command, filter of the trace
PROGRAM = os.open("/bin/true", os.O_RDONLY)
INTERPRETER = os.open("/lib64/ld-linux-x86-64.so.2", os.O_RDONLY)


def memory_file(contents, seals=ALL):
    fd = os.memfd_create("test", os.MFD_ALLOW_SEALING)
    os.write(fd, contents)
    fcntl.fcntl(fd, fcntl.F_ADD_SEALS, seals)
    return fd


def state(magic=MAGIC, size=None, slots=0, window=1000, program=PROGRAM, interpreter=INTERPRETER, arguments=1, environment=1,
          attested=0, rest=STRINGS + b"true\0A=b\0"):
    size = 72 + len(rest) if size is None else size
    return struct.pack("<QQQQQiiiIIBBB5xI", magic, size, 0, 0, slots, window, program, interpreter, arguments, environment, 0, 0, 0,
                       attested) + rest


def resume(fd):
    return subprocess.run([runtime], env={"REDOUBT_RESUME": str(fd)}, pass_fds=(fd, PROGRAM, INTERPRETER), capture_output=True, text=True,
                          stdin=subprocess.DEVNULL)


done = resume(memory_file(state()))
assert (done.returncode, done.stdout, done.stderr) == (0, "", ""), ("the state that is right", done)
print("ok the state that is right")

cases = {
    "empty": memory_file(b""),
    "zeroes": memory_file(bytes(72)),
    "text": memory_file(b"x" * 4096),
    "cut off": memory_file(state()[:71]),
    "another magic": memory_file(state(magic=MAGIC ^ 1)),
    "another size": memory_file(state(size=1)),
    "not sealed": memory_file(state(), seals=0),
    "one seal less": memory_file(state(), seals=ALL & ~8),
    "window below": memory_file(state(window=-5)),
    "window above": memory_file(state(window=2**31 - 2)),
    "more slots than numbers below": memory_file(state(slots=2**64 - 1, window=40)),
    "no program": memory_file(state(program=-1)),
    "interpreter below": memory_file(state(interpreter=-2)),
    "many arguments": memory_file(state(arguments=2**32 - 1)),
    "an argument more": memory_file(state(arguments=2)),
    "a variable less": memory_file(state(environment=0)),
    "no strings": memory_file(state(rest=b"")),
    "unterminated": memory_file(state(rest=STRINGS + b"true\0A=b")),
    "more than said": memory_file(state(rest=STRINGS + b"true\0A=b\0c\0")),
    "an attested part that is not there": memory_file(state(attested=2**32 - 1)),
    "regular file": os.open("/etc/passwd", os.O_RDONLY),
    "directory": os.open("/", os.O_RDONLY),
    "pipe": os.pipe()[0],
}
for name, fd in cases.items():
    done = resume(fd)
    lines = done.stderr.splitlines()
    assert done.returncode == 125 and len(lines) == 1 and "REDOUBT_RESUME" in lines[0], (name, done)
    print("ok", name)

done = resume(memory_file(state(attested=2, rest=STRINGS + b"true\0A=b\0c\0")))
assert done.returncode == 125 and "exec.handover" in done.stderr.splitlines()[0], done
print("ok an attested part that is none")

# Well formed, but what it names is not there: an error of the runtime or the death that Linux gives a failed exec.
for name, fd in {
    "program is closed": memory_file(state(program=900)),
    "interpreter is closed": memory_file(state(interpreter=900)),
    "program is no program": memory_file(state(program=os.open("/etc/passwd", os.O_RDONLY))),
}.items():
    done = resume(fd)
    assert done.returncode in (125, -11), (name, done)
    assert len(done.stderr.splitlines()) <= 1, (name, done)
    print("ok", name, done.returncode, done.stderr.strip())
END
run open_descriptors /usr/bin/python3 "$T/resume.py" "$BIN/redoubt-run" "$MAGIC"
[[ $STATUS == 0 ]] || fail "open_descriptors"
cat "$T/open_descriptors.out"

# shellcheck disable=SC2016  # for the inner shell to expand
run program env REDOUBT_RESUME=5 "$BIN/redoubt" run -q -- /bin/sh -c 'export REDOUBT_RESUME=5; /bin/echo "$REDOUBT_RESUME"; exec /bin/echo fine'
[[ $STATUS == 0 && $(tail -n 1 "$T/program.out") == fine ]] || fail "program: a variable of the program's was taken for the runtime's"
echo 'ok program'
