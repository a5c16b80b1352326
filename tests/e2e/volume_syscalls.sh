#!/usr/bin/env bash
# Proves: the programs of tests/syscalls about descriptors, files and mappings find on a protected volume what Linux promises; each
# runs with its temporary directory on one. Those that need what a volume does not have are listed, with the reason.
# shellcheck source=namespace_lib.sh disable=SC1091
source "$(dirname "$0")/namespace_lib.sh"
TESTS=$(dirname "$REDOUBT")/../tests/syscalls
[[ -d $TESTS ]] || skip "tests/syscalls is not built"

declare -A REASON=(
    [fd_inotify]="inotify is refused in an attested run"
    [fd_inotify_masks]="inotify is refused in an attested run"
    [fd_o_path_waits]="poll reports an O_PATH descriptor of a volume as ready"
    [fd_pipe]="no fifo of a volume can be opened"
    [fd_poll_select]="polls a number that the shim's window may have"
    [fd_splice_tee]="splice would move plain text through the kernel"
    [fs_openat2]="openat2 is not there in an attested run"
    [fs_permissions]="nothing of a volume is executable"
    [fs_stat_variants]="compares with the host's device numbers"
    [memory_jit]="nothing of a volume is mapped executable"
    [memory_madvise]="MADV_DONTNEED of a private mapping of a file gives zeros, not the file"
    [memory_past_end_of_file]="pages behind the end of a file are zeros, not SIGBUS"
    [memory_process_vm]="not in an attested run"
    [memory_shm_posix]="/dev/shm does not exist in an attested run"
)
ran=0
for test in "$TESTS"/{fd,fs,memory}_*; do
    name=${test##*/}
    [[ -f $test && -x $test && $name != *.* ]] || continue
    if [[ -n ${REASON[$name]:-} ]]; then
        echo "left out $name: ${REASON[$name]}"
        continue
    fi
    INJECTIONS=()
    rm -rf "$T/v"
    manifest --file "$(realpath "$test")"
    volume "$T/v"
    export TMPDIR=$T/v
    run "$(realpath "$test")"
    unset TMPDIR
    if [[ $STATUS == 77 ]]; then echo "skipped $name: $OUTPUT"; else expect "$name" 0 ''; fi
    ran=$((ran + 1))
done
((ran > 20)) || fail "only $ran programs of tests/syscalls are built"
finish
