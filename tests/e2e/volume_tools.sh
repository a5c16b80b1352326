#!/usr/bin/env bash
# Proves: coreutils, find and tar work on a protected volume: a tree of 10,000 files with its modes, times, owners, links and
# attributes goes in and comes out the same, bytes and metadata, also in another run; and nothing of it is on the host in the clear.
# shellcheck source=namespace_lib.sh disable=SC1091,SC2016  # for the inner shell
source "$(dirname "$0")/namespace_lib.sh"
tools=(bash cat cp mv ln rm mkdir rmdir touch chmod chown find tar ls stat readlink sort head wc du cmp mkfifo truncate tail dd sync seq mktemp)
need "${tools[@]}" python3

options=()
for tool in "${tools[@]}"; do options+=(--file "$(type -P "$tool")"); done
mkdir "$T/host" "$T/tree" "$T/back"
manifest "${options[@]}" --file /bin/bash --host "$T/host"
volume "$T/data"
export H=$T/host V=$T/data E2E_LIMIT=120
export LC_ALL=C
script() { run /bin/bash -c "set -e; $1"; }

# 10,000 files in 100 directories: sizes from 0 to 40 KB, various modes and times, links of both kinds, empty directories, a hole.
FILES=10000
python3 - "$T/tree" "$FILES" <<'END'
import os, random, sys
top, count = sys.argv[1], int(sys.argv[2])
random.seed(4)
for number in range(count):
    directory = os.path.join(top, f"directory {number % 100}", *(["deeper"] * (number % 3)))
    os.makedirs(directory, exist_ok=True)
    path = os.path.join(directory, f"file-{number}-\u00e4")
    size = random.choice([0, 1, 100, 4095, 4096, 4097]) if number % 50 else 40000
    with open(path, "wb") as file:
        file.write(f"canary in the clear {number} ".encode() * (size // 20 + 1) if size else b"")
        file.truncate(size)
    os.chmod(path, random.choice([0o600, 0o644, 0o755, 0o400, 0o4711]))
    if os.geteuid() == 0:
        os.chown(path, number % 7, number % 5)
        os.chmod(path, random.choice([0o600, 0o644, 0o755, 0o400, 0o4711]))
    os.utime(path, ns=(number * 10**9 + 7, 10**18 + number * 1000003))
    if number % 97 == 0:
        os.symlink(f"file-{number}-\u00e4", path + ".soft")
        os.link(path, path + ".hard")
os.makedirs(os.path.join(top, "empty", "below"))
with open(os.path.join(top, "sparse"), "wb") as file:
    file.seek(10 * 2**20)
    file.write(b"end")
END
attribute() { python3 -c 'import os, sys; print(getattr(os, sys.argv[1])(*[os.fsencode(a) for a in sys.argv[2:]]))' "$@"; }
attribute setxattr "$T/tree/sparse" user.note 'an attribute' >/dev/null || skip "no extended attributes in $T"
LISTING='find . -printf "%P|%y|%m|%U:%G|%n|%s|%T@|%l\n" | LC_ALL=C sort'
# Sizes of directories are each file system's own.
listing() { sed -E 's/^(.*\|d\|[^|]*\|[^|]*\|[^|]*\|)[0-9]+/\1-/' "$1"; }
(cd "$T/tree" && eval "$LISTING") >"$T/wanted"
tar -C "$T/tree" --xattrs -cf "$T/host/in.tar" .

script 'mkdir $V/tree; tar -C $V/tree --xattrs -xpf "$H/in.tar"; cd $V/tree; '"$LISTING"' >"$H/found"; wc -l <"$H/found"'
expect extracted 0 "^$(wc -l <"$T/wanted")$"
diff <(listing "$T/wanted") <(listing "$T/host/found") >"$T/difference" || { head "$T/difference"; fail "metadata after tar -x"; }
# In another run: everything was kept.
script 'cd $V/tree; '"$LISTING"' >"$H/found"; tar -C $V/tree --xattrs -cf "$H/out.tar" .; du -s --apparent-size $V/tree'
expect kept 0 "^[0-9]+[[:space:]]$V/tree\$"
diff <(listing "$T/wanted") <(listing "$T/host/found") >"$T/difference" || { head "$T/difference"; fail "metadata in the next run"; }
tar -C "$T/back" --xattrs -xpf "$T/host/out.tar"
diff -r --no-dereference "$T/tree" "$T/back" >"$T/difference" || { head "$T/difference"; fail "bytes that came back"; }
(cd "$T/back" && eval "$LISTING") >"$T/again"
diff <(listing "$T/wanted") <(listing "$T/again") >"$T/difference" || { head "$T/difference"; fail "metadata that came back"; }
[[ $(attribute getxattr "$T/back/sparse" user.note) == "b'an attribute'" ]] || fail "the extended attribute"
if grep -rqaF 'canary in the clear' "$T/data"; then fail "content is on the host in the clear"; fi
if grep -rqaE 'file-[0-9]|directory [0-9]' "$T/data"; then fail "names are on the host in the clear"; fi
echo "ok tree of $FILES files in and out"

script 'cd $V; cp -a tree/"directory 1" copy; (cd tree/"directory 1"; '"$LISTING"') >one; (cd copy; '"$LISTING"') >two; cmp one two && echo same'
expect cp_keeps_everything 0 '^same$'
script 'cd $V; mv copy moved; ls moved | wc -l; rm -r moved; ls -la | head -3; test ! -e moved'
expect moved_and_removed 0 '^total'
script 'cd $V; echo one >a; ln a b; ln -s a c; echo two >>c; cat b; stat -c "%h %s %F" a c'
expect links 0 '^2 8 regular file$'
script 'cd $V; touch -d 2001-02-03T04:05:06.789 t; chmod 4750 t; stat -c "%y %A" t; readlink -f c'
expect times_and_modes 0 '^2001-02-03 04:05:06\.789000000 .*-rwsr-x---$'
expect canonical_path 0 "^$T/data/a$"
script 'cd $V; mkdir -p x/y/z; cd x/y/z; mv ../../../x ../../../w; pwd -P; cd ..; pwd -P; cd $V; rm -r w; test ! -e w'
expect working_directory_moves 0 "^$T/data/w/y/z$"
script 'cd $V; echo out >f; mv f "$H/f"; cat "$H/f"; mv "$H/f" g; cat g; ln g "$H/g"'
expect between_worlds 1 'Invalid cross-device link'
script 'mv $V $V.2'
expect mount_not_renamed 1 'busy|Read-only'
script 'rmdir $V'
expect mount_not_removed 1 'busy|Read-only'
script 'cd $V; mkfifo fifo; stat -c %F fifo; test ! -r none; cat <fifo'
expect fifo_kept_not_opened 1 'No such device or address'
script 'exec 5>$V/open; echo text >&5; readlink /proc/self/fd/5; cat /proc/self/fd/5; mv $V/open $V/renamed; readlink /proc/self/fd/5; rm $V/renamed; readlink /proc/self/fd/5'
expect name_of_descriptor 0 "^$T/data/open$"
expect name_after_rename 0 "^$T/data/renamed$"
# Each readlink is a new process, which never saw the name.
expect name_after_unlink 0 "^$T/data/#[0-9]+ \\(deleted\\)$"
expect reopened 0 '^text$'
cp "$(type -P ls)" "$T/host/program"
script 'cp "$H/program" $V/program; chmod 755 $V/program; $V/program'
expect not_executed 126 'Permission denied'
script 'stat -f -c "%l %s" $V'
expect file_system 0 '^255 4096$'
ln -s "$T/data/a" "$T/host/to_volume"
script 'cat "$H/to_volume"'
expect no_link_of_the_host_into_a_volume 1 'Permission denied'
finish
