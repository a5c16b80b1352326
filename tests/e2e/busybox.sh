#!/usr/bin/env bash
# Proves: a static, non-PIE executable, busybox, works as a shell with its own tools and as its own children under the shim.
# shellcheck source=lib.sh disable=SC1091
source "$(dirname "$0")/lib.sh"
need busybox file

BUSYBOX=$(realpath "$(command -v busybox)")
file "$BUSYBOX" | grep -q 'statically linked' || skip "busybox is not the static one"

E2E_STATUS=9
# shellcheck disable=SC2016  # for busybox to expand
both shell "$BUSYBOX" sh -c '
    busybox seq 1 1000 | busybox awk "{ s += \$1 } END { print s }"
    for i in 1 2 3; do (exit $i) & done; wait; echo "waited $?"
    busybox echo hello | busybox gzip | busybox gunzip
    busybox mkdir d; busybox touch d/a d/b; busybox tar cf t.tar d; busybox tar tf t.tar | busybox sort; busybox ls d
    trap "echo trapped" USR1; kill -USR1 $$
    cat <<END
here-document $((6 * 7)) $(busybox basename /a/b)
END
    busybox find / -maxdepth 1 -name proc
    busybox sh -c "kill -TERM \$\$"; echo "signal $?"
    busybox none 2>&1; echo "none $?"
    busybox readlink /proc/self/exe
    exec busybox sh -c "exit 9"'

expect_calls "$BUSYBOX" 10
