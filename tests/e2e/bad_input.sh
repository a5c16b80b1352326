#!/usr/bin/env bash
# Proves: `redoubt run` refuses what is not a program as a shell does: one clear line on standard error that names the file and the
# reason, and exit status 127 when something is not found, 126 when it is there but cannot be run.
# shellcheck source=lib.sh disable=SC1091
source "$(dirname "$0")/lib.sh"
need /usr/bin/python3

cd "$T"

# refused LABEL STATUS REASON PROGRAM ARGUMENTS...: REASON is an extended regular expression, compared without case. What is
# wrong is told at once, and fails the script at its end.
WRONG=0
wrong() {
    echo "WRONG $*; it said: $MESSAGE"
    WRONG=$((WRONG + 1))
}
refused() {
    local label=$1 expected=$2 reason=$3 status=0 before=$WRONG
    shift 3
    launcher protected
    timeout -k 5 20 "${LAUNCH[@]}" "$@" </dev/null >"$T/refused.out" 2>"$T/refused" || status=$?
    MESSAGE=$(<"$T/refused")
    [[ $status == "$expected" ]] || wrong "$label: exit status $status, expected $expected"
    [[ ! -s $T/refused.out ]] || wrong "$label: wrote to standard output"
    if [[ $E2E_FAKE != 1 ]]; then
        [[ $(wc -l <"$T/refused") == 1 ]] || wrong "$label: expected one line on standard error"
        [[ $MESSAGE == *"$1"* ]] || wrong "$label: the message does not name $1"
        grep -qiE -- "$reason" <<<"${MESSAGE//"$1"/}" || wrong "$label: the message does not say '$reason'"
    fi
    [[ $WRONG != "$before" ]] || echo "ok $label"
}

NOT_FOUND='no such file|not found|does not exist'
NOT_EXECUTABLE='ENOEXEC|ELIBBAD|exec format|not an? (executable|elf|program)|truncated|invalid|too short|malformed'

# --- not there ---
refused missing_file 127 "$NOT_FOUND" "$T/none"
refused missing_in_path 127 "$NOT_FOUND" no_such_program_in_path
refused missing_directory 127 "$NOT_FOUND" "$T/none/none"
ln -s "$T/none" dangling
refused dangling_link 127 "$NOT_FOUND" "$T/dangling"
refused empty_name 127 '' ''

# --- there, but not to be run ---
mkdir directory
refused directory 126 'directory|permission denied' "$T/directory"
echo 'echo no' >plain
refused no_execute_bit 126 'permission|EACCES' "$T/plain"
refused not_a_directory 126 'not a directory' "$T/plain/below"
ln -s circle circle
refused circular_link 126 'too many levels|loop' "$T/circle"
long=$(printf 'x%.0s' {1..300})
refused long_name 126 'too long' "$T/$long"
mkfifo fifo && chmod +x fifo
refused fifo 126 'permission|EACCES|not a regular' "$T/fifo"
refused device 126 'permission|EACCES|not a regular' /dev/null

# --- there, executable, and wrong inside ---
: >empty && chmod +x empty
refused empty 126 "$NOT_EXECUTABLE|empty" "$T/empty"
printf '\0\1\2\3 nonsense' >garbage && chmod +x garbage
refused garbage 126 "$NOT_EXECUTABLE" "$T/garbage"

# Files made from a real program by changing few bytes; see elf(5) for the offsets.
/usr/bin/python3 - <<'END'
import os, struct

good = open("/bin/true", "rb").read()
header_size, phoff, phentsize, phnum = 64, 32, 54, 56


def write(name, data):
    with open(name, "wb") as file:
        file.write(data)
    os.chmod(name, 0o755)


def changed(offset, layout, value):
    data = bytearray(good)
    struct.pack_into(layout, data, offset, value)
    return bytes(data)


write("only_magic", good[:4])
write("half_a_header", good[:32])
write("only_a_header", good[:header_size])
write("half_the_headers", good[:header_size + 56 * 2])
write("class_32", changed(4, "B", 1))  # Linux looks at neither of these two bytes: such a file runs
write("big_endian", changed(5, "B", 2))
write("aarch64", changed(18, "<H", 183))
write("i386", changed(18, "<H", 3))
write("relocatable", changed(16, "<H", 1))
write("core_file", changed(16, "<H", 4))
write("headers_beyond", changed(phoff, "<Q", 1 << 40))
write("headers_wrap", changed(phoff, "<Q", 2**64 - 8))
write("no_headers", changed(phnum, "<H", 0))
write("header_size", changed(phentsize, "<H", 8))

# A real i386 executable's header: 52 bytes, class 32, machine 3.
elf32 = struct.pack("<16sHHIIIIIHHHHHH", b"\x7fELF\x01\x01\x01", 2, 3, 1, 0x8048054, 52, 0, 0, 52, 32, 1, 40, 0, 0)
write("elf32", elf32 + struct.pack("<IIIIIIII", 1, 0, 0x8048000, 0x8048000, 84, 84, 5, 0x1000))

# The interpreter's name, in the same length.
interpreter = b"/lib64/ld-linux-x86-64.so.2\0"
assert interpreter in good
for name, other in (("missing", b"/lib64/ld-linux-missing.so"), ("directory", b"/usr/share"), ("garbage", b"./garbage"), ("unterminated", b"x" * 28)):
    write(f"{name}_interpreter", good.replace(interpreter, other.ljust(28, b"\0")))
END
FOREIGN="$NOT_EXECUTABLE|machine|architecture|class|bit|endian|aarch64|x86"
for file in only_magic half_a_header only_a_header half_the_headers relocatable core_file headers_beyond headers_wrap no_headers header_size \
    unterminated_interpreter; do
    refused "elf_$file" 126 "$NOT_EXECUTABLE|header|type|interpreter" "$T/$file"
done
for file in aarch64 i386; do
    refused "elf_$file" 126 "$FOREIGN" "$T/$file"
done

# A kernel that also runs 32-bit programs would take this one; the shim does not.
[[ $E2E_FAKE == 1 ]] || refused elf_32_bit 126 "$FOREIGN" "$T/elf32"

# --- interpreters ---
refused elf_missing_interpreter 127 "$NOT_FOUND" "$T/missing_interpreter"
refused elf_directory_interpreter 126 'directory|permission|EACCES' "$T/directory_interpreter"
refused elf_garbage_interpreter 126 "$NOT_EXECUTABLE|interpreter|corrupted|input/output" "$T/garbage_interpreter"
script() {
    printf '%s\n' "$2" >"$1"
    chmod +x "$1"
}
script script_missing '#!/nonexistent/interpreter'
refused script_missing_interpreter 127 "$NOT_FOUND" "$T/script_missing"
script script_directory '#!/usr/share'
refused script_directory_interpreter 126 'permission|directory|EACCES' "$T/script_directory"
script script_plain "#!$T/plain"
refused script_interpreter_not_executable 126 'permission|EACCES' "$T/script_plain"
script script_empty '#!'
refused script_empty_interpreter 126 "$NOT_EXECUTABLE|interpreter" "$T/script_empty"
script script_blank '#!   '
refused script_blank_interpreter 126 "$NOT_EXECUTABLE|interpreter" "$T/script_blank"
script script_garbage "#!$T/garbage"
refused script_garbage_interpreter 126 "$NOT_EXECUTABLE" "$T/script_garbage"
script script_itself "#!$T/script_itself"
refused script_loop_of_one 126 'too many levels|loop|nest' "$T/script_itself"
script script_ping "#!$T/script_pong"
script script_pong "#!$T/script_ping"
refused script_loop_of_two 126 'too many levels|loop|nest' "$T/script_ping"
script script_0 '#!/bin/sh'
for i in 1 2 3 4 5 6 7; do script "script_$i" "#!$T/script_$((i - 1))"; done
refused script_too_deep 126 'too many levels|loop|nest' "$T/script_7"

# --- what the program itself tries, equal to native: errors of execve as the program sees them ---
cat >attempt.py <<'END'
import errno, os, sys

for name in sys.argv[1:]:
    pid = os.fork()
    if pid == 0:
        try:
            os.execv(name, [name])
        except OSError as error:
            print(os.path.basename(name), errno.errorcode[error.errno], flush=True)
        os._exit(100)
    print("status", os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), flush=True)
for size, count in ((131071, 1), (131072, 1), (100, 15000), (100000, 20), (100000, 30)):
    pid = os.fork()
    if pid == 0:
        try:
            os.execv("/bin/true", ["true"] + ["x" * size] * count)
        except OSError as error:
            print(count, "arguments of", size, errno.errorcode[error.errno], flush=True)
        os._exit(100)
    print("status", os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), flush=True)
END
populate() { cp "$T/attempt.py" "$T/garbage" "$WORK"; }
both attempts /usr/bin/python3 attempt.py "$T"/{none,dangling,directory,plain,plain/below,circle,"$long",fifo,empty,garbage,only_magic,half_a_header} \
    "$T"/{only_a_header,class_32,big_endian,aarch64,relocatable,header_size,headers_beyond,no_headers} \
    "$T"/{missing,directory,garbage,unterminated}_interpreter \
    "$T"/script_{missing,directory,plain,empty,garbage,itself,ping,5,7}

# A shell's own messages and statuses.
E2E_MERGE=1
# shellcheck disable=SC2016  # for the inner shell to expand
both shell /bin/bash -c '
    cd "$1"
    for file in none directory plain garbage aarch64 missing_interpreter script_missing script_itself; do "./$file"; echo "$file $?"; done
    /bin/true "$(head -c 200000 /dev/zero | tr "\0" x)"; echo "long argument $?"
    /bin/true $(seq 1 500000); echo "many arguments $?"' shell "$T"

# --- the command line itself ---
launcher protected
status=0
"$REDOUBT" run -q --no-such-option -- /bin/true >"$T/option.out" 2>"$T/option.err" || status=$?
if [[ $E2E_FAKE != 1 ]]; then
    [[ $status != 0 && -s $T/option.err ]] || fail "an unknown option was accepted"
    status=0
    "$REDOUBT" run >"$T/nothing.out" 2>"$T/nothing.err" || status=$?
    [[ $status != 0 && -s $T/nothing.err ]] || fail "no program was accepted"
    rm "$T/option.err" "$T/nothing.err"
fi

# The program's own status is passed on, and its death by a signal seen as such.
for wanted in 0 1 126 127 255; do
    status=0
    "${LAUNCH[@]}" /bin/sh -c "exit $wanted" || status=$?
    [[ $status == "$wanted" ]] || fail "exit $wanted became $status"
done
status=0
{ "${LAUNCH[@]}" /bin/sh -c 'kill -KILL $$'; } 2>/dev/null || status=$?
[[ $status == 137 ]] || fail "death by SIGKILL became $status"
echo 'ok exit statuses'

((WRONG == 0)) || fail "$WRONG refusals were wrong"
