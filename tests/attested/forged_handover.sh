#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# What a host gets from planting or forging the state that exec hands over (docs/threat-model.md, "A forged handover"):
# nothing that it did not put in.

# shellcheck source=tests/attested/lib.sh
# shellcheck disable=SC1091
source "$(dirname "$0")/lib.sh" "$1"
need python3

mapfile -t code < <(code_of bash echo cat)
# shellcheck disable=SC2016  # for the program to expand
start_fake "${code[@]}" env=PATH=/usr/bin env=SECRET=canary-variable -- bash -c 'echo "got $SECRET"'

# States as write_handover() makes them, in secret memory and in a sealed memory file: the header, the strings, an attested part.
cat >"$T/forge.py" <<'END'
import ctypes, fcntl, mmap, os, struct, subprocess, sys

libc = ctypes.CDLL(None, use_errno=True)
launch, runtime, cas, las = sys.argv[1:]
SEALS = 0xF


def text(value):
    return struct.pack("<I", len(value)) + value


def attested(key=bytes(96), files=b"", volumes=b"", unsealed=0):
    cas = text(b"") + bytes(32)
    network = text(b"")
    return (
        text(b"session") + text(b"service") + text(b"00") + bytes([unsealed]) + text(key) + cas + text(files) + text(volumes) + network
    )


def state(program, part, size=None, attested_size=None):
    strings = b"/bin/echo\0echo\0echo\0forged\0"
    total = 72 + len(strings) + len(part)
    return (
        struct.pack("<QQQQQiiiIIBB6xI", 0x32766F6275646572, size or total, 0, 0, 0, 1000, program, -1, 2, 0, 0, 0,
                    len(part) if attested_size is None else attested_size) + strings + part
    )


def secret(contents):
    fd = libc.syscall(447, 0)
    if fd < 0:
        return None
    os.ftruncate(fd, (len(contents) + 4095) // 4096 * 4096)
    with mmap.mmap(fd, 0) as memory:
        memory[: len(contents)] = contents
    return fd


def ordinary(contents):
    fd = os.memfd_create("forged", os.MFD_ALLOW_SEALING)
    os.write(fd, contents)
    fcntl.fcntl(fd, fcntl.F_ADD_SEALS, SEALS)
    return fd


program = os.open("/bin/echo", os.O_RDONLY)
parts = {
    "no namespace": attested(),
    "namespace of nonsense": attested(files=b"\xff" * 300),
    "volumes of nonsense": attested(volumes=b"\xff" * 300),
    "short key": attested(key=bytes(95)),
    "nothing but 0xff": b"\xff" * 100,
    "a byte": b"\0",
}
for make in (secret, ordinary):
    for name, part in parts.items():
        for size, attested_size in ((None, None), (1 << 40, None), (64, None), (None, 1 << 31), (None, 5)):
            fd = make(state(program, part, size, attested_size))
            if fd is None:
                print("skip  no secret memory on this kernel")
                break
            # By itself: an error of the runtime, one line, no program, no crash.
            done = subprocess.run([runtime], env={"REDOUBT_RESUME": str(fd)}, pass_fds=(fd, program), capture_output=True, text=True)
            assert done.returncode == 125 and done.stdout == "" and len(done.stderr.splitlines()) == 1, (make, name, size, attested_size, done)
            os.close(fd)
        # Planted in an attested start: ignored, which gets what it would have got.
        fd = make(state(program, part))
        if fd is None:
            continue
        done = subprocess.run([launch, runtime, "cas=" + cas, "las=" + las], env={"REDOUBT_RESUME": str(fd)}, pass_fds=(fd, program),
                              capture_output=True, text=True)
        assert done.returncode == 0 and done.stdout == "got canary-variable\n", done
        os.close(fd)
    print("ok    forged states,", make.__name__)
END
python3 "$T/forge.py" "$LAUNCH" "$RUNTIME" "$CAS" "$LAS" || fail "forged states"
if grep -q REDOUBT_RESUME "$T/seen"; then fail "CAS was told of REDOUBT_RESUME"; fi

# A program's own arguments are not a request to the runtime, whatever they look like.
STATUS=0
"$RUNTIME" --launch --program=/bin/bash -- bash -c 'exec -a redoubt-run /bin/echo --attested=3 -- "still echo"' >"$T/out" 2>"$T/err" || STATUS=$?
expect "exec with arguments like a launcher's" 0 '^--attested=3 -- still echo$'

((failures == 0))
