#!/usr/bin/env bash
# What a shell script asks of the kernel: pipes, forks, descriptors moved around, signals to itself, children waited for in
# every way. Prints only what is the same in every run.
# shellcheck disable=SC2005,SC2016,SC2030,SC2031,SC2116,SC2153,SC2287  # unusual forms are what is tested here
set -u

section() { echo "== $1"; }

section 'pipelines'
seq 1 2000 | awk '$1 % 3 == 0' | sort -rn | head -n 3 | tr '\n' ' '
echo
seq 1 20000 | cat | cat | cat | cat | wc -l
printf 'b\na\nc\n' | { read -r first; echo "first=$first"; sort; }
true | false | true
echo "PIPESTATUS=${PIPESTATUS[*]}"
set -o pipefail
false | true
echo "pipefail=$?"
set +o pipefail
yes | head -n 2
echo "broken pipe: ${PIPESTATUS[*]}"

section 'subshells'
x=outer
(x=inner; cd /; echo "$x $PWD"; exit 7)
echo "$? $x $([[ $PWD == / ]] && echo moved || echo stayed)"
(  ( ( exit 3 ); echo "inner $?"; exit 4 ); echo "middle $?"; exit 5 )
echo "outer $?"
depth() { if (($1 == 0)); then echo bottom; else echo "$(depth $(($1 - 1)))+"; fi; }
depth 12

section 'here-documents'
cat <<END
expanded: $x $((6 * 7)) $(echo substituted)
END
cat <<'END'
not expanded: $x
END
cat <<<"here-string $x"
wc -c < <(head -c 300000 /dev/zero)
# More than a pipe holds: the shell has to use a file.
cat <<END | wc -c
$(head -c 200000 /dev/zero | tr '\0' z)
END

section 'command substitution'
lines=$(seq 1 5000)
echo "${#lines}"
echo "nested $(echo "$(echo "$(ls -d /)")")"
value=$(exit 9)
echo "status ${value:-none} $?"
echo "$(</proc/sys/kernel/ostype)"

section 'process substitution'
diff <(printf '1\n2\n3\n') <(printf '1\nX\n3\n')
echo "diff=$?"
paste -d, <(seq 3) <(seq 4 6) <(seq 7 9)
seq 5 | tee >(wc -l >counted) >/dev/null
until [[ -s counted ]]; do sleep 0.01; done
echo "counted $(<counted)"

section 'descriptors'
exec 5>five.txt
echo 'through 5' >&5
exec 6>&5 5>&-
echo 'through 6' >&6
exec 6>&-
cat five.txt
{ echo out; echo err >&2; } 2>&1 >both.txt | sed 's/^/piped: /'
cat both.txt
exec 7<>read_write.txt
printf 'abc\n' >&7
exec 7<>read_write.txt
read -r line <&7
echo "7: $line"
exec {fd}<five.txt
read -r -u "$fd" line
echo "named: $line"
exec {fd}<&-
read -r line <&"$fd" 2>/dev/null || echo 'closed'
echo 'append' >>five.txt
wc -l <five.txt
mkfifo fifo
(echo 'through a fifo' >fifo) &
cat fifo
wait

section 'background jobs'
for i in 1 2 3 4 5; do (exit "$i") & pids[i]=$!; done
for i in 5 4 3 2 1; do wait "${pids[i]}"; echo -n "$? "; done
echo
# In a subshell, which starts with no children of its own.
(
    (exit 42) &
    wait -n
    echo "wait -n $?"
    mkfifo gate
    (read -r _ <gate; exit 11) & slow=$!
    (exit 12) &
    wait -n
    echo "first to end $?"
    echo go >gate
    wait "$slow"
    echo "then $?"
    wait -n
    echo "none left $?"
)
wait 999999 2>/dev/null
echo "not a child $?"
sum=0
for i in $(seq 1 40); do echo "$i" & done | { while read -r n; do sum=$((sum + n)); done; echo "sum $sum"; }
coproc BC { while read -r a b; do echo $((a + b)); done; }
echo '20 22' >&"${BC[1]}"
read -r answer <&"${BC[0]}"
echo "coprocess $answer"
bc_pid=$BC_PID
eval "exec ${BC[1]}>&-"
wait "$bc_pid"
echo "coprocess ended $?"

section 'traps and signals'
trap 'echo "got USR1"' USR1
trap 'echo "got TERM"' TERM
kill -USR1 $$
kill -TERM $$
(kill -USR1 $$)
trap - USR1 TERM
trap '' INT
kill -INT $$
echo 'INT ignored'
(kill -INT "$BASHPID"; echo 'ignored in the child too')
trap - INT
bash -c 'kill -KILL $$'
echo "KILL $?"
bash -c 'kill -SEGV $$' 2>/dev/null
echo "SEGV $?"
bash -c 'trap "echo bye; exit 33" TERM; kill -TERM $$; echo never'
echo "trap exit $?"
(trap 'echo "exit trap"' EXIT; exit 6)
echo "$?"
count=0
trap 'count=$((count + 1))' CHLD
set -m
for i in 1 2 3; do (exit 0) & wait $!; done
set +m
trap - CHLD
((count >= 3)) && echo 'CHLD seen'
# Sent again until it was seen to interrupt: one signal could come before the wait has begun.
trap ':' USR2
mkfifo blocked
(read -r _ <blocked) & child=$!
(until [[ -e stop ]]; do kill -USR2 $$; sleep 0.02; done) & sender=$!
wait "$child"
status=$?
touch stop
((status > 128)) && echo "wait interrupted: $(kill -l "$status")"
until wait "$sender"; do :; done
trap - USR2
echo go >blocked
wait "$child"
echo "child $?"
timeout 0.1 sleep 30
echo "timeout $?"
timeout -s KILL 0.1 sleep 30 2>/dev/null
echo "timeout KILL $?"
read -r -t 0.05 line < <(sleep 1)
(($? > 128)) && echo 'read timed out'

section 'exit statuses'
/nonexistent/program 2>/dev/null; echo "$?"
/ 2>/dev/null; echo "$?"
echo 'not a program' >plain; ./plain 2>/dev/null; echo "$?"
chmod +x plain; ./plain 2>/dev/null; echo "$?"
(ulimit -t 1; true); echo "$?"
bash -c 'exit 256'; echo "$?"
bash -c 'exit -1'; echo "$?"
env -i A=1 B=2 env | sort
printf '#!/bin/sh\necho "script $0 $# $1"\n' >script; chmod +x script; ./script 'an argument'
printf '#!./script extra words\n' >nested; chmod +x nested; ./nested x
(exec -a other_name bash -c 'echo "$0"')
exec bash -c 'echo "exec keeps the process: $(($$ == '$$'))"; exit 21'
