#!/usr/bin/env bash
# Proves: what execve makes of a file, of a `#!` line and of arrays of arguments is what Linux makes of it. A small ELF file is changed in
# one field after the other, then in several at once; each is executed, and the errno, the signal, or what the program sees of itself
# (mappings, auxiliary vector, arguments, data) is the same natively and protected. ELF_MUTATIONS=all tries every value of every field
# (15,000 executions), by default it is every third.
# shellcheck source=lib.sh disable=SC1091
source "$(dirname "$0")/lib.sh"
need gcc

E2E_LIMIT=250
RANDOM_FILES=100
STRIDE=3
if [[ ${ELF_MUTATIONS:-} == all ]]; then STRIDE=1 RANDOM_FILES=1000; fi

# The victim: at fixed addresses, anywhere, and with an interpreter, which is the second again.
build() { gcc -O1 -ffreestanding -fno-stack-protector -fcf-protection=none -nostdlib "$@" "$PROGRAMS/elf_victim.c"; }
build -static -no-pie -fno-pie -o "$T/fixed"
build -static-pie -fpie -o "$T/anywhere"
build -pie -fpie -Wl,-dynamic-linker,./interpreter -o "$T/interpreted"
gcc -O1 -Wall -Wextra -o "$T/elf_mutations" "$PROGRAMS/elf_mutations.c"
chmod 755 "$T"/{fixed,anywhere,interpreted,elf_mutations}

# The test is worth what its files bring about: some are refused, some die, some run.
mutations() {  # LABEL FATES BASE WHAT
    both "$1" "$T/elf_mutations" "$T/$3" "$4" "$RANDOM_FILES" "$STRIDE"
    local fate
    for fate in $2; do
        grep -q ": $fate" "$T/$1.native.out" || fail "$1: no file with the fate $fate"
    done
    echo "   $(tail -n 1 "$T/$1.native.out")"
}
both() {  # without the name of the program for a label
    local label=$1
    shift
    run native "$label" "$@"
    run protected "$label" "$@"
    compare "$label"
}
populate() { cp "$T/anywhere" "$WORK/interpreter"; }
mutations fixed 'ENOEXEC exit killed' fixed image
mutations anywhere 'ENOEXEC exit killed' anywhere image
mutations interpreted 'ENOEXEC EIO exit killed' interpreted image
populate() { cp "$T/interpreted" "$WORK/image"; }
mutations interpreter 'ELIBBAD EIO exit killed executed' anywhere interpreter
populate() { :; }
mutations script 'ENOEXEC ENOENT EACCES ELOOP exit' anywhere script
mutations arguments 'EFAULT E2BIG exit' anywhere arguments
! grep -q 'exit 125' "$T"/*.protected.out || fail "the shim crashed"

# As expect_calls, which is too slow for so many images.
for program in "$T/elf_mutations" "$WORK/image"; do
    images=$(grep -c "\"program\":\"$program\".*\"calls\":[1-9]" "$STATS" || true)
    [[ $E2E_FAKE == 1 ]] || ((images >= 6)) || fail "$images images of $program made calls under the shim"
    echo "ok ${program##*/}: $images images made calls through the shim"
done
