#!/usr/bin/env bash
# shellcheck disable=SC2016  # for an inner shell to expand
# Proves: a volume that cannot be used stops the run before the program starts, with one message that names the check, what was
# found and what to do; and nothing on the host was changed by the attempt.
# shellcheck source=namespace_lib.sh disable=SC1091
source "$(dirname "$0")/namespace_lib.sh"
need cat cp mount
V=$T/data
CAT=$(type -P cat)
manifest --file "$CAT" --file "$(type -P cp)"
volume "$V"
run "$CAT" /dev/null
expect made 0 '^$'
cp -a "$V" "$T/good"
cp -a "$V" "$T/before"
unchanged() {
    if diff -r "$V" "$T/before" >/dev/null; then echo "ok $1 changed nothing"; else
        echo "WRONG $1 changed the host's files"
        WRONG=$((WRONG + 1))
    fi
    rm -rf "$V" "$T/before"
    cp -a "$T/good" "$V"
    cp -a "$T/good" "$T/before"
}

INJECTIONS=("--insecure-volume=$V=$(printf '00%.0s' {1..32})")
run "$CAT" /dev/null
expect wrong_key 125 'volume\.key'
unchanged wrong_key
INJECTIONS=("--insecure-volume=$V=12")
run "$CAT" /dev/null
expect no_key 125 '64 hexadecimal digits'
INJECTIONS=("--insecure-volume=$T/missing=$(printf '5a%.0s' {1..32})")
run "$CAT" /dev/null
expect missing_directory 125 'volume\.directory.*missing.*mkdir'
INJECTIONS=()
volume "$V"
for file in superblock.a superblock.b log.a log.b checkpoint.a checkpoint.b data.0; do
    rm "$V/$file" "$T/before/$file"
    run "$CAT" /dev/null
    expect "missing_$file" 125 "volume\.file\.missing.*$file"
    unchanged "missing_$file"
done
for file in superblock.a data.0; do
    rm "$V/$file"
    mkfifo "$V/$file"
    run "$CAT" /dev/null
    expect "pipe_$file" 125 "volume\.file\.kind.*$file"
    rm "$V/$file"
    cp -a "$T/good/$file" "$V"
done
mkdir "$T/foreign"
echo mine >"$T/foreign/notes"
INJECTIONS=()
volume "$T/foreign"
run "$CAT" /dev/null
expect foreign_file 125 'volume\.directory\.foreign.*notes'
[[ $(ls "$T/foreign") == notes ]] && echo "ok nothing was put beside it"

# A disk of its own: the root of an ext file system has lost+found. As a directory only.
mkdir -p "$T/disk/lost+found"
INJECTIONS=()
volume "$T/disk"
run "$CAT" /dev/null
expect new_on_a_disk 0 '^$'
run "$CAT" "$T/disk/lost+found"
expect not_a_part_of_the_volume 1 'No such file'
rmdir "$T/disk/lost+found"
echo mine >"$T/disk/lost+found"
run "$CAT" /dev/null
expect extra_file 125 'volume\.file\.extra.*lost\+found'
rm "$T/disk"/*
run "$CAT" /dev/null
expect empty_again 0 '^$'

INJECTIONS=()
volume "$V"
mkfifo "$T/hold" "$T/ready"
manifest --file "$CAT" --file "$(type -P cp)" --host "$T"
V2=$V
under "$CAT" "$T/hold" >/dev/null 2>&1 &
E2E_PIDS+=($!)
exec 7>"$T/hold" # open returns when the first run reads
run "$CAT" /dev/null
expect in_use 125 'volume\.in-use.*another process'
exec 7>&-
wait "${E2E_PIDS[-1]}" || true
run "$CAT" /dev/null
expect free_again 0 '^$'

if [[ $(id -u) == 0 ]] && unshare -m true 2>/dev/null; then
    STATUS=0
    OUTPUT=$(unshare -m bash -c 'mount --bind "$1" "$1" && mount -o remount,ro,bind "$1" && shift && "$@"' sh "$V2" \
        "$RUNTIME" --launch "--insecure-manifest=$MANIFEST" "${INJECTIONS[@]}" "--program=$CAT" -- "$CAT" /dev/null 2>&1) || STATUS=$?
    expect read_only 125 'volume\.directory.*EROFS'
else
    left_out "a read-only disk (needs root)"
fi
finish
