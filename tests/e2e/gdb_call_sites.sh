#!/usr/bin/env bash
# Proves: a program that is started under gdb runs to its end, through call sites that are used often by several threads: none is
# rewritten while gdb would take our breakpoint for the program's. Without gdb the same sites are rewritten.
# shellcheck source=lib.sh disable=SC1091
source "$(dirname "$0")/lib.sh"
need gdb cc
[[ $E2E_FAKE != 1 ]] || skip "needs the runtime"

cat >"$T/calls.c" <<'END'
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <unistd.h>
static void* calls(void* unused) {
    for (int i = 0; i < 2000; i++)
        if (fcntl(0, F_GETFD) < 0 || getppid() <= 0) return "failed";
    return unused;
}
int main(void) {
    pthread_t threads[4];
    for (int i = 0; i < 4; i++) pthread_create(&threads[i], NULL, calls, NULL);
    for (int i = 0; i < 4; i++) {
        void* result;
        pthread_join(threads[i], &result);
        if (result != NULL) return 1;
    }
    puts("all calls made");
    return 0;
}
END
cc -O1 -pthread -o "$T/calls" "$T/calls.c"

patched_sites() { grep -o '"patched_sites":[0-9]*' "$1" | tail -n 1 | cut -d : -f 2; }

timeout 60 "$REDOUBT" run -q --stats-output "$T/free.json" -- "$T/calls" </dev/null >"$T/free.out"
[[ $(<"$T/free.out") == "all calls made" ]] || fail "without gdb: $(<"$T/free.out")"
(($(patched_sites "$T/free.json") > 0)) || fail "no site was rewritten without gdb: nothing is proved"

cat >"$T/commands" <<'END'
set debuginfod enabled off
handle SIGSYS nostop noprint pass
run
print $_exitcode
END
timeout 120 gdb -q -batch -nx -x "$T/commands" \
    --args "$REDOUBT" run -q --stats-output "$T/traced.json" -- "$T/calls" </dev/null >"$T/gdb.out" 2>&1 || fail "gdb: $(tail -n 5 "$T/gdb.out")"
grep -qx "all calls made" "$T/gdb.out" || fail "under gdb: $(tail -n 5 "$T/gdb.out")"
grep -qx '[$]1 = 0' "$T/gdb.out" || fail "under gdb: $(tail -n 5 "$T/gdb.out")"
[[ $(patched_sites "$T/traced.json") == 0 ]] || fail "$(patched_sites "$T/traced.json") sites were rewritten under gdb"
echo "ok: $(patched_sites "$T/free.json") sites rewritten without gdb, none under it"

# A call that waits, made by the gate alone: the backtrace goes on into the program.
SCRIPT=$(realpath -- "$E2E_DIR/../../tools/redoubt-gdb.py")
[[ $(gdb -q -batch -nx -ex 'python print(6 * 7)' 2>/dev/null) == 42 ]] || skip "this gdb has no Python"
cat >"$T/waits.c" <<'END'
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>
static void wait_for_end(void) {
    char byte;
    int zero = open("/dev/zero", O_RDONLY);
    for (int i = 0; i < 40; i++)
        if (read(zero, &byte, 1) != 1) _exit(1);
    printf("ready %d\n", getpid());
    fflush(stdout);
    if (read(0, &byte, 1) != 0) _exit(2);
}
int main(void) {
    wait_for_end();
    return 0;
}
END
cc -g -O0 -o "$T/waits" "$T/waits.c"
mkfifo "$T/in" "$T/out"
"$REDOUBT" run -q -- "$T/waits" <"$T/in" >"$T/out" &
job=$!
exec 8>"$T/in" 9<"$T/out"
read -r -t 30 word PID <&9 || fail "the program did not start"
[[ $word == ready ]] || fail "the program said $word"
is_in_read() { [[ $(cut -d' ' -f1 "/proc/$PID/syscall") == 0 ]]; }
wait_until 20 "the read" is_in_read
timeout 100 gdb -q -batch -nx -p "$PID" -x "$SCRIPT" -ex bt </dev/null >"$T/attached" 2>&1 || fail "gdb: $(tail -n 3 "$T/attached")"
exec 8>&-
wait "$job" || fail "the program ended with $?"
for frame in redoubt_gate_patched_ '__GI___libc_read|read' wait_for_end main; do
    grep -qE "^#[0-9]+ .*\b($frame)" "$T/attached" || fail "no frame of $frame: $(grep '^#' "$T/attached")"
done
echo "ok: the backtrace goes from the gate into the program"
