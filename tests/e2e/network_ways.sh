#!/usr/bin/env bash
# Proves: of all calls that move bytes, none carries them to or from a shielded connection past the shield: splice and its kin,
# copy_file_range, asynchronous I/O, paths to its descriptor, SCM_RIGHTS, pidfd_getfd; and preadv2, pwritev2, sendmmsg, duplicates
# and close_range do what they do, over TLS. See programs/shield_ways.c.
# shellcheck source=network_lib.sh disable=SC1091
source "$(dirname "$0")/network_lib.sh"
need gcc
gcc -O1 -Wall -o "$T/shield_ways" "$PROGRAMS/shield_ways.c"
printf 'CANARY in a file' >"$T/file"
free_port
rules "default refuse" "listen 127.0.0.1:$PORT tls {server} clients {ca}"
serve "$PORT" "$T/shield_ways" "$PORT" "$T/file"
# Ends with an error if anything but TLS comes, or the connection is cut without close_notify.
timeout "$E2E_LIMIT" python3 - "$PORT" >"$T/answer" 2>&1 <<'PYTHON' || cat "$T/answer" "$T/server.err"
import os, socket, ssl, sys
certificates = os.environ["CERTIFICATES"]
context = ssl.create_default_context(cafile=f"{certificates}/ca.pem")
context.load_cert_chain(f"{certificates}/client.pem", f"{certificates}/client.key")
plain = socket.create_connection(("127.0.0.1", int(sys.argv[1])), timeout=60)
link = context.wrap_socket(plain, server_hostname="localhost", suppress_ragged_eofs=False)
link.sendall(b"hello\n")
data = b""
while part := link.recv(4096):
    data += part
assert data == b"by pwritev2\nby dup\nby sendmmsg\n", data
print("the peer got what it should, and close_notify")
PYTHON
wait "$SERVER" || true
expect "the peer" "^the peer got what it should, and close_notify\$" "$T/answer"
while read -r line; do
    expect "$line" "^$line\$" "$T/server.out"
done <<'WAYS'
preadv2: 6
splice to it: EINVAL
splice from it: EINVAL
tee to it: EINVAL
tee from it: EINVAL
vmsplice to it: EINVAL
copy_file_range to it: EINVAL
copy_file_range from it: EINVAL
sendfile from it: EINVAL
pwrite: ESPIPE
openat below it: ENOTDIR
/proc/self/fd/N: ENXIO
/dev/fd/N: ENXIO
io_setup: ENOSYS
io_submit: ENOSYS
io_uring_setup: ENOSYS
MSG_ZEROCOPY: EOPNOTSUPP
MSG_FASTOPEN: EOPNOTSUPP
MSG_OOB: EOPNOTSUPP
pidfd_getfd: EPERM
pwritev2: 12
write by a duplicate: 7
SCM_RIGHTS: 1
write after SCM_RIGHTS: EIO
read after SCM_RIGHTS: EIO
sendmmsg: 1
close_range: 0
WAYS
[[ $(cat "$T/file") == "CANARY in a file" ]] || {
    echo "WRONG the file was written to"
    WRONG=1
}
exit $WRONG
