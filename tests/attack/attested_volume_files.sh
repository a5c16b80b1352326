#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Each host file of a volume flipped, cut, emptied, removed, swapped with its twin and put back to an older state, between two runs and
# during one. The program sees what it wrote, or EIO and a line that names the file, or is not started and told why; never anything else.
# shellcheck source=tests/attack/volume_lib.sh disable=SC1091
source "$(dirname "$0")/volume_lib.sh"

V=$T/v
policy v "$V"
NAMES=(a b c d e)
READ=(list)
for name in "${NAMES[@]}"; do READ+=("get $name"); done

# Contents, and enough records that both logs, both checkpoints and both superblocks have been in use.
probe v 'put a 10 1' 'put b 4096 2' 'put c 300000 3' 'put d 3000000 4' 'put e 77 5' 'churn a 80000' 'sync a'
expect "a volume" 0 'sync a ok'
cp -a "$V" "$T/old1"
probe v 'add e 100 6' 'churn b 80000' 'sync a'
cp -a "$V" "$T/old2"
probe v 'add c 5000 7' 'churn c 80000' 'add e 100 8' 'sync a' "${READ[@]}"
expect "in its third generation" 0 'sync a ok'
grep -E '^(list|get)' "$T/probe.out" >"$T/truth"
for file in superblock.a superblock.b log.a log.b checkpoint.a checkpoint.b data.0; do [[ -s $V/$file ]] || fail "$file is empty"; done
cp -a "$V" "$T/good"

restored() { rm -rf "$V" && cp -a "$T/good" "$V"; }
REFUSED=0 ERRORS=0 UNHARMED=0
# tried LABEL FILE: starts on what is there now and judges.
tried() {
    probe v "${READ[@]}"
    if [[ $STATUS == 125 ]]; then
        [[ ! -s $T/probe.out ]] || fail "$1: refused, but the program ran"
        grep -qE '(volume\.[a-z.]+)' "$T/probe.err" || fail "$1: refused without a check: $(<"$T/probe.err")"
        grep -qE "$2|volume\.rollback" "$T/probe.err" || fail "$1: the error does not name $2: $(<"$T/probe.err")"
        REFUSED=$((REFUSED + 1))
        restored
        return
    fi
    [[ $STATUS == 0 ]] || fail "$1: status $STATUS: $(<"$T/probe.err")"
    if diff -q "$T/truth" "$T/probe.out" >/dev/null; then
        UNHARMED=$((UNHARMED + 1))
    else
        diff "$T/truth" "$T/probe.out" | grep '^>' | grep -vE '^> get [a-e] EIO$' && fail "$1: wrong data"
        [[ $(wc -l <"$T/truth") == $(wc -l <"$T/probe.out") ]] || fail "$1: answers are missing"
        grep -qE "redoubt: volume data: .*${2}" "$T/probe.err" || fail "$1: no line names $2: $(<"$T/probe.err")"
        ERRORS=$((ERRORS + 1))
    fi
    # The start has moved the tag: what is here is the newest now. Damage that did no harm is written over by new generations.
    [[ $2 != *data.0* ]] || dd if="$T/good/data.0" of="$V/data.0" conv=notrunc status=none
    probe v 'churn a 80000' 'sync a' 'churn b 80000' 'sync a' "${READ[@]}"
    grep -E '^(list|get)' "$T/probe.out" | diff "$T/truth" - >/dev/null || fail "$1: afterwards $(<"$T/probe.out") $(<"$T/probe.err")"
    rm -rf "$T/good"
    cp -a "$V" "$T/good"
}
size_of() { stat -c %s "$V/$1"; }
declare -A TWIN=([superblock.a]=superblock.b [superblock.b]=superblock.a [log.a]=log.b [log.b]=log.a
    [checkpoint.a]=checkpoint.b [checkpoint.b]=checkpoint.a [data.0]=log.a)
for file in superblock.a superblock.b log.a log.b checkpoint.a checkpoint.b data.0; do
    for at in 0 90 4097 $(($(size_of "$file") / 3)) $(($(size_of "$file") - 1)); do
        ((at < $(size_of "$file"))) || continue
        flip "$V/$file" "$at"
        tried "$file flipped at $at" "$file"
    done
    truncate -s $(($(size_of "$file") / 2)) "$V/$file"
    tried "$file cut" "$file"
    : >"$V/$file"
    tried "$file emptied" "$file"
    rm "$V/$file"
    tried "$file removed" "$file"
    mv "$V/$file" "$T/twin" && mv "$V/${TWIN[$file]}" "$V/$file" && mv "$T/twin" "$V/${TWIN[$file]}"
    tried "$file swapped" "$file|${TWIN[$file]}"
    for old in old1 old2; do
        cp -a "$T/$old/$file" "$V/$file"
        tried "$file of $old" "$file"
    done
    rm "$V/$file" && ln -s /dev/zero "$V/$file"
    tried "$file a link to a device" "$file"
    echo "ok $file, so far $REFUSED refused, $ERRORS EIO with a line, $UNHARMED unharmed"
done
((REFUSED > 30 && ERRORS > 0)) || fail "too little was noticed: $REFUSED refused, $ERRORS errors, $UNHARMED unharmed"

# --- while it runs ---
judged() { # LABEL FILE
    local name
    for name in c d; do
        ask get "$name"
        [[ $ANSWER == "$(grep "^get $name " "$T/truth")" || $ANSWER == "get $name EIO" ]] || fail "$1: wrong data: $ANSWER"
    done
    if [[ $ANSWER == "get d EIO" ]]; then
        grep -qE "redoubt: volume data: .*$2" "$T/live.err" || fail "$1: no line names $2: $(<"$T/live.err")"
    fi
}
live v
answer 'get d 3000000' get d
dd if=/dev/urandom of="$V/data.0" bs=64k count="$(($(size_of data.0) / 65536))" conv=notrunc status=none
judged "data.0 overwritten while it runs" data.0
[[ $ANSWER == "get d EIO" ]] || fail "data.0 overwritten while it runs was not noticed: $ANSWER"
dd if="$T/good/data.0" of="$V/data.0" conv=notrunc status=none
answer 'get d 3000000' get d
cp "$T/old1/data.0" "$V/data.0.old" && dd if="$V/data.0.old" of="$V/data.0" conv=notrunc status=none && rm "$V/data.0.old"
judged "data.0 put back while it runs" data.0
truncate -s 5000 "$V/data.0"
judged "data.0 cut while it runs" data.0
for file in log.a log.b checkpoint.a checkpoint.b superblock.a superblock.b; do
    dd if=/dev/urandom of="$V/$file" bs=4096 count=1 conv=notrunc status=none
done
judged "logs overwritten while it runs" data.0
answer 'list a b c d e' list
leave
echo "ok while it runs"
probe v list
expect "what was destroyed is refused afterwards" 125 '^$' 'volume\.'
