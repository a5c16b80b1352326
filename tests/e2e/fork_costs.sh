#!/usr/bin/env bash
# Proves: a child that is forked and ends costs its parent and itself few page faults beyond native's (src/shim/runtime.ld puts what
# they execute and write on few pages), and no trap once earlier children have trapped at the same sites, forked or spawned.
# shellcheck source=lib.sh disable=SC1091
source "$(dirname "$0")/lib.sh"
need cc
[[ $E2E_FAKE != 1 ]] || skip "needs the runtime"

cat >"$T/children.c" <<'END'
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
static long faults(void) {
    struct rusage self, children;
    if (getrusage(RUSAGE_SELF, &self) != 0 || getrusage(RUSAGE_CHILDREN, &children) != 0) exit(1);
    return self.ru_minflt + children.ru_minflt;
}
static void make(int spawned) {
    pid_t child;
    char *command[] = {"true", NULL}, *environment[] = {NULL};
    if (spawned) {
        if (posix_spawn(&child, "/bin/true", NULL, NULL, command, environment) != 0) exit(2);
    } else {
        child = fork();
        if (child == 0) _exit(0);
    }
    int status;
    if (child < 0 || waitpid(child, &status, 0) != child || status != 0) exit(3);
}
int main(int argc, char** argv) {
    const int spawned = argc > 1 && strcmp(argv[1], "spawned") == 0;
    for (int i = 0; i < 100; ++i) make(spawned);
    const long before = faults();
    for (int i = 0; i < 100; ++i) make(spawned);
    printf("%ld\n", (faults() - before) / 100);
    return 0;
}
END
cc -O1 -o "$T/children" "$T/children.c"

native=$("$T/children" forked)
protected=$("$REDOUBT" run -q -- "$T/children" forked </dev/null)
most=$((native + 8))
((native > 0 && protected <= most)) || fail "a forked child takes $protected page faults, natively $native; expected at most $most"

# Statistics make every call go through the shim, but count traps.
count_in() { grep -o "\"$1\":[0-9]*" | head -n 1 | cut -d : -f 2; }
"$REDOUBT" run -q --stats-output "$T/forked" -- "$T/children" forked </dev/null >/dev/null
last=$(grep -F '"program":"'"$T/children" "$T/forked" | tail -n 2 | head -n 1)  # the parent's line is the last
(($(count_in calls <<<"$last") > 0)) || fail "no line of a child: $last"
(($(count_in traps <<<"$last") == 0)) || fail "the last forked child trapped: $last"

# Up to its exec, a spawned child's calls are its own.
"$REDOUBT" run -q --stats-output "$T/spawned" -- "$T/children" spawned </dev/null >/dev/null
last=$(grep -F '"program":"'"$T/children" "$T/spawned" | tail -n 2 | head -n 1)
(($(count_in calls <<<"$last") > 0)) || fail "no line of a spawned child: $last"
(($(count_in traps <<<"$last") <= 2)) || fail "the last spawned child trapped before its exec: $last"
echo "ok: $protected page faults a forked child, natively $native; the last children did not trap"
