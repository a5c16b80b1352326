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

# Descriptors that are open: files, and memory files with seals and contents that are almost right.
cat >"$T/resume.py" <<'END'
import fcntl, os, struct, subprocess, sys

runtime = sys.argv[1]
ALL = 0xf  # F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE


def memory_file(contents, seals=ALL):
    fd = os.memfd_create("test", os.MFD_ALLOW_SEALING)
    os.write(fd, contents)
    fcntl.fcntl(fd, fcntl.F_ADD_SEALS, seals)
    return fd


def header(magic=0x31766f6275646572, size=None, window=1000, slots=0, program=0, interpreter=-1, arguments=0, environment=0, rest=b"\0\0"):
    size = 64 + len(rest) if size is None else size
    return struct.pack("<QQQQiIiiIIBB6x", magic, size, 0, 0, window, slots, program, interpreter, arguments, environment, 0, 0) + rest


cases = {
    "empty": memory_file(b""),
    "zeroes": memory_file(bytes(64)),
    "text": memory_file(b"x" * 4096),
    "another magic": memory_file(header(magic=1)),
    "another size": memory_file(header(size=1)),
    "not sealed": memory_file(header(), seals=0),
    "window below": memory_file(header(window=-5)),
    "window above": memory_file(header(window=2**31 - 2)),
    "many slots": memory_file(header(slots=2**32 - 1)),
    "no program": memory_file(header(program=-1)),
    "many arguments": memory_file(header(arguments=2**32 - 1)),
    "no strings": memory_file(header(rest=b"")),
    "unterminated": memory_file(header(rest=b"a\0b")),
    "more than said": memory_file(header(rest=b"a\0b\0c\0")),
    "regular file": os.open("/etc/passwd", os.O_RDONLY),
    "directory": os.open("/", os.O_RDONLY),
    "pipe": os.pipe()[0],
}
for name, fd in cases.items():
    done = subprocess.run([runtime], env={"REDOUBT_RESUME": str(fd)}, pass_fds=(fd,), capture_output=True, text=True)
    lines = done.stderr.splitlines()
    assert done.returncode == 125 and len(lines) == 1 and "REDOUBT_RESUME" in lines[0], (name, done)
    print("ok", name)

# Well formed, but what it names is not there: an error of the runtime or the death that Linux gives a failed exec.
for name, fd in {"program is closed": memory_file(header(program=900)), "program is no program": memory_file(header())}.items():
    done = subprocess.run([runtime], env={"REDOUBT_RESUME": str(fd)}, pass_fds=(fd,), capture_output=True, text=True, stdin=subprocess.DEVNULL)
    assert done.returncode in (125, -11), (name, done)
    assert len(done.stderr.splitlines()) <= 1, (name, done)
    print("ok", name, done.returncode, done.stderr.strip())
END
run open_descriptors /usr/bin/python3 "$T/resume.py" "$BIN/redoubt-run"
[[ $STATUS == 0 ]] || fail "open_descriptors"
cat "$T/open_descriptors.out"

# shellcheck disable=SC2016  # for the inner shell to expand
run program env REDOUBT_RESUME=5 "$BIN/redoubt" run -q -- /bin/sh -c 'export REDOUBT_RESUME=5; /bin/echo "$REDOUBT_RESUME"; exec /bin/echo fine'
[[ $STATUS == 0 && $(tail -n 1 "$T/program.out") == fine ]] || fail "program: a variable of the program's was taken for the runtime's"
echo 'ok program'
