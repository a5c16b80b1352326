#!/usr/bin/env bash
# Proves: bytes of a host directory do not become executable by moving their mapping together with memory of the program's own, which
# Linux 6.17 and newer do in one call. A mapping of a volume's file shows other pages through no remap_file_pages: the kernel would take
# those of the memory behind it, other files' and the shim's own. What msync wrote of a file whose mapping was moved or cut together with
# another's survives a SIGKILL.
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

cat >"$T/remap.c" <<'END'
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
int main(int argc, char** argv) {
  enum { kPage = 4096 };
  static char first[kPage], second[kPage];
  memset(first, '1', kPage);
  memset(second, '2', kPage);
  int fd = open(argv[argc - 1], O_RDWR | O_CREAT | O_TRUNC, 0600);
  if (write(fd, first, kPage) != kPage || write(fd, second, kPage) != kPage) return perror("write"), 1;
  char* at = mmap(NULL, 2 * kPage, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  if (at == MAP_FAILED) return perror("mmap"), 1;
  if (remap_file_pages(at, kPage, 0, 1, 0) == 0) return printf("shows %d\n", *at), *at != '2';
  if (*at != '1') return puts("failed and changed"), 1;
  return printf("refused: %s\n", strerror(errno)), 0;
}
END
gcc -o "$T/app/remap" "$T/remap.c"
"$T/app/remap" "$T/shared/file" >"$T/native"
manifest --file "$T/app/remap" --host "$T/shared"
run "$T/app/remap" "$T/shared/file"
expect other_pages_of_the_host_s_file 0 "^$(<"$T/native")\$"
volume "$T/volume"
run "$T/app/remap" "$T/volume/file"
expect other_pages_of_a_volume_s_file 0 '^refused: Invalid argument$'

cat >"$T/together.c" <<'END'
#define _GNU_SOURCE
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>
enum { kPage = 4096 };
static char* map(const char* path, char* at, int pages) {
  int fd = open(path, O_RDWR | O_CREAT, 0600);
  if (ftruncate(fd, pages * kPage) != 0) return MAP_FAILED;
  char* mapped = mmap(at, pages * kPage, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, fd, 0);
  close(fd);
  return mapped;
}
int main(int argc, char** argv) {
  if (argc == 3) {
    char* from = mmap(NULL, 4 * kPage, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    char* to = mmap(NULL, 4 * kPage, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (map(argv[1], from, 1) != from || map(argv[2], from + kPage, 2) != from + kPage) return perror("mmap"), 1;
    if (mremap(from, 3 * kPage, 2 * kPage, 0) != from) return perror("mremap"), 1;
    if (mremap(from, 2 * kPage, 2 * kPage, MREMAP_MAYMOVE | MREMAP_FIXED, to) != to) to = from;
    to[kPage] = 'B';
    if (msync(to + kPage, kPage, MS_SYNC) != 0) return perror("msync"), 1;
    raise(SIGKILL);
  }
  char byte = 0;
  int fd = open(argv[2], O_RDONLY);
  if (read(fd, &byte, 1) != 1) return perror("read"), 1;
  return printf("%c\n", byte), 0;
}
END
gcc -o "$T/app/together" "$T/together.c"
manifest --file "$T/app/together" --host "$T/shared"
run "$T/app/together" "$T/volume/first" "$T/volume/second"
expect killed_after_msync 137 ''
run "$T/app/together" "$T/volume/first" "$T/volume/second" again
expect synced_through_a_moved_mapping 0 '^B$'
finish
