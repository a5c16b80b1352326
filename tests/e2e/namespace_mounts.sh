#!/usr/bin/env bash
# Proves: whoever starts the runtime chooses its mounts, but not what it opens through /proc. With something else on /proc, or on the
# process's own directory there, the run is refused, and nothing but the manifest's code is executed, at the start or by exec.
# shellcheck source=namespace_lib.sh disable=SC1091
source "$(dirname "$0")/namespace_lib.sh"
need bash gcc unshare mount
unshare -m true 2>/dev/null || skip "needs a mount namespace"

cat >"$T/evil.c" <<'END'
#include <stdio.h>
int main(void) { return puts("executed what nobody verified"), 0; }
END
gcc -static -o "$T/evil" "$T/evil.c"
manifest --file "$(type -P bash)" --file "$(type -P true)"

# What a process directory must have to be taken for one: every descriptor, and the executable, lead to $T/evil.
make_process() { # DIRECTORY TID
    mkdir -p "$1/fd" "$1/task/$2/fd"
    local fd
    for fd in {3..20} {990..1010}; do
        ln -sf "$T/evil" "$1/fd/$fd"
        ln -sf "$T/evil" "$1/task/$2/fd/$fd"
    done
    ln -sf "$T/evil" "$1/exe"
}
export -f make_process
export T
# shellcheck disable=SC2016  # for the inner shells
# Runs the rest under mounts that the first argument, a command of the process that becomes the runtime, makes.
under() {
    local mounts=$1
    shift
    timeout -k 5 "$E2E_LIMIT" unshare -m bash -c 'mounts=$1; shift; eval "$mounts"; exec "$@"' - "$mounts" \
        "$RUNTIME" --launch "--insecure-manifest=$MANIFEST" "--program=$1" -- "$@"
}

run : "$(type -P bash)" -c "$(type -P true); echo genuine"
expect without_mounts 0 'genuine$'

# shellcheck disable=SC2016,SC2034  # for `under`, by name
{
other_proc='mkdir -p $T/proc; make_process $T/proc/1 1; ln -sfn 1 $T/proc/self; ln -sfn 1/task/1 $T/proc/thread-self; mount --bind $T/proc /proc'
own_directory='make_process $T/own.$$ $$; mount --bind $T/own.$$ /proc/$$'
own_descriptors='make_process $T/fds.$$ $$; mount --bind $T/fds.$$/fd /proc/$$/fd; mount --bind $T/fds.$$/task/$$/fd /proc/$$/task/$$/fd'
}
for attempt in other_proc own_directory own_descriptors; do
    run "${!attempt}" "$(type -P bash)" -c "$(type -P true); echo ran"
    if [[ $OUTPUT == *"executed what nobody verified"* || $OUTPUT == *ran* ]]; then
        WRONG=$((WRONG + 1))
        echo "WRONG $attempt: $OUTPUT"
    else
        echo "ok $attempt: $STATUS $OUTPUT"
    fi
done
run "$other_proc" "$(type -P bash)" -c true
expect other_proc_is_named 125 'something else than procfs'
run "$own_directory" "$(type -P bash)" -c true
expect own_directory_is_named 125 'mounted below /proc'
finish
