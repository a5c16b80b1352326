#!/usr/bin/env bash
# Proves: the front page works. ./quickstart makes a protected Redis and leaves nothing behind, also when it is interrupted; with --keep,
# what it says next can be done, and so can README's ten lines that protect another program.
# shellcheck source=lib.sh disable=SC1091
source "$(dirname "$0")/lib.sh"
need redis-server redis-cli openssl memcached python3
[[ $E2E_FAKE != 1 ]] || skip "needs CAS and LAS"
[[ $(id -u) == 0 ]] || skip "LAS looks at other users' processes, and memcached changes its user: needs root"
SOURCE=$(cd "$E2E_DIR/../.." && pwd)
BIN=$(dirname "$REDOUBT")
mkdir "$T/tmp"
export TMPDIR=$T/tmp
quickstart() { "$SOURCE/quickstart" --build "$BIN" --skip-table "$@"; }

# left LABEL: what a run must not leave.
left() {
    local file command
    [[ -z $(ls -A "$T/tmp") ]] || fail "$1: left $(ls -A "$T/tmp")"
    for file in /proc/[0-9]*/cmdline; do
        command=$({ tr '\0' ' ' <"$file"; } 2>/dev/null) || continue
        [[ $command != *"$T/tmp"* ]] || fail "$1: still runs: $command"
    done
}

quickstart >"$T/plain.out" 2>&1 || fail "quickstart: exit status $?: $(tail -n 5 "$T/plain.out")"
grep -q 'plain TCP: refused' "$T/plain.out" || fail "plain TCP was not tried"
grep -q 'What was simulated' "$T/plain.out" || fail "what was simulated is not said"
left "quickstart"
echo "ok quickstart"

for moment in 'A simulated platform' 'The session' 'Restart it'; do
    # A shell starts background processes with SIGINT ignored, and those could not change that.
    setsid env --default-signal=INT "$SOURCE/quickstart" --build "$BIN" --skip-table >"$T/interrupted.out" 2>&1 &
    running=$!
    E2E_PIDS+=("$running")
    for ((tries = 0; tries < 600; ++tries)); do
        ! grep -q "$moment" "$T/interrupted.out" || break
        read -rt 0.05 <> <(:) || true
    done
    grep -q "$moment" "$T/interrupted.out" || fail "\"$moment\" did not come: $(tail -n 5 "$T/interrupted.out")"
    kill -INT -- "-$running"
    status=0
    wait "$running" || status=$?
    [[ $status == 130 ]] || fail "interrupted at \"$moment\": exit status $status, expected 130"
    left "interrupted at \"$moment\""
    echo "ok interrupted at \"$moment\""
done

quickstart --keep >"$T/keep.out" 2>&1 || fail "--keep: exit status $?: $(tail -n 5 "$T/keep.out")"
ending=$(sed -n 's/^and end it with: //p' "$T/keep.out")
[[ $ending == kill* ]] || fail "--keep does not say how it ends"
environment=$(sed -n 's/^ *\. \(.*environment\)$/\1/p' "$T/keep.out")
trap 'bash -c "$ending" 2>/dev/null; cleanup' EXIT
(
    # shellcheck disable=SC1090
    source "$environment"
    eval "$(grep -E '^ *(cd|redis-cli) ' "$T/keep.out")"
) >"$T/answer" 2>&1 || true
grep -q '^hello-from-' "$T/answer" || fail "as --keep says: $(<"$T/answer")"
echo "ok as --keep says"

# README's lines, on a port that is free.
port=$(python3 -c 'import socket; s = socket.create_server(("127.0.0.1", 0)); print(s.getsockname()[1])')
sed -n '/^cat >memcached.yml/,/^```/p' "$SOURCE/README.md" | sed '$d' | sed "s/11311/$port/g" >"$T/lines"
[[ $(wc -l <"$T/lines") -ge 15 ]] || fail "README has no lines for memcached"
mkdir "$T/mine"
(
    # shellcheck disable=SC1090
    source "$environment"
    cd "$T/mine" && bash -c "$(<"$T/lines")"$'\nkill %1; wait %1'
) >"$T/answer" 2>"$T/answer.err" || true
tr -d '\r' <"$T/answer" | grep -qx 'VALUE greeting 0 5' || fail "README's memcached: $(<"$T/answer") $(tail -n 5 "$T/answer.err")"
echo "ok README's memcached"

bash -c "$ending"
trap cleanup EXIT
for ((tries = 0; tries < 100; ++tries)); do
    ! grep -lqs "$T/tmp" /proc/[0-9]*/cmdline || { read -rt 0.1 <> <(:) || true; continue; }
    break
done
left "as --keep says, at the end"
echo "ok ended"
