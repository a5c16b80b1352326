#!/usr/bin/env bash
# Proves: git, the SQLite shell, CPython, a static Go program and Java do on a protected volume what they do on the host's own file
# system, and another run finds what they wrote. Each that is not installed is left out, visibly.
# shellcheck source=namespace_lib.sh disable=SC1091,SC2034  # for the functions of the library
source "$(dirname "$0")/namespace_lib.sh"
E2E_LIMIT=120
export LC_ALL=C
RAN=0
mkdir "$T/host" "$T/native"
V=$T/data

# same LABEL DIRECTORY PROGRAM ARGUMENTS...: natively with DIRECTORY in $T/native, and on the volume; same output and status. @ is
# the directory; it appears as @ in the output too.
same() {
    local label=$1 name=$2 native_status=0
    shift 2
    mkdir -p "$T/native/$name"
    "${@//@/$T/native/$name}" >"$T/native.out" 2>&1 </dev/null || native_status=$?
    sed -i "s|$T/native/$name|@|g" "$T/native.out"
    run "${@//@/$V/$name}"
    echo "${OUTPUT//"$V/$name"/@}" >"$T/protected.out"
    # A command substitution drops newlines at the end.
    if [[ $STATUS == "$native_status" && $(<"$T/protected.out") == "$(<"$T/native.out")" ]]; then
        echo "ok $label"
    else
        echo "WRONG $label: exit status $STATUS, natively $native_status"
        diff "$T/native.out" "$T/protected.out" | head -n 20
        WRONG=$((WRONG + 1))
    fi
}
start() { # NAMES...: a fresh volume with directories
    INJECTIONS=()
    rm -rf "$V" "$T/native"
    mkdir "$T/native"
    volume "$V"
    run "$(type -P mkdir)" "${@/#/$V/}"
    expect "directories for $*" 0 '^$'
    RAN=$((RAN + 1))
}
need bash mkdir

if type -P git >/dev/null; then
    options=(--tree "$(git --exec-path)")
    for tool in bash sh git mkdir rm head tail sed; do options+=(--file "$(type -P $tool)"); done
    cp "$PROGRAMS/volume_repository.sh" "$T/host/script"
    manifest "${options[@]}" --file /bin/bash --file /bin/sh --tree /usr/share/git-core --host "$T/host"
    start git
    same git git /bin/bash "$T/host/script" @
    run "$(type -P git)" -C "$V/git/first" -c safe.directory='*' fsck --full --strict
    expect git_in_the_next_run 0 '^$'
else
    left_out "git"
fi

if SQLITE=$(type -P sqlite3); then
    manifest --file "$SQLITE" --file "$(type -P mkdir)"
    start sqlite
    for journal in delete truncate persist wal; do
        same "sqlite_$journal" sqlite "$SQLITE" -batch "@/$journal.db" "PRAGMA journal_mode = $journal;
            CREATE TABLE t (id INTEGER PRIMARY KEY, text); BEGIN;
            WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20000) INSERT INTO t SELECT i, hex(i * 7) FROM n;
            COMMIT; DELETE FROM t WHERE id % 3 = 0; BEGIN; DELETE FROM t; ROLLBACK; CREATE INDEX by_text ON t(text);
            VACUUM; PRAGMA integrity_check; SELECT count(*), sum(id), max(text) FROM t;"
        same "sqlite_${journal}_later" sqlite "$SQLITE" -batch "@/$journal.db" 'PRAGMA integrity_check; SELECT count(*), sum(id) FROM t;'
    done
else
    left_out "sqlite3"
fi

PYTHON=/usr/bin/python3
if [[ -x $PYTHON ]]; then
    manifest --file "$PYTHON" --tree "$("$PYTHON" -c 'import sysconfig; print(sysconfig.get_path("stdlib"))')" --file "$(type -P mkdir)"
    start python
    same python python "$PYTHON" -c "$(<"$PROGRAMS/volume_files.py")" @
else
    left_out "python3"
fi

if [[ -x /usr/bin/go ]]; then
    (cd "$T" && cat >main.go && CGO_ENABLED=0 GOCACHE=$E2E_CACHE/go GOFLAGS=-mod=mod as_caller go build -o prog main.go) || fail "go build"
    manifest --file "$T/prog" --file "$(type -P mkdir)"
    start go
    same go go "$T/prog" @
else
    left_out "go"
fi <<'END'
package main

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
)

func main() {
	top := os.Args[1]
	var group sync.WaitGroup
	for worker := 0; worker < 8; worker++ {
		group.Add(1)
		go func(worker int) {
			defer group.Done()
			directory := filepath.Join(top, "deep", fmt.Sprint(worker))
			if err := os.MkdirAll(directory, 0o755); err != nil {
				fmt.Println(err)
			}
			for number := 0; number < 100; number++ {
				name := filepath.Join(directory, fmt.Sprint(number))
				if err := os.WriteFile(name+".new", make([]byte, number*100), 0o640); err != nil {
					fmt.Println(err)
				}
				if err := os.Rename(name+".new", name); err != nil {
					fmt.Println(err)
				}
			}
		}(worker)
	}
	group.Wait()
	files, bytes := 0, int64(0)
	fmt.Println(filepath.WalkDir(top, func(path string, entry fs.DirEntry, err error) error {
		if err == nil && entry.Type().IsRegular() {
			info, _ := entry.Info()
			files++
			bytes += info.Size()
		}
		return err
	}))
	fmt.Println(files, bytes)
	temporary, err := os.CreateTemp(top, "x*")
	fmt.Println(err, os.Remove(temporary.Name()))
	fmt.Fprintln(temporary, "without a name")
	fmt.Println(os.Symlink("deep", filepath.Join(top, "link")))
	real, err := filepath.EvalSymlinks(filepath.Join(top, "link", "3"))
	fmt.Println(real, err)
	fmt.Println(os.RemoveAll(filepath.Join(top, "deep")), os.Chdir(top))
	here, err := os.Getwd()
	fmt.Println(here, err)
	_, err = os.ReadFile("none")
	fmt.Println(err)
}
END

JAVA=$(readlink -f "$(type -P java || true)")
if [[ -x $JAVA ]] && type -P javac jar >/dev/null; then
    cat >"$T/Main.java" <<'END'
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.*;
import java.nio.file.attribute.*;
import java.util.stream.*;

public class Main {
    public static void main(String[] arguments) throws Exception {
        Path top = Path.of(arguments[0]);
        Path directory = Files.createDirectories(top.resolve("a/b/c"));
        for (int i = 0; i < 300; i++) {
            Files.writeString(directory.resolve("file" + i), "text " + i);
        }
        try (Stream<Path> paths = Files.walk(top)) {
            System.out.println(paths.count());
        }
        Path moved = Files.move(directory.resolve("file7"), top.resolve("moved"), StandardCopyOption.ATOMIC_MOVE);
        System.out.println(Files.readString(moved) + " " + Files.exists(directory.resolve("file7")));
        Files.copy(moved, top.resolve("copy"), StandardCopyOption.COPY_ATTRIBUTES);
        Files.setLastModifiedTime(moved, FileTime.fromMillis(1234567));
        Files.setPosixFilePermissions(moved, PosixFilePermissions.fromString("rw-r-----"));
        System.out.println(Files.getLastModifiedTime(moved) + " " + PosixFilePermissions.toString(Files.getPosixFilePermissions(moved)));
        Files.createSymbolicLink(top.resolve("link"), Path.of("moved"));
        Files.createLink(top.resolve("hard"), moved);
        System.out.println(Files.isSameFile(top.resolve("link"), top.resolve("hard")) + " " + Files.getAttribute(moved, "unix:nlink"));
        try (FileChannel channel = FileChannel.open(top.resolve("channel"), StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
            channel.write(ByteBuffer.wrap(new byte[100000]));
            channel.position(50).write(ByteBuffer.wrap("in the middle".getBytes()));
            channel.force(true);
            System.out.println(channel.size() + " " + (channel.tryLock() != null));
            System.out.println((char) channel.map(FileChannel.MapMode.READ_ONLY, 0, 4096).get(50));
        }
        Path temporary = Files.createTempFile(top, "x", ".tmp");
        Files.delete(temporary);
        try {
            Files.delete(top.resolve("a"));
        } catch (DirectoryNotEmptyException problem) {
            System.out.println("not empty");
        }
        try {
            Files.createDirectory(top.resolve("a"));
        } catch (FileAlreadyExistsException problem) {
            System.out.println("exists");
        }
        System.out.println(top.resolve("link").toRealPath().getFileName() + " " + Files.getFileStore(top).getBlockSize());
    }
}
END
    (cd "$T" && javac Main.java && printf 'Main-Class: Main\n' >jar.head && jar cfm main.jar jar.head Main.class)
    options=(--file "$JAVA" --tree "${JAVA%/bin/java}" --file "$T/main.jar" --file "$(type -P mkdir)")
    [[ ! -d /etc/java-17-openjdk ]] || options+=(--tree /etc/java-17-openjdk)
    manifest "${options[@]}"
    start java
    unset JAVA_HOME
    same java java "$JAVA" -jar "$T/main.jar" @
else
    left_out "java"
fi
((RAN > 0)) || skip "none of them is installed"
finish
