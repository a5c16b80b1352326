#!/usr/bin/env bash
# shellcheck disable=SC2119  # stop_server takes a signal or nothing
# Proves: close with output that the peer has not taken holds up nobody, and the peer gets all of it and close_notify; also where
# the handshake had not begun, and without the privilege to widen the send buffer at will. See programs/close_early.c.
# shellcheck source=network_lib.sh disable=SC1091
source "$(dirname "$0")/network_lib.sh"
need gcc setpriv
gcc -O1 -o "$T/close_early" "$PROGRAMS/close_early.c"
RUN_NATIVELY=$RUNTIME
for mode in early full full-unprivileged; do
    RUNTIME=$RUN_NATIVELY
    if [[ $mode == *-unprivileged ]]; then
        [[ $(id -u) == 0 ]] || continue # others are that anyway
        printf '#!/bin/sh\nexec setpriv --bounding-set=-net_admin -- "%s" "$@"\n' "$RUN_NATIVELY" >"$T/unprivileged"
        chmod +x "$T/unprivileged"
        RUNTIME=$T/unprivileged
    fi
    free_port
    rules "default refuse" "listen 127.0.0.1:$PORT tls {server}"
    serve "$PORT" "$T/close_early" "$PORT" "${mode%-*}"
    timeout "$E2E_LIMIT" python3 "$PROGRAMS/close_early.py" "$PORT" "${mode%-*}" >"$T/answer" 2>&1 || cat "$T/server.err"
    expect "$mode" '^everything came$' "$T/answer"
    if [[ -s $T/server.err ]] && grep -q "not free" "$T/server.err"; then expect "$mode: the number is free" '^$' "$T/server.err"; fi
    stop_server
done
exit $WRONG
