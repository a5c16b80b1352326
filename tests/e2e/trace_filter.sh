#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# `redoubt run --trace-filter`: exactly the lines that the whole trace has and the filter asks for, also in children and in what they
# execute.
# shellcheck source=lib.sh disable=SC1091
source "$(dirname "$0")/lib.sh"
[[ $E2E_FAKE == 0 ]] || skip "a stand-in traces nothing"

cat >"$T/program.sh" <<'SCRIPT'
exec 7<"$1"
read -r -u 7 line
echo "$line"
(read -r -u 7 line; echo "$line")
/bin/cat "$1" /no/such/file
exec /bin/cat <&7
SCRIPT
printf 'one\ntwo\nthree\n' >"$T/input"

# traced LABEL OPTION...: the trace in $T/LABEL, without what differs from run to run.
traced() {
    local label=$1 status=0
    shift
    timeout 60 "$REDOUBT" run -q --trace-output "$T/$label.raw" "$@" -- /bin/bash "$T/program.sh" "$T/input" \
        </dev/null >"$T/$label.out" 2>"$T/$label.err" || status=$?
    [[ $status == 0 ]] || fail "$label: exit status $status"
    grep -qx three "$T/$label.out" || fail "$label: the program's output is not there"
    touch "$T/$label.raw"
    sed -E 's/^\[[0-9]+ [0-9]+\] //; s/0x[0-9a-f]{6,}/ADDRESS/g' "$T/$label.raw" >"$T/$label"
}

# same LABEL PATTERN FILTER: the filter leaves the lines of the whole trace that match. Processes may run beside one another: sorted,
# and of ends of files and pid numbers only the call counts.
calls() { sed -E 's/\(.*(= (-1 [A-Z]+|[0-9?]+|ADDRESS).*)$/ \1/; s/= [0-9]+$/= N/' "$@" | sort; }
same() {
    local label=$1 pattern=$2 filter=$3
    traced "$label" --trace-filter "$filter"
    grep -E -- "$pattern" "$T/whole" >"$T/$label.wanted" || fail "$label: nothing in the whole trace is like $pattern"
    diff <(calls "$T/$label.wanted") <(calls "$T/$label") || fail "$label: not what the filter asks for"
    echo "ok $label: $(wc -l <"$T/$label") of $(wc -l <"$T/whole") lines"
}

traced whole
same by_name '^openat\(' openat
same by_names '^(openat|execve|close)\(' openat,execve,close
same by_negation '^(read|mmap|close)\(' "$(sed -E 's/\(.*//' "$T/whole" | sort -u | grep -vxE 'read|mmap|close' | sed 's/^/!/' | paste -sd,)"
same failed ' = -1 ' failed
same failed_opens '^openat\(.* = -1 ' openat,failed
same memory '^(mmap|munmap|mprotect|brk|madvise|mremap)\(' %memory
same descriptor '^(read|lseek|close|ioctl|fstat|newfstatat|fcntl|pread64)\(7\b|^(dup2|fcntl)\(.*\) = 7$|^dup2\([0-9]+, 7\)|^dup2\(7, ' fd=7
same descriptor_reads '^read\(7,' fd=7,read

# Three processes and the image that exec made of the first: all of them under the filter.
(($(cut -d' ' -f1 "$T/by_name.raw" | sort -u | wc -l) >= 2)) || fail "children have no lines"
grep -q '/no/such/file' "$T/failed_opens" || fail "the image that a child executed has no lines"
