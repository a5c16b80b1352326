#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# gdb on a protected program, as docs/debugging.md says: tools/redoubt-gdb.py finds the program's symbols, backtraces go from the shim
# into the program in every thread, breakpoints in the program hold, and afterwards it runs on as if nothing had been.
# shellcheck source=lib.sh disable=SC1091
source "$(dirname "$0")/lib.sh"
need gdb gcc
[[ $E2E_FAKE == 0 ]] || skip "a stand-in has nothing to be seen"
[[ $(gdb -q -batch -nx -ex 'python print(6 * 7)' 2>/dev/null) == 42 ]] || skip "this gdb has no Python"
SCRIPT=$(realpath -- "$E2E_DIR/../../tools/redoubt-gdb.py")

# The same with a debugger that may not attach (Yama, a container) says nothing about Redoubt.
sleep 60 &
probe=$!
gdb -q -batch -nx -p "$probe" </dev/null >"$T/probe" 2>&1 || true
kill "$probe"
! grep -qE 'ptrace: (Operation not permitted|Inappropriate)' "$T/probe" || skip "gdb may not attach to processes here"

# started LABEL WORD...: starts the words with a pipe for standard input on descriptor 8, and sets JOB and PID.
started() {
    local label=$1 word=
    shift
    rm -f "$T/in" "$T/ready"
    mkfifo "$T/in" "$T/ready"
    "$@" <"$T/in" >"$T/ready" 2>"$T/$label.err" 8>&- 9<&- &
    JOB=$!
    exec 8>"$T/in" 9<"$T/ready"
    until [[ $word == ready ]]; do read -r -t 30 word PID <&9 || fail "$label: the program did not start"; done
}
ended() {
    local status=0
    wait "$JOB" || status=$?
    exec 8>&- 9<&-
    [[ $status == "$2" ]] || fail "$1: exit status $status, expected $2"
}

# in_read: the first thread waits in its read.
in_read() {
    until [[ $(cut -d' ' -f1 "/proc/$PID/syscall") == 0 ]]; do kill -0 "$PID" || fail "the program ended"; done
}

# seen LABEL PATTERN...: the debugger printed lines that match, in this order.
seen() {
    local label=$1 pattern from=1 at
    shift
    for pattern; do
        at=$(tail -n "+$from" "$T/$label.gdb" | grep -nE -m1 -- "$pattern" | cut -d: -f1) || true
        if [[ -z $at ]]; then
            cat "$T/$label.gdb" >&2
            fail "$label: no '$pattern' from line $from on"
        fi
        from=$((from + at))
    done
}

debugged() {  # LABEL GDB-ARGUMENT...
    timeout 100 gdb -q -batch -nx "${@:2}" </dev/null >"$T/$1.gdb" 2>&1 || fail "$1: gdb ended with $?: $(tail -n 3 "$T/$1.gdb")"
}

for kind in pie no-pie static; do
    gcc -g -O0 "-$kind" -pthread -o "$T/$kind" "$PROGRAMS/debugged.c"
    started "$kind" "$REDOUBT" run -q -- "$T/$kind"
    in_read
    (until grep -q 'redoubt: program goes on' "$T/$kind.gdb"; do :; done; printf x >&8) &
    debugged "$kind" -p "$PID" -x "$SCRIPT" -ex 'thread apply all bt' -ex 'break take_answer' -ex 'echo redoubt: program goes on\n' \
        -ex continue -ex bt -ex 'print value' -ex delete -ex detach
    seen "$kind" "^redoubt: symbols of $T/$kind"
    seen "$kind" '^Thread 2 ' ' redoubt_signal_entry \(' ' wait_for_answer \(fd=[0-9]+, value=1000\) at .*debugged\.c:[0-9]+' ' second_thread \('
    seen "$kind" '^Thread 1 ' ' redoubt_signal_entry \(' ' wait_for_answer \(fd=0, value=42\) at .*debugged\.c:[0-9]+' \
        ' first_thread \(value=21\) at .*debugged\.c:[0-9]+' ' main \(\) at .*debugged\.c:[0-9]+'
    seen "$kind" 'program goes on' 'hit Breakpoint 1|Breakpoint 1, ' 'take_answer \(value=43\)' 'wait_for_answer \(fd=0, value=42\)' \
        'first_thread \(value=21\)' '^[$]1 = 43'
    ! grep 'no symbols of' "$T/$kind.gdb" || fail "$kind: a file that is none"
    ended "$kind" 7
    echo "ok attached: $kind"
done

# Started under gdb, stopped, looked at, and ended.
started under timeout 100 gdb -q -batch -nx -x "$SCRIPT" -ex run -ex redoubt-symbols -ex 'thread apply 1 bt' -ex 'echo redoubt: program goes on\n' \
    -ex 'signal 0' --args "$REDOUBT" run -q -- "$T/pie"
in_read
kill -INT "$PID"
cat <&9 >"$T/under.gdb" &
reader=$!
until grep -q 'redoubt: program goes on' "$T/under.gdb"; do kill -0 "$reader" || fail "gdb ended: $(tail -n 3 "$T/under.gdb")"; done
printf x >&8
ended under 0
wait "$reader"
seen under 'received signal SIGINT' "redoubt: symbols of $T/pie" ' redoubt_signal_entry \(' ' wait_for_answer \(fd=0, value=42\)' ' main \(\)' \
    'program goes on' 'exited with code 07'
echo "ok started under gdb"
