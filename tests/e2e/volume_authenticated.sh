#!/usr/bin/env bash
# Proves: a volume with files: authenticated-only shows a program what its seal names, byte for byte, read-only and not
# executable; a file that was changed, cut, removed or swapped is EIO with one line that names it; what was added does not exist; a
# changed or missing seal, one made with another key, and an older one where a tag is kept stop the run before the program.
# shellcheck source=namespace_lib.sh disable=SC1091,SC2034
source "$(dirname "$0")/namespace_lib.sh"
PYTHON=/usr/bin/python3
[[ -x $PYTHON ]] || skip "$PYTHON is not installed"
need bash cat sha256sum find tar sort cp
LIBRARY=$("$PYTHON" -c 'import sysconfig; print(sysconfig.get_path("stdlib"))')
CAT=/usr/bin/cat
V=$T/data
mkdir -p "$V/etc" "$T/host"
"$PYTHON" -c 'print("one line\n" * 1000, end="")' >"$V/etc/app.conf"
chmod 640 "$V/etc/app.conf"
ln -s etc/app.conf "$V/link"
cp "$CAT" "$V/tool"
manifest --file "$PYTHON" --tree "$LIBRARY" --file "$CAT" --file /usr/bin/sha256sum --file /usr/bin/find --file /usr/bin/tar \
    --host "$T/host"

KEY=$(printf '5a%.0s' {1..32})
echo "$KEY" >"$T/key"
printf '5b%.0s' {1..32} >"$T/other.key"
seal() { "$REDOUBT" volume seal --key-file "$T/key" "$V" >/dev/null; }
tag() { # as `redoubt session volumes` shows it
    "$PYTHON" -c 'import sys; s = open(sys.argv[1], "rb").read(); print(s[26:34][::-1].hex() + s[-32:].hex())' "$V/.redoubt-seal"
}
seal
cp -a "$V" "$T/older"
FIRST=$(tag)
seal
cp -a "$V" "$T/good"
SECOND=$(tag)
restore() { rm -rf "$V" && cp -a "$T/${1:-good}" "$V"; }

# What the seal does not name.
echo more >"$V/etc/added"
volume "$V"
run "$PYTHON" -c "$(<"$PROGRAMS/sealed_tree.py")" "$V" "$T/host"
expect program 0 '^all checks passed$'
restore

# Whole trees, as programs walk them.
same() {
    if diff <(cd "$1" && find . -name .redoubt-seal -prune -o -print | sort) <(cd "$2" && find . -print | sort); then
        diff -r -x .redoubt-seal "$1" "$2" && echo "ok $3" && return
    fi
    echo "WRONG $3"
    WRONG=$((WRONG + 1))
}
run /usr/bin/tar -C "$V" -cf "$T/host/tree.tar" .
expect tar 0 '^$'
mkdir "$T/back"
tar -C "$T/back" -xf "$T/host/tree.tar"
same "$V" "$T/back" tar_has_everything
[[ $(stat -c %a%u%g "$T/back/etc/app.conf") == "$(stat -c %a%u%g "$V/etc/app.conf")" ]] || fail "mode and owner in tar"
run /usr/bin/find "$V" -type f -size 9000c
expect find 0 "^$V/etc/app.conf\$"

# Modes and owners are the seal's, whatever the host says.
chmod 777 "$V/etc/app.conf"
run /usr/bin/find "$V" -perm 640
expect mode 0 "^$V/etc/app.conf\$"
restore

# A name below a host directory that is also one.
mkdir "$T/host/inside"
cp -a "$V/." "$T/host/inside"
INJECTIONS=("--insecure-volume=$T/host/inside=$KEY")
run "$CAT" "$T/host/inside/link"
expect below_a_host_directory 0 '^one line$'
echo host >"$T/host/inside/etc/added"
run "$CAT" "$T/host/inside/etc/added"
expect not_the_hosts_file 1 'No such file'

INJECTIONS=()
volume "$V"
wrong_file() { # LABEL FOUND FILE
    run "$CAT" "$V/$3"
    expect "$1" 1 'Input/output error'
    expect "$1 is named" 1 "^redoubt: \"$V/$3\" is not the file of its volume's seal: expected SHA-256 [0-9a-f]{64}, found $2"
    [[ $(grep -c '^redoubt: ' <<<"$OUTPUT") == 1 ]] || fail "$1: more than one line"
    restore
}
flip() { "$PYTHON" -c 'import sys; p,o=sys.argv[1],int(sys.argv[2]); f=open(p,"r+b"); f.seek(o); b=f.read(1); f.seek(o); f.write(bytes([b[0]^1]))' "$@"; }
flip "$V/etc/app.conf" 8999
wrong_file flipped_byte '[0-9a-f]{64}' etc/app.conf
truncate -s 8999 "$V/etc/app.conf"
wrong_file truncated '[0-9a-f]{64}' etc/app.conf
echo >>"$V/etc/app.conf"
wrong_file grown 'a longer file' etc/app.conf
rm "$V/etc/app.conf"
wrong_file removed 'no file' etc/app.conf
mv "$V/tool" "$V/swap" && mv "$V/etc/app.conf" "$V/tool" && mv "$V/swap" "$V/etc/app.conf"
wrong_file swapped 'a longer file' etc/app.conf
rm "$V/etc/app.conf" && mkfifo "$V/etc/app.conf"
wrong_file fifo 'no file that may be read' etc/app.conf
rm -r "${V:?}/etc" && echo >"$V/etc"
wrong_file directory_is_a_file 'no file' etc/app.conf
rm "$V/link" && ln -s /etc/passwd "$V/link"
run "$CAT" "$V/link"
expect link_is_the_seals 0 '^one line$'
restore

# The seal itself.
flip "$V/.redoubt-seal" 100
run "$CAT" /dev/null
expect changed_seal 125 "volume\.key: .*$V/.redoubt-seal"
truncate -s 30 "$V/.redoubt-seal"
run "$CAT" /dev/null
expect cut_seal 125 'volume\.format'
truncate -s 300M "$V/.redoubt-seal"
run "$CAT" /dev/null
expect huge_seal 125 'volume\.seal: .*at most 256 MiB'
rm "$V/.redoubt-seal"
run "$CAT" /dev/null
expect missing_seal_is_no_new_volume 125 'volume\.directory\.foreign'
INJECTIONS=("--insecure-volume=$V=$KEY:$SECOND")
run "$CAT" /dev/null
expect missing_seal 125 "volume\.seal\.missing: .*$V/.redoubt-seal.*redoubt volume seal"
restore
INJECTIONS=("--insecure-volume=$V=$(cat "$T/other.key")")
run "$CAT" /dev/null
expect wrong_key 125 'volume\.key: expected a seal that was made with the volume.s key'

# Tags: the kept one, an older, a newer, another of the same number.
INJECTIONS=("--insecure-volume=$V=$KEY:$SECOND")
run "$CAT" "$V/link"
expect kept_seal 0 '^one line$'
restore older
run "$CAT" /dev/null
expect older_seal 125 'volume\.rollback: expected seal number 2.*number 1, which is older'
echo two >"$V/etc/app.conf"
seal
run "$CAT" /dev/null
expect another_of_the_same_number 125 'volume\.rollback: .*another seal of that number'
restore
INJECTIONS=("--insecure-volume=$V=$KEY:$FIRST")
run "$CAT" "$V/link"
expect newer_seal 0 '^one line$'
INJECTIONS=("--insecure-volume=$V=$KEY:12")
run "$CAT" /dev/null
expect no_tag 125 'TAG 80'
finish
