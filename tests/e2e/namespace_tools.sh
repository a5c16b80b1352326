#!/usr/bin/env bash
# Proves: under a code manifest bash and coreutils work on what the manifest, the injected files and the host directories hold, and
# nothing else exists: not through "..", links of the host, /proc, or descriptors. Changes are refused as on Linux.
# shellcheck source=namespace_lib.sh disable=SC1091,SC2016  # for the inner shell
source "$(dirname "$0")/namespace_lib.sh"
need bash cat ls stat cp mv ln rm mkdir readlink tail find

options=()
for tool in bash cat ls stat cp mv ln rm mkdir readlink tail find touch chmod; do options+=(--file "$(type -P "$tool")"); done
options+=(--file /bin/bash)
mkdir "$T/host" "$T/outside"
echo outside >"$T/outside/file"
ln -s "$T/outside/file" "$T/host/absolute"
ln -s ../outside/file "$T/host/relative"
ln -s /etc/app.conf "$T/host/to_injected"
manifest "${options[@]}" --host "$T/host"
inject /etc/app.conf $'first line\nsecond line\n'
export H=$T/host

script() { run /bin/bash -c "$1"; }

script 'cat /etc/app.conf'
expect injected_read 0 '^second line$'
script 'read -r a </etc/app.conf; echo "[$a]"; exec 5</etc/app.conf; read -r -u 5 a; bash -c "read -r -u 5 b; echo next: \$b"'
expect position_shared_with_children 0 '^next: second line$'
script 'cp /etc/app.conf "$H/copy"; tail -n 1 "$H/copy"; stat -c "%s %A" /etc/app.conf'
expect copied 0 '^23 -rw-------$'
script 'echo third >>/etc/app.conf; cat /etc/app.conf; stat -c %s /etc/app.conf'
expect appended 0 '^29$'
script 'mv /etc/app.conf /etc/x'
expect injected_not_renamed 1 'Device or resource busy'
script 'rm -f /etc/app.conf'
expect injected_not_removed 1 'Device or resource busy'
script 'touch "$H/y"; mv "$H/y" /etc/x'
expect no_rename_into_the_tree 1 'Read-only file system'
script 'echo x >/bin/bash'
expect code_not_written 1 'Read-only file system'
script 'mkdir /new'
expect no_new_directory 1 'Read-only file system'
script 'rm -f /bin/ls'
expect code_not_removed 1 'Read-only file system'
script 'chmod 777 /bin/ls'
expect code_mode_not_changed 1 'Read-only file system'

for path in /etc/passwd /etc/shadow /root /home /usr/bin/id /etc/ld.so.cache /proc/1/environ /proc/self/root/etc/passwd /dev/sda /dev/mem \
    /proc/kcore /sys/class "$T/outside/file" "$H/../outside/file" "$H/absolute" "$H/relative" /proc/self/cwd/etc/passwd; do
    script "cat '$path'"
    expect "absent: ${path#"$T"}" 1 'No such file'
done
script 'cat "$H/to_injected"'
expect no_link_of_the_host_to_an_injected_file 1 'Permission denied'
script 'cd "$H" && cat ../outside/file'
expect absent_from_a_working_directory 1 'No such file'
script 'exec 7<"$H"; cat /proc/self/fd/7/../outside/file'
expect absent_through_a_descriptor 1 'No such file'
script 'exec 7<"$H"; cd /proc/self/fd/7 && readlink /proc/self/cwd'
expect working_directory_through_a_descriptor 0 "^$T/host$"

script 'cd /usr/bin; pwd; cd ..; ls; cd /proc/self/fd; pwd'
expect directories 0 '^bin$'
script 'find / -xdev -name bash -o -name app.conf'
expect find_walks_the_tree 0 '^/etc/app.conf$'
script 'cd "$H" && mkdir -p d/e && touch d/e/f && ln d/e/f d/g && mv d/e/f d/h && ls d && rm -r d && ls'
expect host_directory_changes 0 '^h$'
script 'readlink /proc/self/exe; readlink /proc/$$/exe; true'
expect exe 0 '^(/usr)?/bin/bash$'
expect exe_of_itself 0 '^(/usr)?/bin/readlink$'
script 'while read -r line; do echo "$line"; done </proc/self/maps'
expect maps_name_the_program 0 'r-xp.* (/usr)?/bin/bash$'
expect maps_name_the_libraries 0 'r-xp.*/libc\.so\.6$'
script 'cat /proc/cpuinfo /proc/meminfo /proc/self/status /sys/devices/system/cpu/online'
expect numbers_of_the_kernel 0 '^MemTotal'
script 'echo x >/proc/sys/kernel/hostname'
expect kernel_read_only 1 'Permission denied|Read-only'
script 'echo >/dev/null; cat </dev/null; ls /dev'
expect devices 0 '^urandom$'

# Only code is executed.
cp "$(type -P ls)" "$T/host/ls"
printf '#!/bin/bash\necho ran\n' >"$T/host/script"
chmod +x "$T/host/script"
script '"$H/ls"'
expect host_file_not_executed 126 'Permission denied'
script '"$H/script"'
expect host_script_not_executed 126 'Permission denied'
script 'exec 9<"$H/ls"; /proc/self/fd/9'
expect host_file_not_executed_by_descriptor 126 'Permission denied'
script 'id'
expect unknown_program 127 'not found'
finish
