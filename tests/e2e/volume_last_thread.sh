#!/usr/bin/env bash
# Proves: what a program stored into a shared mapping is on the volume when its last thread ends by the bare system call exit, whichever
# thread that is, and the process ends then, with the status that it has natively.
# shellcheck source=namespace_lib.sh disable=SC1091
source "$(dirname "$0")/namespace_lib.sh"
need gcc head
gcc -O1 -static -pthread -o "$T/last_thread" "$PROGRAMS/last_thread.c"
HEAD=$(type -P head)
manifest --file "$HEAD" --file "$T/last_thread"
mkdir "$T/native"
for before in none main; do
    STATUS=0
    "$T/last_thread" "$T/native/$before" "$before" || STATUS=$?
    OUTPUT=$(head -c 4 "$T/native/$before")
    expect "${before}_natively" 7 '^kept$'
done
volume "$T/v"
for before in none main; do
    run "$T/last_thread" "$T/v/$before" "$before"
    expect "$before" 7 '^$'
    run "$HEAD" -c 4 "$T/v/$before"
    expect "${before}_is_kept" 0 '^kept$'
done
finish
