#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# `redoubt volume`: create, put, get, ls, cat, stat, verify and seal, what they print, and what they say when the key, the directory
# or a byte is wrong. Nothing of a file's name or content is in the host files.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
need python3 openssl

mkdir "$WORK"
cd "$WORK"
openssl rand -hex 32 >key
openssl rand -hex 32 >other.key
VOLUME=$WORK/volume

expect() {  # STATUS PATTERN COMMAND...: of standard output and error together
  local wanted=$1 pattern=$2 status=0 output
  shift 2
  output=$("$@" 2>&1) || status=$?
  # shellcheck disable=SC2053  # a pattern
  [[ $status == "$wanted" && $output == $pattern ]] || fail "$*: expected $wanted and $pattern, found $status and: $output"
  echo "ok ${*:2}"
}
volume() { "$REDOUBT" volume "$1" --key-file key "$VOLUME" "${@:2}"; }
# Flips one bit in the middle of a file.
flip() { python3 -c 'import sys; p,o=sys.argv[1],int(sys.argv[2]); f=open(p,"r+b"); f.seek(o); b=f.read(1); f.seek(o); f.write(bytes([b[0]^1]))' "$@"; }

# --- a tree goes in and comes out ---

CANARY=canary-$(openssl rand -hex 8)
mkdir -p "tree/deep/$CANARY-name"
seq 1 20000 >tree/numbers
echo "$CANARY-content" >"tree/deep/$CANARY-name/file"
: >tree/empty
head -c 5000000 /dev/urandom >tree/large
truncate -s 1M tree/holes
ln -s deep/x tree/link
chmod 4751 tree/empty
touch -d 2001-02-03T04:05:06.789 tree/numbers

expect 0 '' volume create
expect 2 '*expected an empty directory*' volume create
expect 0 '*copied 5 files, 3 directories, 1 link,*' volume put tree /tree
expect 0 '*copied 5 files*' volume get / out
diff -r --no-dereference tree out/tree || fail "what came out is not what went in"
[[ $(stat -c '%a %y' out/tree/empty out/tree/numbers) == "$(stat -c '%a %y' tree/empty tree/numbers)" ]] || fail "modes or times"
expect 0 '/tree' volume ls
expect 0 '*/tree/link -> deep/x*' volume ls -lr
expect 0 '*"path": "/tree/numbers"*' volume ls --json /tree
expect 0 "$CANARY-content" volume cat "/tree/deep/$CANARY-name/file"
expect 2 '*No such file*' volume cat /tree/none
expect 2 '*none*' volume cat /tree
expect 0 '*copied 1 file,*' volume put key /tree/numbers
[[ $(volume get /tree/numbers -) == "$(<key)" ]] || fail "a replaced file"
expect 0 '*sequence*' volume stat
expect 125 '*cannot write to standard output*' eval "volume ls >/dev/full"
expect 0 '*"tag": "*' volume stat --json
expect 0 'intact: 5 files*' volume verify
if grep -rq "$CANARY" "$VOLUME"; then fail "a name or content is in the clear"; fi

# --- what is wrong is named ---

expect 2 '*volume.key*expected*found*to do*' "$REDOUBT" volume ls --key-file other.key "$VOLUME"
expect 2 '*64 hexadecimal digits*' "$REDOUBT" volume ls --key-file /dev/null "$VOLUME"
expect 2 '*volume.file.extra*expected*found*to do*' "$REDOUBT" volume ls --key-file key "$WORK/tree"
mkdir empty
expect 2 '*superblock*' "$REDOUBT" volume ls --key-file key "$WORK/empty"
# What lies beside the files is refused, as the runtime does; but for the directory in the root of an ext file system.
mkdir "$VOLUME/lost+found"
chmod 0 "$VOLUME/lost+found"
for command in ls 'cat /tree/numbers' verify stat 'get /tree/numbers got' 'put key /key'; do
  # shellcheck disable=SC2086  # words
  expect 0 '*' volume $command
  for extra in notes lost+found.old; do
    echo mine >"$VOLUME/$extra"
    # shellcheck disable=SC2086
    expect 2 "*volume.file.extra*\"$extra\"*to do*" volume $command
    rm "$VOLUME/$extra"
  done
done
rmdir "$VOLUME/lost+found"
echo mine >"$VOLUME/lost+found"
expect 2 '*volume.file.extra*"lost+found"*' volume ls
rm "$VOLUME/lost+found"
mkdir disk disk/lost+found
expect 0 '' "$REDOUBT" volume create --key-file key "$WORK/disk"
expect 0 '' "$REDOUBT" volume ls --key-file key "$WORK/disk"
cp -a "$VOLUME" good
flip "$VOLUME/data.0" 3000000
expect 1 '*data.0*NOT INTACT*1 problem*' volume verify
expect 1 '*"intact": false*' volume verify --json
rm -r "$VOLUME" && cp -a good "$VOLUME"
rm "$VOLUME/data.0"
expect 1 '*volume.file.missing*data.0*No such file*to do*' volume ls
rm -r "$VOLUME" && cp -a good "$VOLUME"
exec 9<"$VOLUME/superblock.a"
flock -x 9
expect 2 '*in use*' volume ls
exec 9<&-

# Named pipes in the place of files are refused, and not waited for.
rm -r "$VOLUME" && cp -a good "$VOLUME"
for file in superblock.a log.b data.0; do
  mv "$VOLUME/$file" kept
  mkfifo "$VOLUME/$file"
  expect 1 "*regular file*$file*" timeout 20 "$REDOUBT" volume ls --key-file key "$VOLUME"
  expect 1 "*regular file*$file*" timeout 20 "$REDOUBT" volume verify --key-file key "$VOLUME"
  mv kept "$VOLUME/$file"
done
mkfifo pipe
expect 2 '*pipe*it is a named pipe*' timeout 20 "$REDOUBT" volume ls --key-file pipe "$VOLUME"
expect 0 '*tree*' "$REDOUBT" volume ls --key-file <(cat key) "$VOLUME"
expect 2 '*something else*' timeout 20 "$REDOUBT" volume get --key-file key "$VOLUME" /tree/numbers pipe
mkdir pipes && mkfifo pipes/.redoubt-seal
expect 2 '*it is a named pipe*' timeout 20 "$REDOUBT" volume ls --key-file key "$WORK/pipes"

# A volume that holds something and lost a superblock is damaged: nobody may be told to make it anew.
mkdir lost
expect 0 '' "$REDOUBT" volume create --key-file key "$WORK/lost"
expect 0 '*' "$REDOUBT" volume put --key-file key "$WORK/lost" key /key
: >"$WORK/lost/superblock.b"
expect 1 '*volume.superblock*restore*' "$REDOUBT" volume ls --key-file key "$WORK/lost"

# What is wrong on the command line is what is named.
expect 2 '*expected nothing at "/tree"*File exists*' volume put tree /tree
expect 2 '*expected the path*found "/"*such as /tree*' volume put tree /
expect 2 '*expected a file, directory or link, found "/dev/stdin"*' eval 'volume put /dev/stdin /x </dev/null'
expect 2 '*found "lss"*' "$REDOUBT" volume lss
expect 2 '*create*stat*found "rekey"*' "$REDOUBT" volume rekey
expect 2 '*command of redoubt volume*found "lss"*' "$REDOUBT" volume lss --key-file key "$WORK/v"
expect 2 '*option of redoubt volume, found "--foo"*' "$REDOUBT" volume --foo lss
expect 2 '*option of redoubt volume ls, found "--foo"*' "$REDOUBT" volume ls --foo

# The directory of a volume holds its files and nothing else: whatever the command writes to the host goes elsewhere.
rm -r "$VOLUME" && cp -a good "$VOLUME"
mkdir "$VOLUME/lost+found" beside
ln -s "$VOLUME" to-volume
ln -s "$VOLUME/log.a" to-log
ln -s "$VOLUME/new" to-nothing
cp -a "$WORK/disk" half && rm half/superblock.a half/log.b
as_it_is() { (cd "$VOLUME" && sha256sum -- *.? && ls -R); }
before=$(as_it_is)
for place in "$VOLUME" "$VOLUME/log.b" "$VOLUME/out" "$VOLUME/out/" "$VOLUME/lost+found/out" "$VOLUME/none/deeper/out" to-volume/log.b \
  to-volume/./lost+found/../out beside/../to-volume/out "../${WORK##*/}/volume/data.0" half/out disk/log.b to-log to-nothing; do
  expect 2 '*expected a place outside of encrypted volumes*superblock.?"*Name another place' volume get /tree/numbers "$place"
  expect 2 '*expected a place outside of encrypted volumes*' volume get / "$place"
  expect 2 '*expected a place outside of encrypted volumes*' "$REDOUBT" run -q --stats-output "$place" true
  expect 2 '*expected a place outside of encrypted volumes*' "$REDOUBT" run -q --trace-output "$place" true
  expect 2 '*expected a place outside of encrypted volumes*' "$REDOUBT" measure -q -o "$place" true
  expect 2 '*expected a place outside of encrypted volumes*' "$REDOUBT" simulate create "$place"
done
for place in "$VOLUME/new" "$VOLUME/new/" "$VOLUME/lost+found/new" "$VOLUME/lost+found" to-volume/new beside/../to-volume/new half/new to-nothing; do
  expect 2 '*expected a place outside of encrypted volumes*superblock.?"*Name another place' "$REDOUBT" volume create --key-file key "$place"
done
expect 2 '*expected an empty directory*' "$REDOUBT" volume create --key-file key to-volume
expect 2 '*expected a place outside of encrypted volumes*' "$REDOUBT" volume seal --key-file key "$VOLUME/lost+found"
(cd "$VOLUME/lost+found" && expect 2 '*outside of encrypted volumes*' "$REDOUBT" volume get --key-file "$WORK/key" "$VOLUME" /tree/numbers out)
(cd "$VOLUME/lost+found" && expect 2 '*outside of encrypted volumes*' "$REDOUBT" volume get --key-file "$WORK/key" "$VOLUME" / ../out)
[[ $(as_it_is) == "$before" ]] || fail "the volume is not as it was"
expect 0 'intact: 6 files*' volume verify
# What is beside a volume is none of it, and neither is what is reached through one.
expect 0 '*copied 1 file,*' volume get /tree/numbers volume.numbers
expect 0 '*copied 1 file,*' volume get /tree/numbers to-volume/../beside/numbers
cmp volume.numbers beside/numbers || fail "what came out is not the same"
rmdir "$VOLUME/lost+found"

mkdir linked && echo x >linked/a && ln linked/a linked/b
expect 0 '*2 files*2 names of files with several*' volume put linked /linked

# --- a full disk ---

empty_disk() { umount "$WORK/small"; }
mkdir small
if mount -t tmpfs -o size=8M none small 2>/dev/null; then
  AT_EXIT=empty_disk
  echo before >small/target
  small() { "$REDOUBT" volume "$1" --key-file key "$WORK/small/volume" "${@:2}"; }
  expect 0 '' small create
  expect 0 '*1 file,*' small put tree/numbers /numbers
  mkdir big && cp tree/numbers big/
  head -c 20000000 /dev/urandom >big/large
  expect 125 '*No space left*room*' small put big/large /numbers
  small get /numbers - | cmp - tree/numbers || fail "a failed put destroyed what was there"
  expect 125 '*No space left*' small put big/large /new
  expect 125 '*No space left*' small put big /big
  [[ $(small ls) == /numbers ]] || fail "a failed put left $(small ls)"
  expect 0 'intact: 1 file,*' small verify
  # What is on the host is as safe.
  expect 0 '*' volume put big/large /large
  expect 2 '*No space left*' volume get /large small/target
  [[ $(<small/target) == before && $(ls small) == $'target\nvolume' ]] || fail "a failed get left $(ls small)"
  head -c 20000000 /dev/zero >small/filler 2>/dev/null || true
  expect 125 '*no space left*' "$REDOUBT" volume create --key-file key "$WORK/small/another"
  [[ ! -e small/another ]] || fail "a failed create left a directory"
  umount small
  AT_EXIT=
else
  left_out "a full disk: no tmpfs can be mounted here"
fi

# --- an authenticated-only tree ---
expect 2 '*expected a tree in the clear*superblock.a*' volume seal

sealed() { "$REDOUBT" volume "$1" --key-file key "$WORK/tree" "${@:2}"; }
mkdir -m 0 tree/lost+found
expect 0 '*sealed*sequence 1' sealed seal
[[ $(sealed ls -r) != *lost+found* ]] || fail "lost+found is sealed"
expect 0 '*sealed*sequence 2' sealed seal
expect 0 'intact: 5 files*' sealed verify
expect 2 '*authenticated-only*in the clear*read-only*' sealed cat /numbers
expect 2 '*authenticated-only*' sealed put key /key
expect 0 '*/deep*/numbers*' sealed ls
expect 0 '*authenticated-only*sequence   2*' sealed stat
expect 1 '*volume.key*' "$REDOUBT" volume seal --key-file other.key "$WORK/tree"
echo more >>tree/numbers
echo new >tree/extra
rm tree/empty
expect 1 '*empty: missing*numbers: size*extra: not in the seal*NOT INTACT*' sealed verify
flip tree/.redoubt-seal 100
expect 1 '*volume.key*' sealed verify
