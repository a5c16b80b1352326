#!/usr/bin/env bash
# Proves: what Linux promises of files, directories, names, attributes and permissions holds on a protected volume as it does on the
# host's own file system: one program of assertions (programs/posix_files.c) runs on both with the same expectations.
# shellcheck source=namespace_lib.sh disable=SC1091
source "$(dirname "$0")/namespace_lib.sh"
need gcc

gcc -O1 -static -std=gnu11 -o "$T/posix_files" "$PROGRAMS/posix_files.c"
mkdir -m 755 "$T/native"
chmod 755 "$T"
"$T/posix_files" "$T/native" >"$T/native.out" 2>"$T/native.count" || fail "natively: $(<"$T/native.out")"

manifest --file "$T/posix_files"
volume "$T/data"
run "$T/posix_files" "$T/data"
expect same_as_natively 0 '^all as expected$'
# Asserted as often as natively: no part was left out.
expect every_assertion 0 "^$(<"$T/native.count")$"
# The same volume once more, in a new run: what the first left is there, so the directory is not empty.
run "$T/posix_files" "$T/data"
expect kept_across_runs 1 'mkdir.*File exists|EEXIST'
finish
