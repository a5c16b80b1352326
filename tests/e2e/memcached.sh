#!/usr/bin/env bash
# Proves: memcached with four threads serves one and many clients the same under the shim, on TCP and on a unix socket, and ends
# in the same way when asked to.
# shellcheck source=lib.sh disable=SC1091
source "$(dirname "$0")/lib.sh"
need memcached /usr/bin/python3

SERVER=$(command -v memcached)

socket_exists() { [[ -S $WORK/socket ]]; }

session() {
    free_port
    start_server "$1" "$SERVER" -u root -l 127.0.0.1 -p "$PORT" -U 0 -t 4 -m 64 -c 200
    wait_for_port "$PORT" "$SERVER_PID"
    /usr/bin/python3 "$PROGRAMS/memcached_client.py" "$PORT"
    stop_server "$2" "$SERVER_PID"
    echo "ended with $SERVER_STATUS"
}
both_workloads interrupted session INT
both_workloads terminated session TERM

unix_socket() {
    start_server "$1" "$SERVER" -u root -s "$WORK/socket" -t 2
    wait_until 20 "the socket" socket_exists
    /usr/bin/python3 - "$WORK/socket" <<'END'
import socket, sys
client = socket.socket(socket.AF_UNIX)
client.connect(sys.argv[1])
client.sendall(b"set a 0 0 1\r\nb\r\nget a\r\nquit\r\n")
print(client.makefile().read())
END
    stop_server TERM "$SERVER_PID"
    echo "ended with $SERVER_STATUS"
}
both_workloads unix_socket unix_socket

# Its own errors, told and returned the same.
free_port
E2E_STATUS=71 E2E_MERGE=1
both bad_address "$SERVER" -u root -l 203.0.113.1 -p "$PORT"

expect_calls "$SERVER" 3
