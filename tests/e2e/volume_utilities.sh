#!/usr/bin/env bash
# shellcheck disable=SC2016  # for an inner shell to expand
# Proves: programs that copy, pack, edit and index trees do on a protected volume what they do on the host's own file system, output by
# output: git clone and gc, rsync, tar, zip, dpkg-deb, sed, vim, cp, find, du, sqlite3 with readers beside a writer, compileall, node,
# Java's locks and mapped buffers; as root and as another user. Each that is not installed is left out, visibly.
# shellcheck source=namespace_lib.sh disable=SC1091,SC2034  # for the functions of the library
source "$(dirname "$0")/namespace_lib.sh"
E2E_LIMIT=170
need bash mkdir
export LC_ALL=C
mkdir "$T/host"
chmod 755 "$T" "$T/host"
V=$T/data
COMMON=(bash sh cat cp mv ln rm mkdir rmdir touch chmod ls stat sort head tail wc cmp diff seq sed grep tr cut sleep uniq dirname basename
    env true false readlink truncate dd sha256sum xargs tee expr date id mktemp)
AS=()

# case_of LABEL NEEDS OPTIONS SCRIPT: the script natively and on a volume; NEEDS are programs, OPTIONS go to the manifest. In the script @
# is the directory; the outputs must be the same.
case_of() {
    local label=$1 script=$4 tool native_status=0 options=() user=${AS[*]:+_as_another}
    [[ " ${ONLY:-$label} " == *" $label "* ]] || return 0
    for tool in $2; do
        type -P "$tool" >/dev/null || {
            left_out "$label: no $tool"
            return 0
        }
    done
    for tool in "${COMMON[@]}" $2; do options+=(--file "$(readlink -f "$(type -P "$tool")")" --file "$(type -P "$tool")"); done
    # shellcheck disable=SC2206  # words
    options+=($3)
    rm -rf "$V" "$T/native"
    mkdir -p "$T/native" "$V"
    manifest --file /bin/bash --file /bin/sh --file /etc/passwd --file /etc/group --device /dev/null --device /dev/urandom --host "$T/host" "${options[@]}"
    chmod 755 "$MANIFEST"
    [[ ${#AS[@]} == 0 ]] || chown nobody "$V" "$T/native" "$T/host"
    (cd / && "${AS[@]}" env -i HOME="$T/host" PATH="$PATH" LC_ALL=C TMPDIR="$T/host" H="$T/host" /bin/bash -c "${script//@/$T/native}") \
        >"$T/native.out" 2>&1 </dev/null || native_status=$?
    sed -i "s|$T/native|@|g" "$T/native.out"
    INJECTIONS=()
    volume "$V"
    STATUS=0
    (cd / && "${AS[@]}" env -i HOME="$T/host" PATH="$PATH" LC_ALL=C TMPDIR="$T/host" H="$T/host" timeout -k 5 "$E2E_LIMIT" "$RUNTIME" --launch \
        "--insecure-manifest=$MANIFEST" "${INJECTIONS[@]}" --program=/bin/bash -- /bin/bash -c "${script//@/$V}") \
        >"$T/protected.out" 2>&1 </dev/null || STATUS=$?
    sed -i "/^redoubt-run: .*insecure-/d; s|$V|@|g" "$T/protected.out"
    if [[ $STATUS == "$native_status" ]] && cmp -s "$T/native.out" "$T/protected.out"; then
        echo "ok $label$user ($(wc -l <"$T/native.out") lines)"
    else
        echo "WRONG $label$user: exit status $STATUS, natively $native_status"
        diff "$T/native.out" "$T/protected.out" | head -n 20 || true
        WRONG=$((WRONG + 1))
    fi
}

TREE='mkdir -p @/tree/a/b @/tree/empty; for i in $(seq 40); do seq $((i * 50)) >@/tree/a/f$i; done; ln -s f1 @/tree/a/soft; ln @/tree/a/f1 @/tree/a/b/hard
    truncate -s 3M @/tree/sparse; echo end >>@/tree/sparse; chmod 600 @/tree/a/f2; touch -d 2001-02-03T04:05:06.789 @/tree/a/f3; '
LIST='find . -printf "%P|%y|%m|%n|%l\n" | sort; '

utilities() {
    case_of rsync "rsync find" "" "$TREE"'cd @; rsync -aHS --itemize-changes tree/ copy/ | sort; echo again; rsync -aH --itemize-changes tree/ copy/; echo nothing
        echo changed >>tree/a/f5; rm tree/a/f6; touch -d 2011-01-01 tree/a/f5 tree/a; rsync -aH --delete --itemize-changes tree/ copy/; rsync -a --checksum --dry-run --itemize-changes tree/ copy/
        diff -r --no-dereference tree copy && cd copy && '"$LIST"
    case_of tar "tar gzip find" "" "$TREE"'cd @; tar -czf t.gz tree; mkdir out; tar -C out -xzpf t.gz; diff -r --no-dereference tree out/tree && cd out && '"$LIST"'
        cd @; tar -cSf s.tar tree/sparse; tar -df s.tar && echo same; tar --update -f s.tar tree/a/f1; tar -tf s.tar; tar --delete -f s.tar tree/a/f1; tar -tf s.tar; tar -cf - tree | tar -tf - | wc -l'
    case_of zip "zip unzip find" "" "$TREE"'cd @; zip -qry t.zip tree; unzip -q t.zip -d out; diff -r --no-dereference tree out/tree && unzip -tq t.zip; zip -qd t.zip tree/a/f1; unzip -l t.zip | tail -1 | tr -s " " | cut -d" " -f3-'
    case_of dpkg_deb "dpkg-deb tar xz find" "" 'cd @; mkdir -p p/DEBIAN p/usr/bin p/etc; printf "Package: x\nVersion: 1\nArchitecture: all\nMaintainer: x\nDescription: x\n" >p/DEBIAN/control
        echo x >p/usr/bin/x; chmod 755 p/usr/bin/x; ln -s x p/usr/bin/y; dpkg-deb --root-owner-group -b p x.deb; dpkg-deb -x x.deb out; dpkg-deb -I x.deb | grep Version; cd out; '"$LIST"
    case_of cp_du "find du" "" "$TREE"'cd @; cp -a --sparse=always tree copy; diff -r --no-dereference tree copy; cp --reflink=auto tree/a/f9 r; cmp tree/a/f9 r; du -b --apparent-size -s tree/a copy/sparse | cut -f1 | tail -1
        mv copy moved; find . -newer tree/a/f3 -name "f1*" | sort | wc -l; find moved -type f -size +1M; find . -type f -exec sha256sum {} + | sort -k2 | sha256sum; find . -depth -delete; ls -A'
    case_of editing "vim" "--tree /usr/share/vim" 'cd @; seq 100 >t; sed -i.old "s/5/five/" t; cmp t t.old; sed -i 3d t; wc -l t; ls -A; vim -es -u NONE -N "+%s/7/seven/g" "+w" "+q" t; grep -c seven t; vim -es -u NONE -N "+set backup writebackup undofile" "+1d" "+wq" t; ls -A | sort; head -2 t'
    case_of rotation "" "" 'cd @; (i=0; while [ ! -e stop ]; do echo line >>log; i=$((i+1)); done; echo done) & for n in 1 2 3; do while [ ! -s log ]; do :; done; mv log log.$n; : >log; done; touch stop; wait; ls; cat log.1 log.2 | uniq
        exec 5>>held; echo one >&5; mv held held.1; echo two >&5; exec 5>>held; echo three >&5; cat held.1 held'
    case_of logrotate "logrotate gzip" "" 'cd @; umask 077; echo text >log; printf "@/log {\n rotate 2\n compress\n create\n su\n}\n" | sed "/su/d" >conf; for i in 1 2 3; do logrotate -f -s @/state conf; echo $i >>log; done; ls; cat log'
    case_of sqlite "sqlite3" "" 'cd @; sqlite3 d.db "PRAGMA journal_mode=wal; CREATE TABLE t(x); INSERT INTO t VALUES(0);"
        (for i in $(seq 40); do sqlite3 -cmd ".timeout 20000" d.db "INSERT INTO t VALUES($i);"; done) & for r in 1 2 3; do (last=0; while :; do n=$(sqlite3 -cmd ".timeout 20000" d.db "SELECT count(*) FROM t"); [ "$n" -ge "$last" ] || echo "back from $last to $n"; last=$n; [ "$n" = 41 ] && break; done; echo "reader done") & done; wait
        sqlite3 d.db "PRAGMA integrity_check; SELECT count(*), sum(x) FROM t; PRAGMA journal_mode=delete; VACUUM; .backup copy.db"; sqlite3 copy.db "SELECT sum(x) FROM t"; sqlite3 d.db .dump | wc -l; ls'
    local exec_path
    exec_path=$(git --exec-path 2>/dev/null || true)
    case_of git "git find gzip" "--tree ${exec_path:-/nonexistent} --tree /usr/share/git-core" 'export GIT_AUTHOR_NAME=a GIT_AUTHOR_EMAIL=a.b GIT_COMMITTER_NAME=a GIT_COMMITTER_EMAIL=a.b GIT_AUTHOR_DATE="1000000000 +0000" GIT_COMMITTER_DATE="1000000000 +0000" GIT_CONFIG_NOSYSTEM=1
        cd @; git init -q -b main one; cd one; for i in $(seq 30); do seq $i >f$i; git add .; git commit -qm "c$i"; done; git gc -q --aggressive --prune=now; git fsck --full --strict; cd ..; git clone -q one two; git clone -q --no-hardlinks --bare one bare
        git clone -q --shared one three; cd two; git log --oneline | wc -l; git checkout -qb side HEAD~10; echo x >x; git add x; git commit -qm x; git rebase -q main; git status --short; git push -q ../bare side; git worktree add -q ../tree main; git -C ../tree status --short; git stash list; git repack -adfq; git fsck --full; git rev-parse HEAD; cd ../bare; git gc -q; git fsck; git rev-parse side; find . -name "*.lock"'
    local stdlib
    stdlib=$(/usr/bin/python3 -c 'import sysconfig; print(sysconfig.get_path("stdlib"))' 2>/dev/null || true)
    case_of compileall "/usr/bin/python3 find" "--host /dev/shm --tree ${stdlib:-/nonexistent}" 'cd @; mkdir -p p/q; for i in $(seq 30); do echo "x = $i" >p/q/m$i.py; done; /usr/bin/python3 -m compileall -q -j 2 p; find p -name "*.pyc" | wc -l; cd p; /usr/bin/python3 -c "import q.m7, sys; print(q.m7.x, q.m7.__cached__.endswith(\".pyc\"))"
        /usr/bin/python3 -c "
import os, shutil, tempfile, mmap, zipfile, pathlib, fcntl, glob
os.chdir(\"@\")
with tempfile.TemporaryDirectory(dir=\".\") as d: shutil.copytree(\"p\", d + \"/c\"); print(sum(len(f) for _, _, f in os.walk(d)))
with tempfile.TemporaryFile(dir=\".\") as f: f.write(b\"x\" * 9999); f.seek(5); print(len(f.read()))
with open(\"m\", \"w+b\") as f:
    f.truncate(8192)
    with mmap.mmap(f.fileno(), 0) as m: m[4000:4005] = b\"hello\"; m.flush(); f.seek(4000); print(f.read(5)); m.resize(20480); m[20000] = 7
    f.seek(20000); print(f.read(1), os.fstat(f.fileno()).st_size)
shutil.make_archive(\"arch\", \"zip\", \"p\"); print(len(zipfile.ZipFile(\"arch.zip\").namelist()))
print(sorted(p.name for p in pathlib.Path(\"p\").rglob(\"m1*.py\")))
print(os.posix_fallocate(os.open(\"fa\", os.O_CREAT | os.O_RDWR), 0, 1 << 20), os.stat(\"fa\").st_size)
"'
    case_of node "node" "--file /etc/ssl/openssl.cnf" 'cd @; node -e "
const fs = require(\"fs\"), p = fs.promises;
(async () => {
  await p.mkdir(\"a/b/c\", {recursive: true});
  await Promise.all([...Array(50).keys()].map(i => p.writeFile(\"a/b/c/\" + i, \"x\".repeat(i * 1000))));
  console.log((await p.readdir(\"a\", {recursive: true})).length);
  await p.cp(\"a\", \"z\", {recursive: true}).catch(e => console.log(e.code));
  await p.copyFile(\"a/b/c/7\", \"seven\", fs.constants.COPYFILE_EXCL);
  await p.copyFile(\"a/b/c/7\", \"seven\", fs.constants.COPYFILE_EXCL).catch(e => console.log(e.code));
  const h = await p.open(\"seven\", \"r+\"); await h.appendFile(\"end\"); await h.truncate(10); await h.sync(); console.log((await h.stat()).size); await h.close();
  await p.symlink(\"seven\", \"link\"); console.log(await p.readlink(\"link\"), (await p.realpath(\"link\")).endsWith(\"seven\"));
  await p.utimes(\"seven\", 1, 2.5); console.log((await p.stat(\"seven\")).mtimeMs);
  await p.access(\"seven\", fs.constants.X_OK).catch(e => console.log(e.code));
  const d = await p.mkdtemp(\"tmp-\"); console.log(d.length); await p.rmdir(d);
  for await (const e of await p.opendir(\"a/b\")) console.log(e.name, e.isDirectory());
  console.log(await p.rm(\"a\", {recursive: true}), fs.existsSync(\"a\"));
  await new Promise(done => { fs.watchFile(\"seven\", {interval: 20}, now => { console.log(\"changed\", now.size); fs.unwatchFile(\"seven\"); done(); }); setTimeout(() => fs.writeFileSync(\"seven\", \"new content\"), 50); });
  const w = fs.createWriteStream(\"s\"); for (let i = 0; i < 2000; ++i) w.write(\"line \" + i + \"\\n\"); await new Promise(r => w.end(r));
  let n = 0; for await (const c of fs.createReadStream(\"s\")) n += c.length; console.log(n);
})();
"'
}
utilities
if [[ $(id -u) == 0 ]] && id nobody >/dev/null 2>&1 && command -v setpriv >/dev/null; then
    ulimit -l unlimited 2>/dev/null || true
    AS=(setpriv --reuid=nobody --regid=nogroup --clear-groups)
    ONLY='rsync tar sqlite editing git' utilities
else
    left_out "as another user (needs root)"
fi
finish
