#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Proves: --stats counts calls, traps and rewritten sites as they are, and gives the time in the shim: what many calls take there, and
# not what a program waits, in whichever call.
# shellcheck source=lib.sh disable=SC1091
source "$(dirname "$0")/lib.sh"
need /usr/bin/python3
[[ $E2E_FAKE == 0 ]] || skip "a stand-in has no statistics"

LINE=
statistics() {  # OPTION... -- PROGRAM...
    rm -f "$T/statistics"
    "$REDOUBT" run -q --stats-output "$T/statistics" "$@" >"$T/output" 2>"$T/run.err" || fail "exit status $?"
    LINE=$(grep -F '"program":"/usr/bin/python3' "$T/statistics" | tail -n 1)
}
field() { sed -n "s/.*\"$1\":\([0-9]*\)[,}].*/\1/p" <<<"$LINE"; }
expect() {  # FIELD COMPARISON NUMBER
    [[ -n $(field "$1") ]] || fail "no $1 in $LINE"
    test "$(field "$1")" "$2" "$3" || fail "expected $1 $2 $3 in $LINE"
}

CALLS='import os
for i in range(20000): os.getppid()'
statistics --no-patch -- /usr/bin/python3 -S -c "$CALLS"
expect getppid -eq 20000
expect traps -eq "$(field calls)"
expect patched_sites -eq 0
# A call is a matter of a hundred nanoseconds, clock included: ten at the least, and a hundred microseconds on the busiest machine.
expect shim_us -ge 200
expect shim_us -le 2000000
echo "ok every call trapped: $(field shim_us) us for $(field calls) calls"

statistics -- /usr/bin/python3 -S -c "$CALLS"
expect getppid -eq 20000
expect traps -lt 10000
expect patched_sites -ge 1
expect shim_us -ge 200
echo "ok rewritten: $(field shim_us) us for $(field calls) calls"

# Eight ways to wait for a second each; of eight seconds less than one may be the shim's.
cat >"$T/waits.py" <<'END'
import fcntl, os, select, signal, sys, threading, time
os.chdir(sys.argv[1])
def child(function):
    pid = os.fork()
    if pid == 0:
        function()
        os._exit(0)
    return pid
def timed(name, function):
    begin = time.monotonic()
    function()
    assert time.monotonic() - begin > 0.5, name
timed("sleep", lambda: time.sleep(1))
timed("poll", lambda: select.poll().poll(1000))
timed("select", lambda: select.select([], [], [], 1))
timed("epoll", lambda: select.epoll().poll(1))
timed("event", lambda: threading.Event().wait(1))
signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGUSR1])
timed("sigtimedwait", lambda: signal.sigtimedwait([signal.SIGUSR1], 1))
os.mkfifo("fifo")
child(lambda: (time.sleep(1), open("fifo", "w")))
timed("fifo", lambda: open("fifo"))
def hold():
    with open("lock", "w") as file:
        fcntl.lockf(file, fcntl.LOCK_EX)
        os.write(told, b"x")
        time.sleep(1)
tell, told = os.pipe()
child(hold)
os.read(tell, 1)
with open("lock", "r+") as file:
    timed("lock", lambda: fcntl.lockf(file, fcntl.LOCK_EX))
os.wait()
os.wait()
END
mkdir "$WORK"
statistics -- /usr/bin/python3 -S "$T/waits.py" "$WORK"
expect shim_us -ge 1
expect shim_us -le 900000
echo "ok waiting: $(field shim_us) us"
