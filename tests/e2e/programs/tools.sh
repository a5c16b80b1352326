#!/usr/bin/env bash
# The tools that scripts are made of, with files that are many, large, sparse, special, linked or forbidden.
# shellcheck disable=SC2003,SC2010,SC2016  # unusual forms are what is tested here
set -u
export LC_ALL=C.UTF-8

echo '== tar, gzip'
mkdir -p tree/deep/er
for i in $(seq 1 100); do seq 1 "$i" >"tree/deep/file.$i"; done
ln -s ../deep/file.1 tree/deep/link
ln tree/deep/file.2 tree/deep/er/hard
mkfifo tree/fifo
truncate -s 5M tree/sparse
printf x | dd of=tree/sparse bs=1 seek=3000000 conv=notrunc status=none
touch -d '2020-01-02 03:04:05.678901234' tree/deep/file.3
chmod 4750 tree/deep/file.4
tar -cSf tree.tar --sort=name --mtime=@0 --owner=0 --group=0 tree
tar -tf tree.tar | wc -l
cksum <tree.tar
gzip -nk9 tree.tar && gzip -t tree.tar.gz && zcat tree.tar.gz | cmp - tree.tar && echo 'gzip is right'
tar -czf compressed.tar.gz tree && mkdir out && tar -xzpf compressed.tar.gz -C out
diff -r --no-dereference tree/deep out/tree/deep && echo 'extracted the same'
stat -c '%n %F %a %h %s' out/tree/deep/link out/tree/deep/er/hard out/tree/fifo out/tree/deep/file.4 out/tree/sparse
stat -c '%y' tree/deep/file.3
bzip2 -c tree.tar 2>/dev/null | bunzip2 2>/dev/null | cksum
xz -T2 -c tree.tar 2>/dev/null | xz -d 2>/dev/null | cksum

echo '== find'
find tree -type f -size +100c | wc -l
find tree -name 'file.1*' -print0 | xargs -0 -n 5 -P 2 wc -c | awk '/total/ { n++ } END { print n }'
find tree -type l -o -type p | sort
find tree -samefile tree/deep/file.2 | sort
find tree -name 'file.9?' -exec sh -c 'echo "$# files"' sh {} +
find tree -name 'file.99' -delete -print
find /nonexistent; echo "$?"
find tree -newermt 2019-01-01 ! -newermt 2021-01-01
find tree -maxdepth 1 -printf '%f %y\n' | sort

echo '== sort, with temporary files'
seq 300000 | awk '{ print ($1 * 7919) % 300007 }' >numbers
sort -n -S 200k -T . --parallel=2 numbers | cksum
sort -rn numbers | head -n 3
sort -n -o numbers numbers && head -n 2 numbers
sort -nc numbers && echo 'in order'
ls -a | grep -c '^sort' || true
shuf -i 1-1000 --random-source=/dev/zero | sort -n | uniq | wc -l
join <(seq 1 2 20 | sort) <(seq 1 3 20 | sort) | tr '\n' ' '
echo

echo '== awk, sed, grep'
awk 'BEGIN { while (("echo a; echo b" | getline line) > 0) n = n line; print n; print "to a pipe" | "cat"; close("cat"); exit 5 }'; echo "$?"
awk '{ s += $1 } END { print s }' numbers
awk 'BEGIN { printf "%s\n", "file" > "written"; close("written"); getline x < "written"; print x; system("exit 3") }'
sed -n '100,102p' numbers
sed -i.bak 's/^1/one/' numbers && head -n 1 numbers.bak numbers
seq 20 | sed -e '/5/!d' -e 'w sed.out' -e 's/$/!/' && cat sed.out
grep -rl '^77$' tree | sort | head -n 2
grep -c 9 numbers
grep nothing numbers; echo "$?"
grep x missing; echo "$?"
seq 100 | split -l 30 - part. && wc -l part.*
seq 10 | tee a b | tail -n 1
tac a | paste - b | head -n 2
head -c 1000000 /dev/urandom | wc -c
od -An -tx1 -N4 /dev/zero

echo '== perl'
perl -e 'for my $i (1 .. 20) { my $pid = fork; exit $i unless $pid; waitpid $pid, 0; $sum += $? >> 8 } print "children $sum\n"'
perl -e 'pipe R, W; if (fork) { close W; print "from child: ", <R>; wait; print $? >> 8, "\n" } else { close R; print W "line\n"; close W; exit 4 }'
perl -e 'local $SIG{ALRM} = sub { die "alarm\n" }; alarm 1; eval { select undef, undef, undef, 60 }; print $@'
perl -e '$SIG{USR1} = sub { print "caught $_[0]\n" }; kill USR1 => $$; open my $p, "-|", "seq", 3 or die; print <$p>; close $p; print `echo backquotes`'
perl -MFcntl=:flock -e 'open my $f, ">", "locked"; flock $f, LOCK_EX; if (!fork) { open my $g, ">", "locked"; print flock($g, LOCK_EX | LOCK_NB) ? "free" : "held", "\n"; exit } wait'
perl -MSocket -e 'socketpair A, B, AF_UNIX, SOCK_STREAM, PF_UNSPEC; syswrite A, "x" x 1000; sysread B, $b, 2000; print length $b, "\n"'
perl -MPOSIX -e 'print POSIX::ttyname(0) // "no terminal", " ", (POSIX::uname)[0], " ", POSIX::sysconf(_SC_PAGESIZE), "\n"; exec {"/bin/echo"} "echo", "executed"'

echo '== files'
mkdir -m 700 secret && touch secret/file && chmod 000 secret/file && stat -c %A secret secret/file
cp -a tree copied && diff -r --no-dereference tree/deep copied/deep && echo 'copied the same'
mv copied moved && rm -rf moved && ls -d moved; echo "$?"
ln -s loop loop; cat loop; echo "$?"
mkdir tree; echo "$?"
rmdir tree; echo "$?"
dd if=/dev/zero of=zeros bs=64k count=50 status=none && stat -c %s zeros
dd if=/dev/zero of=/dev/full bs=1 count=1 status=none; echo "$?"
fallocate -l 100000 allocated && stat -c %s allocated
touch -r tree/deep/file.3 touched && [[ ! touched -nt tree/deep/file.3 && ! touched -ot tree/deep/file.3 ]] && echo 'same time'
flock held.lock sh -c 'flock -n held.lock echo never || echo "held $?"'
install -D -m 640 a in/stalled && stat -c %a in/stalled
realpath --relative-to=tree in/stalled
df . >/dev/null && du -s --apparent-size zeros
(ulimit -f 10; dd if=/dev/zero of=limited bs=1k count=20 status=none); echo "$?"
nice -n 5 nice
env -i sh -c 'echo ${PATH:-no path}' && printenv LC_ALL
getconf PAGESIZE
id -u | grep -c .
date -u -d @0 +%FT%T
expr 6 \* 7
factor 1234567890
echo 'pipe' | timeout 5 cat
nohup echo 'without a terminal' 2>/dev/null | cat
echo 'a line' | bc -v >/dev/null 2>&1 || true
seq 3 | xargs -I{} sh -c 'exit {}'; echo "$?"
md5sum zeros; sha256sum zeros | cut -c1-16; b2sum zeros | cut -c1-16
