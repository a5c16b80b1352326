#!/usr/bin/env bash
# Proves: a file of the manifest whose bytes changed is not read, mapped or executed: EIO, and one line that names it, what was
# expected and what was found. A change after the file was opened changes nothing.
# shellcheck source=namespace_lib.sh disable=SC1091
source "$(dirname "$0")/namespace_lib.sh"
need bash cat sha256sum gcc

mkdir "$T/app" "$T/shared"
cat >"$T/lib.c" <<'END'
int answer(void) { return 42; }
END
cat >"$T/main.c" <<'END'
#include <dlfcn.h>
#include <stdio.h>
int main(int argc, char** argv) {
  void* library = dlopen(argv[argc - 1], RTLD_NOW);
  if (library == NULL) return puts(dlerror()), 1;
  printf("answer %d\n", ((int (*)(void))dlsym(library, "answer"))());
  return 0;
}
END
gcc -shared -fPIC -o "$T/app/libanswer.so" "$T/lib.c"
gcc -o "$T/app/main" "$T/main.c"
echo 'data of the session' >"$T/app/data"
printf '#!%s\necho script\n' "$(type -P bash)" >"$T/app/script"
chmod +x "$T/app/script"
cp "$T/app/libanswer.so" "$T/shared/"
manifest --file "$T/app/main" --file "$T/app/libanswer.so" --file "$T/app/data" --file "$T/app/script" --file "$(type -P bash)" \
    --file "$(type -P cat)" --host "$T/shared"

run "$T/app/main" "$T/app/libanswer.so"
expect library 0 '^answer 42$'
run "$T/app/main" "$T/shared/libanswer.so"
expect library_of_a_host_directory 1 'failed to map segment'
run "$T/app/script"
expect script 0 '^script$'

swap() { # FILE NEW: keeps size and times, as an attacker would
    cp -p "$1" "$T/saved"
    cp "$2" "$1"
    touch -r "$T/saved" "$1"
}
restore() { cp -p "$T/saved" "$1"; }

sed 's/42/43/' "$T/lib.c" >"$T/evil.c"
gcc -shared -fPIC -o "$T/evil.so" "$T/evil.c"
swap "$T/app/libanswer.so" "$T/evil.so"
run "$T/app/main" "$T/app/libanswer.so"
expect swapped_library 1 'Input/output error'
expect swapped_library_is_named 1 "redoubt: \"$T/app/libanswer.so\" is not the file of the session: expected SHA-256 $(sha256sum <"$T/saved" | cut -d' ' -f1), found $(sha256sum <"$T/evil.so" | cut -d' ' -f1)"
restore "$T/app/libanswer.so"

echo 'data of the intruder' >"$T/evil.data"
swap "$T/app/data" "$T/evil.data"
run "$(type -P cat)" "$T/app/data"
expect swapped_data 1 'Input/output error'
rm "$T/app/data"
run "$(type -P cat)" "$T/app/data"
expect removed_data 1 'found no file'
restore "$T/app/data"

printf '#!%s\necho evil\n' "$(type -P bash)" >"$T/evil.sh"
swap "$T/app/script" "$T/evil.sh"
run "$T/app/script"
expect swapped_script 126 'EIO'
restore "$T/app/script"
swap "$T/app/main" "$T/evil.so"
run "$T/app/main" x
expect swapped_program 126 'EIO'
restore "$T/app/main"

# Opened, then changed: what was verified is what is read.
mkfifo "$T/shared/opened" "$T/shared/changed"
run_with_change() {
    (
        echo >"$T/shared/opened"
        echo 'data of the intruder' >"$T/app/data"
        echo >"$T/shared/changed"
    ) &
    E2E_PIDS+=($!)
    run "$(type -P bash)" -c "exec 5<'$T/app/data'; read -r _ <'$T/shared/opened'; read -r _ <'$T/shared/changed'; $(type -P cat) <&5"
}
run_with_change
expect changed_after_open 0 '^data of the session$'
finish
