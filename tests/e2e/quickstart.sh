#!/usr/bin/env bash
# Proves: the front page works. ./quickstart makes a protected Redis and leaves nothing behind, also when it is interrupted; with --keep,
# what it says next can be done, and so can README's lines that protect another program. All in a directory with a space in its name.
# shellcheck source=lib.sh disable=SC1091
source "$(dirname "$0")/lib.sh"
need redis-server redis-cli openssl memcached python3
[[ $E2E_FAKE != 1 ]] || skip "needs CAS and LAS"
[[ $(id -u) == 0 ]] || skip "LAS looks at other users' processes, and memcached changes its user: needs root"
SOURCE=$(cd "$E2E_DIR/../.." && pwd)
BIN=$(dirname "$REDOUBT")
mkdir "$T/a tmp"
export TMPDIR="$T/a tmp"
# Of another CAS: not to be used, and not to disturb.
export REDOUBT_IDENTITY=$T/none REDOUBT_CAS_ADDR=127.0.0.1:1 SCONE_CONFIG_ID=another/session
quickstart() { "$SOURCE/quickstart" --build "$BIN" --skip-table "$@"; }

# left LABEL: what a run must not leave.
left() {
    local file command
    [[ -z $(ls -A "$TMPDIR") ]] || fail "$1: left $(ls -A "$TMPDIR")"
    for file in /proc/[0-9]*/cmdline; do
        command=$({ tr '\0' ' ' <"$file"; } 2>/dev/null) || continue
        [[ $command != *"$TMPDIR"* ]] || fail "$1: still runs: $command"
    done
}

quickstart >"$T/plain.out" 2>&1 || fail "quickstart: exit status $?: $(tail -n 5 "$T/plain.out")"
grep -q 'plain TCP: refused' "$T/plain.out" || fail "plain TCP was not tried"
grep -q 'What was simulated' "$T/plain.out" || fail "what was simulated is not said"
left "quickstart"
echo "ok quickstart"

# What it cannot work with is said before anything is done.
refused() {  # PATTERN COMMAND...
    local pattern=$1 status=0 output
    shift
    output=$("$@" 2>&1) || status=$?
    # shellcheck disable=SC2053  # a pattern
    [[ $status == 1 && $output == $pattern && $output != *'2. Build'* ]] || fail "expected 1 and $pattern, found $status and: $output"
}
mkdir "$T/programs" "$T/open"
chmod 711 "$T"
chmod 1777 "$T/open"
for program in bash dirname readlink realpath awk mktemp rm df tail cat setpriv; do ln -s "$(type -P "$program")" "$T/programs/$program"; done
if setpriv --reuid nobody test -r "$SOURCE/quickstart"; then
    refused '*expected root or sudo, found neither*' env PATH="$T/programs" TMPDIR="$T/open" \
        setpriv --reuid nobody --regid nogroup --clear-groups "$SOURCE/quickstart" --build "$BIN" --skip-table
else
    left_out "the source is not readable for nobody"
fi
refused '*expected TMPDIR without quotation marks*' env TMPDIR="$T/\"" "$SOURCE/quickstart" --build "$BIN" --skip-table
refused '*cannot make a directory*set TMPDIR*' env TMPDIR="$T/none" "$SOURCE/quickstart" --build "$BIN" --skip-table
mkdir "$T/small"
if mount -t tmpfs -o size=4M none "$T/small" 2>/dev/null; then
    refused '*expected 64 MB of free space in *, found 4 MB*' env TMPDIR="$T/small" "$SOURCE/quickstart" --build "$BIN" --skip-table
    umount "$T/small"
else
    left_out "no tmpfs can be mounted here"
fi
echo "ok refusals"

# interrupted MOMENT SIGNAL STATUS: as the terminal does it, to the whole process group.
interrupted() {
    local running tries status=0 directory log=
    # A shell starts background processes with SIGINT and SIGQUIT ignored, and those could not change that.
    setsid env --default-signal=INT,QUIT "$SOURCE/quickstart" --build "$BIN" --skip-table >"$T/interrupted.out" 2>&1 &
    running=$!
    E2E_PIDS+=("$running")
    for ((tries = 0; tries < 1200; ++tries)); do
        ! grep -q "$1" "$T/interrupted.out" || break
        read -rt 0.05 <> <(:) || true
    done
    grep -q "$1" "$T/interrupted.out" || fail "\"$1\" did not come: $(tail -n 5 "$T/interrupted.out")"
    # Still readable when it is removed.
    for directory in "$TMPDIR"/*; do
        if [[ -s $directory/redis.log ]]; then exec {log}<"$directory/redis.log"; fi
    done
    kill "-$2" -- "-$running"
    wait "$running" || status=$?
    [[ $status == "$3" ]] || fail "$2 at \"$1\": exit status $status, expected $3"
    grep -q 'quickstart: cleaning up' "$T/interrupted.out" || fail "$2 at \"$1\": does not say that it cleans up"
    left "$2 at \"$1\""
    if [[ $1 == 'Talk to it' ]]; then
        # A Redis that loses CAS before its last fsync cannot say this.
        grep -q 'ready to exit, bye bye' <&"$log" || fail "$2 at \"$1\": Redis did not end by itself"
    fi
    if [[ -n $log ]]; then exec {log}<&-; fi
    echo "ok $2 at \"$1\""
}
interrupted 'A simulated platform' INT 130
interrupted 'The session' HUP 129
interrupted 'Talk to it' INT 130
interrupted 'Talk to it' QUIT 131
interrupted 'Restart it' TERM 143

quickstart --keep >"$T/keep.out" 2>&1 || fail "--keep: exit status $?: $(tail -n 5 "$T/keep.out")"
ending=$(sed -n 's/^and end it .* with: //p' "$T/keep.out")
[[ $ending == */stop ]] || fail "--keep does not say how it ends"
environment=$(sed -n 's/^ *\. \(.*environment\)$/\1/p' "$T/keep.out")
end_it() { bash -c "$ending" 2>/dev/null; }
AT_EXIT=end_it
(
    # shellcheck disable=SC1090
    eval "source $environment"
    eval "$(grep -E '^ *(cd|redis-cli) ' "$T/keep.out")"
) >"$T/answer" 2>&1 || true
grep -q '^hello-from-' "$T/answer" || fail "as --keep says: $(<"$T/answer")"
echo "ok as --keep says"

# README's lines, on a port that is free.
port=$(python3 -c 'import socket; s = socket.create_server(("127.0.0.1", 0)); print(s.getsockname()[1])')
sed -n '/^mkdir mine /,/^```/p' "$SOURCE/README.md" | sed '$d' | sed "s/11311/$port/g" >"$T/lines"
lines=$(<"$T/lines")
[[ $(wc -l <"$T/lines") -ge 15 ]] || fail "README has no lines for memcached"
mkdir "$T/readme"
(
    # shellcheck disable=SC1090
    eval "source $environment"
    cd "$T/readme" && bash -c "$lines"$'\nkill %1; wait %1'
) >"$T/answer" 2>"$T/answer.err" || true
tr -d '\r' <"$T/answer" | grep -qx 'VALUE greeting 0 5' || fail "README's memcached: $(<"$T/answer") $(tail -n 5 "$T/answer.err")"
echo "ok README's memcached"

# It stops where the program is not there, and leaves CAS alone.
(
    # shellcheck disable=SC1090
    eval "source $environment"
    cd "$T" && bash -c "${lines//measure -q memcached/measure -q no-such-program}"
) >"$T/answer" 2>"$T/answer.err" && fail "README's lines go on without their program"
grep -q no-such-program "$T/answer.err" || fail "README's lines do not say what is missing: $(<"$T/answer.err")"
[[ ! -e $T/mine/memcached.yml ]] || fail "README's lines made a session of nothing"
echo "ok README's lines stop"

exec {log}<"$(bash -c "echo ${environment%/*}")/redis.log"
bash -c "$ending" || fail "$ending: exit status $?"
AT_EXIT=
# Once when it was restarted, once now.
[[ $(grep -c 'ready to exit, bye bye' <&"$log") == 2 ]] || fail "Redis was not ended in order"
left "as --keep says, at the end"
echo "ok ended"
