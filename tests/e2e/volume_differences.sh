#!/usr/bin/env bash
# Proves: what a volume answers is what the host's own file system answers, question by question: some 60,000 lines of programs that
# expect nothing and print everything (programs/differ_names.c, differ_files.c) are the same. Names: every call with every kind of
# path, generated. Files: bits that are cleared, sticky directories, times, holes, limits, locks; as root also as other users.
# shellcheck source=namespace_lib.sh disable=SC1091,SC2034  # for the functions of the library
source "$(dirname "$0")/namespace_lib.sh"
E2E_LIMIT=120
need gcc rm bash
system=$(stat -f -c %T "$T")
[[ $system == ext2/ext3 ]] || skip "what a volume is compared with is ext4, and $T is on $system"

for program in differ_names differ_files; do
    gcc -O1 -static -std=gnu11 -o "$T/$program" "$PROGRAMS/$program.c"
    mkdir "$T/native"
    "$T/$program" "$T/native" >"$T/native.out" 2>&1 || fail "$program natively: $(tail -n 3 "$T/native.out")"
    manifest --file "$T/$program" --file "$(type -P bash)" --file /bin/sh --file "$(type -P rm)"
    INJECTIONS=()
    rm -rf "$T/data"
    volume "$T/data"
    run "$T/$program" "$T/data"
    printf '%s\n' "$OUTPUT" >"$T/volume.out"
    lines=$(wc -l <"$T/native.out")
    if [[ $STATUS == 0 ]] && ((lines > 5000)) && cmp -s "$T/native.out" "$T/volume.out"; then
        echo "ok $program: $lines answers"
    else
        echo "WRONG $program: exit status $STATUS, $(diff "$T/native.out" "$T/volume.out" | grep -c '^>') of $lines lines differ:"
        diff "$T/native.out" "$T/volume.out" | head -n "${E2E_DIFFERENCES:-40}" || true
        WRONG=$((WRONG + 1))
    fi
    rm -rf "$T/native"
done
finish
