#!/usr/bin/env bash
# Proves: bytes of a host directory do not become executable by moving their mapping together with memory of the program's own, which
# Linux 6.17 and newer do in one call.
# shellcheck source=namespace_lib.sh disable=SC1091
source "$(dirname "$0")/namespace_lib.sh"
need gcc

mkdir "$T/app" "$T/shared"
cat >"$T/main.c" <<'END'
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
int main(int argc, char** argv) {
  enum { kPage = 4096 };
  char* from = mmap(NULL, 2 * kPage, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  char* to = mmap(NULL, 2 * kPage, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  int fd = open(argv[argc - 1], O_RDONLY);
  if (mmap(from + kPage, kPage, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_FIXED, fd, 0) == MAP_FAILED) return perror("mmap"), 1;
  if (mremap(from, 2 * kPage, 2 * kPage, MREMAP_MAYMOVE | MREMAP_FIXED, to) != to) return puts("moves one mapping at a time"), 0;
  if (mprotect(to + kPage, kPage, PROT_READ | PROT_EXEC) == 0) return puts("executable"), 1;
  return printf("refused: %s\n", strerror(errno)), 0;
}
END
gcc -o "$T/app/main" "$T/main.c"
head -c 4096 /dev/zero >"$T/shared/bytes"
manifest --file "$T/app/main" --host "$T/shared"
run "$T/app/main" "$T/shared/bytes"
expect moved_with_other_memory 0 '^(refused: Permission denied|moves one mapping at a time)$'
finish
