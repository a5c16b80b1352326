// SPDX-License-Identifier: Apache-2.0
//
// Changes an ELF file in one field after the other, executes each and prints what became of it: the errno of execve, the signal, or
// what elf_victim.c printed. The output is the same for every run of the same files.
//
//   elf_mutations BASE image|interpreter [RANDOM [STRIDE]]
//                                                   every field of the headers of BASE, written to ./image or ./interpreter; ./image is
//                                                   executed. Then RANDOM files with several changes at once. STRIDE: every how
//                                                   many-th value of each field.
//   elf_mutations BASE script [RANDOM]              `#!` lines in ./script with the interpreter ./image, a copy of BASE
//   elf_mutations BASE arguments [RANDOM]           ./image, a copy of BASE, with arrays of arguments of all kinds
#define _GNU_SOURCE
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

enum { kPage = 4096 };

static void die(const char* what) {
    perror(what);
    exit(2);
}

static unsigned char *base, *image;
static size_t size;
static int result_pipe[2];
static unsigned long executions;

static void write_image(const char* name, const void* bytes, size_t count) {
    const int fd = open(name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0755);
    if (fd < 0 || (count > 0 && write(fd, bytes, count) != (ssize_t)count) || close(fd) != 0) die(name);
}

static bool only_errors;  // what becomes of the program is not to be compared, only what execve says

// What happens to a child that executes `path`: one line.
static void fate(const char* label, const char* path, char* const* arguments, char* const* environment) {
    static volatile int error;
    error = 0;
    ++executions;
    fflush(stdout);
    const pid_t child = vfork();
    if (child < 0) die("vfork");
    if (child == 0) {
        const struct itimerval limit = {{0, 0}, {3, 0}};
        setitimer(ITIMER_REAL, &limit, NULL);
        dup2(result_pipe[1], 1);
        execve(path, arguments, environment);
        error = errno;
        _exit(111);
    }
    int status;
    while (waitpid(child, &status, 0) < 0) {
        if (errno != EINTR) die("waitpid");
    }
    static char said[65536];
    const ssize_t got = read(result_pipe[0], said, sizeof said - 1);
    said[got < 0 ? 0 : got] = 0;
    printf("%s: ", label);
    if (error != 0) {
        printf("%s\n", strerrorname_np(error));
    } else if (only_errors) {
        printf("executed\n");
    } else if (WIFSIGNALED(status)) {
        printf("killed by %s\n", sigabbrev_np(WTERMSIG(status)));
    } else {
        printf("exit %d %s%s", WEXITSTATUS(status), said, got > 0 ? "" : "\n");
    }
}

// Whether every byte that the segments of `base` have in memory is in one of `file` too. Where it is not, the program soon runs into
// what lies beyond its image. Around a program that is nothing; around an interpreter it is whatever was mapped there before, which
// differs from run to run.
static bool covers(const unsigned char* file) {
    const Elf64_Ehdr *good = (const Elf64_Ehdr*)base, *other = (const Elf64_Ehdr*)file;
    if (other->e_phoff != good->e_phoff) return false;
    for (size_t i = 0; i < good->e_phnum; ++i) {
        const Elf64_Phdr* want = (const Elf64_Phdr*)(base + good->e_phoff) + i;
        if (want->p_type != PT_LOAD) continue;
        bool covered = false;
        for (size_t k = 0; k < other->e_phnum && k < good->e_phnum; ++k) {
            const Elf64_Phdr* have = (const Elf64_Phdr*)(file + other->e_phoff) + k;
            covered |= have->p_type == PT_LOAD && have->p_vaddr <= want->p_vaddr && have->p_memsz >= want->p_memsz + (want->p_vaddr - have->p_vaddr);
        }
        if (!covered) return false;
    }
    return true;
}

static bool foreign_neighbours;  // the file that is changed is an interpreter

static void fate_of_image(const char* label) {
    char* const arguments[] = {"image", NULL};
    char* const environment[] = {NULL};
    only_errors = foreign_neighbours && !covers(image);
    fate(label, "./image", arguments, environment);
}

// ---- fields -----------------------------------------------------------------------------------------------

struct Field {
    const char* name;
    size_t offset, size;
};
#define FIELD(type, name) {#name, offsetof(type, name), sizeof(((type*)0)->name)}
static const struct Field kHeader[] = {
    FIELD(Elf64_Ehdr, e_type),      FIELD(Elf64_Ehdr, e_machine), FIELD(Elf64_Ehdr, e_version), FIELD(Elf64_Ehdr, e_entry),
    FIELD(Elf64_Ehdr, e_phoff),     FIELD(Elf64_Ehdr, e_shoff),   FIELD(Elf64_Ehdr, e_flags),   FIELD(Elf64_Ehdr, e_ehsize),
    FIELD(Elf64_Ehdr, e_phentsize), FIELD(Elf64_Ehdr, e_phnum),   FIELD(Elf64_Ehdr, e_shnum),
};
static const struct Field kProgramHeader[] = {
    FIELD(Elf64_Phdr, p_type),  FIELD(Elf64_Phdr, p_flags),  FIELD(Elf64_Phdr, p_offset), FIELD(Elf64_Phdr, p_vaddr),
    FIELD(Elf64_Phdr, p_paddr), FIELD(Elf64_Phdr, p_filesz), FIELD(Elf64_Phdr, p_memsz),  FIELD(Elf64_Phdr, p_align),
};

static uint64_t get(const unsigned char* at, size_t width) {
    uint64_t value = 0;
    memcpy(&value, at, width);
    return value;
}

// Values at which a loader's arithmetic turns, and neighbours of the right one.
static size_t values_for(uint64_t old, size_t width, uint64_t* values) {
    const uint64_t all[] = {0, 1, 2, 3, 4, 7, 8, 0x10, 0xfff, 0x1000, 0x1001, 0x7fff, 0x8000, 0xffff, 0x10000, 0x7fffffff, 0x80000000,
                            0xffffffff, 0x6474e551, 0x7fffffffefff, 0x7fffffffe000, 0x7ffffffff000, 0x800000000000, 0x7fffffffffffffff,
                            0x8000000000000000, 0xfffffffffffff000, 0xffffffffffffffff, old + 1, old - 1, old + 8, old + 0x1000, old - 0x1000,
                            old + 0x10000, old * 2, old ^ 1, old ^ 2, old ^ 4, ~old, old + 0x100000000, old | 0x8000000000000000};
    size_t count = 0;
    for (size_t i = 0; i < sizeof all / sizeof all[0]; ++i) {
        uint64_t value = all[i];
        if (width < 8) value &= (UINT64_C(1) << width * 8) - 1;
        bool known = value == old;
        for (size_t k = 0; k < count; ++k) known |= values[k] == value;
        if (!known) values[count++] = value;
    }
    return count;
}

// Linux puts such an image at address 0, where only root may map anything; the shim takes another place.
static bool at_address_zero(const unsigned char* file) {
    const Elf64_Ehdr *good = (const Elf64_Ehdr*)base, *other = (const Elf64_Ehdr*)file;
    if (other->e_phoff != good->e_phoff || other->e_type != ET_DYN) return false;
    bool first = true;
    for (size_t i = 0; i < other->e_phnum && i < good->e_phnum; ++i) {
        const Elf64_Phdr* header = (const Elf64_Phdr*)(file + other->e_phoff) + i;
        if (header->p_type != PT_LOAD) continue;
        if (header->p_align != 0 && header->p_align % (UINT64_C(1) << 46) == 0) return true;
        if (first && header->p_filesz == 0) return true;
        first = false;
    }
    return false;
}

static size_t stride = 1;  // every how many-th value of a field is tried

static void change_fields(const char* name, const char* where, size_t at, const struct Field* fields, size_t count) {
    for (size_t f = 0; f < count; ++f) {
        uint64_t values[64];
        const uint64_t old = get(base + at + fields[f].offset, fields[f].size);
        const size_t value_count = values_for(old, fields[f].size, values);
        for (size_t v = f % stride; v < value_count; v += stride) {
            memcpy(image, base, size);
            memcpy(image + at + fields[f].offset, &values[v], fields[f].size);
            if (at_address_zero(image)) continue;
            write_image(name, image, size);
            char label[128];
            snprintf(label, sizeof label, "%s%s=%#lx", where, fields[f].name, values[v]);
            fate_of_image(label);
        }
    }
}

static uint64_t random_state = 88172645463325252;
static uint64_t random_number(void) {
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    return random_state ^= random_state << 17;
}

static void mutate_elf(const char* name, unsigned long random_count) {
    const Elf64_Ehdr* header = (const Elf64_Ehdr*)base;
    foreign_neighbours = strcmp(name, "interpreter") == 0;
    memcpy(image, base, size);
    write_image(name, base, size);
    fate_of_image("unchanged");
    change_fields(name, "", 0, kHeader, sizeof kHeader / sizeof kHeader[0]);
    for (size_t i = 0; i < sizeof header->e_ident; ++i) {
        char label[32];
        memcpy(image, base, size);
        image[i] ^= 3;
        write_image(name, image, size);
        snprintf(label, sizeof label, "e_ident[%zu]", i);
        fate_of_image(label);
    }
    for (size_t i = 0; i < header->e_phnum; ++i) {
        char where[32];
        snprintf(where, sizeof where, "header %zu ", i);
        change_fields(name, where, header->e_phoff + i * sizeof(Elf64_Phdr), kProgramHeader, sizeof kProgramHeader / sizeof kProgramHeader[0]);
    }
    // Every length up to the end of the headers, and around every page.
    const size_t end = header->e_phoff + header->e_phnum * sizeof(Elf64_Phdr);
    for (size_t length = 0; length <= size; length += length < end ? 7 : kPage / 2 - 1) {
        char label[32];
        memset(image, 0, size);
        memcpy(image, base, length);
        write_image(name, base, length);
        snprintf(label, sizeof label, "length %zu", length);
        fate_of_image(label);
    }
    for (unsigned long n = 0; n < random_count; ++n) {
        memcpy(image, base, size);
        for (uint64_t i = 2 + random_number() % 4; i > 0; --i) {
            const bool in_header = random_number() % 5 == 0;
            const struct Field* field = in_header ? &kHeader[random_number() % (sizeof kHeader / sizeof kHeader[0])]
                                                  : &kProgramHeader[random_number() % (sizeof kProgramHeader / sizeof kProgramHeader[0])];
            unsigned char* at = image + (in_header ? 0 : header->e_phoff + random_number() % header->e_phnum * sizeof(Elf64_Phdr)) + field->offset;
            uint64_t values[64];
            const size_t count = values_for(get(at, field->size), field->size, values);
            const uint64_t value = values[random_number() % count];
            memcpy(at, &value, field->size);
        }
        if (at_address_zero(image)) continue;
        write_image(name, image, size);
        char label[32];
        snprintf(label, sizeof label, "random %lu", n);
        fate_of_image(label);
    }
}

// ---- `#!` -------------------------------------------------------------------------------------------------

static void script(const char* label, const char* bytes, size_t count) {
    char* const arguments[] = {"zero", "one", "", "two words", NULL};
    char* const environment[] = {"A=1", NULL};
    write_image("script", bytes, count);
    fate(label, "./script", arguments, environment);
}

static void mutate_scripts(unsigned long random_count) {
    static const char* const kLines[] = {
        "#!./image\n", "#! ./image\n", "#!\t./image \t\n", "#!./image argument\n", "#!./image two words\n", "#!./image two words \t \n", "#!./image",
        "#!./image ", "#!./image argument", "#!./image argument ", "#!", "#!\n", "#! \n", "#! \t ", "#!./image\r\n", "#!./image\v\n", "# !./image\n",
        "!#./image\n", "#", "#!./image\n./image\n", "#!./image --x=1\t-y\n", "#!.\n", "#!/\n", "#!./none\n", "#!./script\n", "#!image\n",
        "#!.//image x\n", "\n#!./image\n", " #!./image\n", "#!./image \\\n", "#!./image 'a b'\n", "#!\xff\n", "#!./image \xff\xfe\n", "#!./image/\n", "#!./image/x\n"};
    for (size_t i = 0; i < sizeof kLines / sizeof kLines[0]; ++i) {
        char label[32];
        snprintf(label, sizeof label, "line %zu", i);
        script(label, kLines[i], strlen(kLines[i]));
    }
    // Lengths around the buffer of the kernel, with and without an end of line, as name and as argument.
    for (size_t length = 240; length < 264; ++length) {
        for (int shape = 0; shape < 6; ++shape) {
            char line[512], label[48];
            memset(line, shape % 2 == 0 ? 'x' : '/', sizeof line);
            memcpy(line, shape < 2 ? "#!./image " : shape < 4 ? "#!" : "#!          ", shape < 2 ? 10 : shape < 4 ? 2 : 12);
            if (shape >= 4) memset(line + 12, ' ', sizeof line - 12), memcpy(line + length - 8, "./image", 7);
            if (shape == 3) line[2] = '.', memcpy(line + length - 5, "image", 5);
            snprintf(label, sizeof label, "length %zu shape %d", length, shape);
            script(label, line, length);
            line[length] = '\n';
            snprintf(label, sizeof label, "length %zu shape %d, line end", length, shape);
            script(label, line, length + 1);
            line[length] = 0;
            snprintf(label, sizeof label, "length %zu shape %d, NUL", length, shape);
            script(label, line, length + 40);
        }
    }
    static const char kAlphabet[] = {' ', '\t', '\n', '\0', '#', '!', 'x', '/', '\r', '.'};
    for (unsigned long n = 0; n < random_count; ++n) {
        char line[300] = "#! ./image first second\n", label[32];
        size_t length = strlen(line);
        for (uint64_t i = 1 + random_number() % 3; i > 0; --i) {
            const char c = kAlphabet[random_number() % sizeof kAlphabet];
            const size_t at = random_number() % length;
            if (random_number() % 2 == 0 && length < 290) memmove(line + at + 1, line + at, length++ - at);
            line[at] = c;
        }
        snprintf(label, sizeof label, "random %lu", n);
        script(label, line, length);
    }
}

// ---- argument blocks --------------------------------------------------------------------------------------

// Strings and arrays that end where memory does.
static void mutate_arguments(unsigned long random_count) {
    const size_t room = 64 * kPage;
    char* const area = mmap(NULL, room + 2 * kPage, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (area == MAP_FAILED || munmap(area + room, kPage) != 0) die("mmap");
    char* const edge = area + room;
    memset(area, 'a', room);
    char* const none[] = {NULL};
    char* const plain[] = {"image", "x", NULL};
    const struct {
        const char* label;
        char* const *arguments, *const *environment;
    } arrays[] = {{"argv NULL", NULL, none}, {"envp NULL", plain, NULL}, {"both NULL", NULL, NULL}, {"argv empty", none, none},
                  {"argv of the kernel", (char**)0xffffffff80000000, none}, {"envp not canonical", plain, (char**)0x8000000000000000},
                  {"argv at 1", (char**)1, none}, {"envp at 8", plain, (char**)8}, {"argv unmapped", (char**)edge, none},
                  {"argv at the top", (char**)0x7ffffffff000, none}, {"argv below the top", (char**)(0x7ffffffff000 - 8), none}};
    for (size_t i = 0; i < sizeof arrays / sizeof arrays[0]; ++i) fate(arrays[i].label, "./image", arrays[i].arguments, arrays[i].environment);

    // An array whose end lies on the edge, aligned and not.
    for (size_t shift = 0; shift < 9; ++shift) {
        char** array = (char**)(edge - 3 * sizeof(char*) + shift);
        char* const words[] = {"image", "edge", NULL};
        memcpy(array, words, sizeof words - shift);
        char label[64];
        snprintf(label, sizeof label, "array %zu bytes over the edge", shift);
        fate(label, "./image", array, none);
        snprintf(label, sizeof label, "environment %zu bytes over the edge", shift);
        fate(label, "./image", plain, array);
        memset(array, 'a', 3 * sizeof(char*) - shift);
    }
    // A string that ends there, or does not.
    for (size_t length = 0; length < 4; ++length) {
        char* const arguments[] = {"image", edge - length, NULL};
        fate("string without an end", "./image", arguments, none);
        fate("variable without an end", "./image", plain, arguments);
        fate("path without an end", edge - length, plain, none);
        if (length == 0) continue;
        edge[-1] = 0;
        fate("string up to the edge", "./image", arguments, none);
        fate("path up to the edge", edge - length, plain, none);
        edge[-1] = 'a';
    }
    char* const kBad[] = {(char*)1, (char*)0x7ffffffff000, (char*)0x800000000000, (char*)0xffffffff80000000, (char*)-1, (char*)-4095, edge};
    for (size_t i = 0; i < sizeof kBad / sizeof kBad[0]; ++i) {
        char* const arguments[] = {"image", kBad[i], "after", NULL};
        char label[64];
        snprintf(label, sizeof label, "bad string %zu", i);
        fate(label, "./image", arguments, none);
        snprintf(label, sizeof label, "bad variable %zu", i);
        fate(label, "./image", plain, arguments);
        snprintf(label, sizeof label, "bad path %zu", i);
        fate(label, kBad[i], plain, none);
    }
    // Sizes around the limits of one string (128 KiB) and of all. What fits is too much to print: the status is enough.
    char* const quiet = "/bin/true";
    for (int difference = -2; difference <= 1; ++difference) {
        memset(area, 'b', room);
        area[131072 + difference] = 0;
        char* const arguments[] = {"true", area, NULL};
        char label[64];
        snprintf(label, sizeof label, "string of 128 KiB %+d", difference);
        fate(label, quiet, arguments, none);
        snprintf(label, sizeof label, "variable of 128 KiB %+d", difference);
        fate(label, quiet, plain, arguments);
    }
    const struct rlimit stack = {1 << 20, 8 << 20};
    setrlimit(RLIMIT_STACK, &stack);
    static char* many[100002];
    const size_t counts[] = {1, 100, 1000, 7000, 15000, 16000, 20000, 30000, 100000};
    for (size_t i = 0; i < sizeof counts / sizeof counts[0]; ++i) {
        for (size_t k = 0; k < counts[i]; ++k) many[k] = "1234567";
        many[counts[i]] = NULL;
        char label[64];
        snprintf(label, sizeof label, "%zu arguments", counts[i]);
        fate(label, quiet, many, none);
        snprintf(label, sizeof label, "%zu variables", counts[i]);
        fate(label, quiet, plain, many);
    }
    for (unsigned long n = 0; n < random_count; ++n) {
        char* words[2][24];
        memset(area, 'c', room);
        size_t at = 0;
        for (int which = 0; which < 2; ++which) {
            const size_t count = random_number() % 23;
            for (size_t i = 0; i < count; ++i) {
                const size_t length = random_number() % (random_number() % 8 == 0 ? 5000 : 40);
                if (random_number() % 200 == 0) {
                    words[which][i] = kBad[random_number() % (sizeof kBad / sizeof kBad[0])];
                    continue;
                }
                words[which][i] = area + at;
                for (size_t k = 0; k < length; ++k) area[at + k] = (char)(1 + random_number() % 255);
                area[at + length] = 0;
                at = (at + length + 1) % (room - 8192);
            }
            words[which][count] = NULL;
        }
        char label[32];
        snprintf(label, sizeof label, "random %lu", n);
        fate(label, "./image", words[0], words[1]);
    }
}

int main(int argc, char** argv) {
    if (argc < 3) return 2;
    const int fd = open(argv[1], O_RDONLY | O_CLOEXEC);
    const off_t length = fd < 0 ? 0 : lseek(fd, 0, SEEK_END);
    if (length < (off_t)sizeof(Elf64_Ehdr)) die(argv[1]);
    size = (size_t)length;
    base = malloc(size);
    image = malloc(size);
    if (pread(fd, base, size, 0) != length || pipe2(result_pipe, O_CLOEXEC | O_NONBLOCK) != 0) die(argv[1]);
    const struct rlimit no_core = {0, 0};
    setrlimit(RLIMIT_CORE, &no_core);
    const unsigned long random_count = argc > 3 ? strtoul(argv[3], NULL, 10) : 0;
    if (argc > 4) stride = strtoul(argv[4], NULL, 10);
    if (strcmp(argv[2], "script") == 0) {
        write_image("image", base, size);
        mutate_scripts(random_count);
    } else if (strcmp(argv[2], "arguments") == 0) {
        write_image("image", base, size);
        mutate_arguments(random_count);
    } else {
        mutate_elf(argv[2], random_count);
    }
    printf("%lu executions\n", executions);
    return 0;
}
