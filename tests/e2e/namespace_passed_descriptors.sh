#!/usr/bin/env bash
# A descriptor of a volume's file stands for whatever its position says, so it is sent to nobody, and one that comes from elsewhere (root
# takes it out of the process, turns it into another file's and sends it) is an empty file. Program: programs/passed_descriptors.c.
# shellcheck source=namespace_lib.sh disable=SC1091
source "$(dirname "$0")/namespace_lib.sh"
need gcc
[[ $(id -u) == 0 ]] || skip "pidfd_getfd asks for root"
gcc -O1 -w -o "$T/passed_descriptors" "$PROGRAMS/passed_descriptors.c"
mkdir "$T/host"
echo "a file of the host" >"$T/host/file"
inject /etc/injected "injected text"
volume "$T/volume"
manifest --file "$T/passed_descriptors" --host "$T/host"

timeout -k 5 "$E2E_LIMIT" python3 - "$T/host/socket" >"$T/peer" <<'PY' &
import ctypes, os, socket, struct, sys
SYS_PIDFD_GETFD = 438
libc = ctypes.CDLL(None, use_errno=True)
listener = socket.socket(socket.AF_UNIX)
listener.bind(sys.argv[1])
listener.listen()
link, _ = listener.accept()
pid, _, _ = struct.unpack("3i", link.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12))
text, came = b"", 0
while b"\n" not in text:
    data, fds, _, _ = socket.recv_fds(link, 1, 8)
    came += len(fds)
    for fd in fds:
        os.close(fd)
    text += data
print("descriptors that came:", came, flush=True)
number = int(text.split()[-1])
taken = libc.syscall(SYS_PIDFD_GETFD, os.pidfd_open(pid), number, 0)
if taken < 0:
    sys.exit("pidfd_getfd: " + os.strerror(ctypes.get_errno()))
# The same handle, to be read and written, from its beginning (volumes/handles.h).
forged = os.open(f"/proc/self/fd/{taken}", os.O_RDWR)
handle = os.lseek(taken, 0, os.SEEK_CUR) >> 44 & 0x1FFFF
os.lseek(forged, os.O_RDWR << 61 | handle << 44, os.SEEK_SET)
for _ in range(2):
    socket.send_fds(link, [b"z"], [forged])
try:
    link.recv(1)
except ConnectionResetError:
    pass
PY
PEER=$!
wait_until 20 "the peer" test -S "$T/host/socket"
under "$T/passed_descriptors" "$T/volume" "$T/host/socket" "$T/host/file" >"$T/out" 2>"$T/errors" || cat "$T/errors"
wait "$PEER" || fail "the peer: $(<"$T/peer")"
diff - "$T/out" <<'TEXT' || fail "what may be passed"
sendmsg a file of a volume: EPERM
sendmmsg a file of a volume: EPERM
sendmsg a directory of a volume: EPERM
sendmmsg a directory of a volume: EPERM
sendmsg an injected file: EPERM
sendmmsg an injected file: EPERM
sendmsg one among others: EPERM
sendmmsg one among others: EPERM
sendmsg one of the shim's: EBADF
sendmmsg one of the shim's: EBADF
sendmsg files of the host: sent
sendmmsg files of the host: sent
recvmsg: received
close-on-exec: 1
write to it: EPERM
read from it: 0
recvmsg: EFAULT
a descriptor all the same: yes
write to it: EPERM
the victim: victim text
TEXT
echo "descriptors that came: 4" | diff - "$T/peer" || fail "what came"
echo "ok descriptors of the shim's stay, and none is taken from elsewhere"
