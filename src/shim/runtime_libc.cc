// SPDX-License-Identifier: Apache-2.0
//
// What the C and C++ libraries would drag into the runtime, cut off.
//
// The runtime is one static-pie executable. Debian's libc.a and libstdc++.a reach dlopen, gconv, locales, NSS and the
// environment from surprisingly few places: gettext in the messages of exceptions and assertions, stdio in malloc_stats and in
// the verbose terminate handler, and the search path of a dynamic loader that a static program never uses. Each
// function below replaces one such place, so that the linker has no reason to take the archive member behind it.
// tools/check-runtime-binary proves that it worked. The linker options that belong to this file are in CMakeLists.txt:
// -Wl,--wrap=__tunables_init.
//
// Everything here runs on the runtime's thread pointer; what must not happen ends in runtime_fatal(), which does not return.

#include <linux/futex.h>
#include <malloc.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>
#include <cstdarg>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <exception>
#include <new>
#include <system_error>

extern "C" [[noreturn, gnu::cold]] void runtime_fatal(const char* what);

extern "C" {

[[gnu::weak]] void runtime_fatal(const char* what) {
  static constexpr char kPrefix[] = "redoubt-run: internal error: ";
  (void)!write(2, kPrefix, sizeof kPrefix - 1);
  (void)!write(2, what, __builtin_strlen(what));
  (void)!write(2, "\n", 1);
  __builtin_trap();
}

// --- the environment: the host's, so nothing in it may be believed ---

char* getenv(const char*) { return nullptr; }  // libc.a: _dl_non_dynamic_init reads LD_*; sysconf, ...
char* __libc_secure_getenv(const char*) { return nullptr; }
char* secure_getenv(const char*) {
  return nullptr;
}  // libcrypto.a: OPENSSL_CONF, OPENSSL_MODULES, OPENSSL_ia32cap, ...
int __unsetenv(const char*) { return 0; }
void __wrap___tunables_init(char**) {}  // GLIBC_TUNABLES, MALLOC_*

// --- stdio: malloc.o names it for malloc_stats() and malloc_info() only ---

struct _IO_FILE* stderr = nullptr;
struct _IO_FILE* stdout = nullptr;
int fprintf(struct _IO_FILE*, const char*, ...) { return -1; }
int _IO_fputs(const char*, struct _IO_FILE*) { return -1; }
std::size_t fwrite(const void*, std::size_t, std::size_t, struct _IO_FILE*) { return 0; }

int __vfprintf_chk(void*, int, const char*, std::va_list) { return -1; }     // libcrypto.a: OPENSSL_die
int __sprintf_chk(char*, int, std::size_t, const char*, ...) { return -1; }  // libssl.a: key logging, which is not on
int __isoc99_sscanf(const char*, const char*, ...) { return -1; }            // libcrypto.a: IPv4 addresses in text

void _IO_enable_locks() {}  // pthread_create
void _IO_list_lock() {}     // fork
void _IO_list_unlock() {}
void _IO_list_resetlock() {}
void* _IO_iter_begin() { return nullptr; }
void* _IO_iter_end() { return nullptr; }
void* _IO_iter_next(void*) { return nullptr; }
void* _IO_iter_file(void*) { return nullptr; }
int _IO_cleanup() { return 0; }  // exit
[[noreturn]] void __libc_dynarray_at_failure(std::size_t, std::size_t) { runtime_fatal("index out of range in libc"); }

// --- the resolver: pthread_create names its per-thread state, thread exit frees it ---

__thread void* __libc_resp = nullptr;
__thread void* __resp = nullptr;
void __res_thread_freeres() {}

// --- the dynamic loader's file half: libc's start-up names it, a static program never runs it ---

int __stack_prot = PROT_READ | PROT_WRITE;
int __nptl_change_stack_perm(void*) { runtime_fatal("executable stacks"); }
void _dl_init_paths(const char*, const char*, const char*, std::size_t, std::size_t) {}
const char* _dl_get_origin() { return reinterpret_cast<const char*>(-1); }
void _dl_runtime_resolve_fxsave() { runtime_fatal("lazy binding"); }
void _dl_runtime_resolve_xsave() { runtime_fatal("lazy binding"); }
void _dl_runtime_resolve_xsavec() { runtime_fatal("lazy binding"); }
void _dl_runtime_profile_sse() { runtime_fatal("lazy binding"); }
void _dl_runtime_profile_avx() { runtime_fatal("lazy binding"); }
void _dl_runtime_profile_avx512() { runtime_fatal("lazy binding"); }
const char* __strerror_r(int, char*, std::size_t) { return "error"; }

// --- ctype: the C locale's tables are data that libc names only weakly; without them its start-up reads a null pointer ---

struct gconv_functions {
  const void* to_wide;
  std::size_t to_wide_count;
  const void* to_bytes;
  std::size_t to_bytes_count;
};
extern const gconv_functions __wcsmbs_gconv_fcts_c;
const gconv_functions __wcsmbs_gconv_fcts_c = {};  // no wide characters; the real ones bring gconv and with it dlopen
extern const char _nl_C_LC_CTYPE[];
[[gnu::used, gnu::retain]] const char* const redoubt_keeps_ctype = _nl_C_LC_CTYPE;

// --- processors: malloc sizes its arenas by them; libc's own reads and parses files in /sys ---

unsigned long __malloc_default_thp_pagesize() { return 0; }
int __malloc_thp_mode() { return 3; }
void __malloc_hugepage_config(std::size_t, std::size_t* page_size, int* flags) {
  *page_size = 0;
  *flags = 0;
}
void __libc_check_standard_fds() {}
int __get_nprocs() {
  unsigned long mask[1024 / sizeof(unsigned long)] = {};
  long bytes = syscall(SYS_sched_getaffinity, 0, sizeof mask, mask);
  int count = 0;
  for (long i = 0; i < bytes / long(sizeof mask[0]); i++) count += __builtin_popcountl(mask[i]);
  return count > 0 ? count : 1;
}
int get_nprocs() { return __get_nprocs(); }
int get_nprocs_conf() { return __get_nprocs(); }
int __get_nprocs_conf() { return __get_nprocs(); }
int __get_nprocs_sched() { return __get_nprocs(); }
long __get_phys_pages() { return 1 << 20; }  // qsort bounds its buffer by a quarter of it
long __get_avphys_pages() { return 1 << 20; }
long get_phys_pages() { return 1 << 20; }
long get_avphys_pages() { return 1 << 20; }
char* __getcwd(char* buffer, std::size_t size) { return syscall(SYS_getcwd, buffer, size) > 0 ? buffer : nullptr; }
char* getcwd(char* buffer, std::size_t size) { return __getcwd(buffer, size); }

// --- time: libc's own gmtime reads the zone files that TZ names; its time() looks up the vDSO on its own ---

// libcrypto.a: dates of certificates. The proleptic Gregorian calendar in years that begin in March, from 0000-03-01 on.
struct tm* gmtime_r(const time_t* seconds, struct tm* to) {
  constexpr long kDay = 86400, kDaysOf400Years = 146097, kDaysBefore1970 = 719468;
  constexpr time_t kFirst = -62135596800, kLast = 253402300799;  // years 1 to 9999
  if (*seconds < kFirst || *seconds > kLast) return nullptr;
  const long second = (*seconds % kDay + kDay) % kDay;
  const long days = (*seconds - second) / kDay + kDaysBefore1970;
  const long era = days / kDaysOf400Years, day_of_era = days % kDaysOf400Years;
  const long year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
  const long day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const long march_month = (5 * day_of_year + 2) / 153;
  const long month = march_month < 10 ? march_month + 2 : march_month - 10;  // January is 0
  const long year = year_of_era + era * 400 + (month < 2 ? 1 : 0);
  *to = {};
  to->tm_year = static_cast<int>(year - 1900);
  to->tm_mon = static_cast<int>(month);
  to->tm_mday = static_cast<int>(day_of_year - (153 * march_month + 2) / 5 + 1);
  to->tm_hour = static_cast<int>(second / 3600);
  to->tm_min = static_cast<int>(second / 60 % 60);
  to->tm_sec = static_cast<int>(second % 60);
  constexpr long kThursday = 4;  // 1970-01-01
  to->tm_wday = static_cast<int>(((days - kDaysBefore1970 + kThursday) % 7 + 7) % 7);
  return to;
}
time_t time(time_t* result) {
  struct timespec now = {};
  clock_gettime(CLOCK_REALTIME, &now);
  if (result != nullptr) *result = now.tv_sec;
  return now.tv_sec;
}
int gettimeofday(struct timeval* now, void*) {  // libssl.a: time-outs of DTLS
  *now = {time(nullptr), 0};
  return 0;
}
unsigned sleep(unsigned seconds) { return seconds; }  // libcrypto.a: waiting in BIOs that are not there
int usleep(unsigned) { return -1; }

// --- what else of libc OpenSSL names ---

int atexit(void (*)()) { return 0; }  // the runtime ends with exit_group, or becomes another program
int mlock(const void*, std::size_t) noexcept { return -1; }  // secrets are in sealed memory (memory/sealed.h)
int __xpg_strerror_r(int, char* text, std::size_t size) {    // the real one brings gettext
  if (size > 0) text[0] = '\0';
  return 22;  // EINVAL
}
ssize_t sendfile(int, int, off_t*, std::size_t) noexcept { return -1; }  // libssl.a: kernel TLS

// --- assertions inside libc (assert.o drags gettext and stdio) ---

[[noreturn]] void __assert_fail(const char* expression, const char*, unsigned, const char*) noexcept {
  runtime_fatal(expression);
}
[[noreturn]] void __assert_fail_base(const char*, const char* expression, const char*, unsigned, const char*) {
  runtime_fatal(expression);
}

// --- the ways libc ends a process: heap corruption, a smashed stack, an overflowing fortified call, abort() itself ---

void* __abort_msg = nullptr;
__attribute__((noreturn)) void abort() noexcept { runtime_fatal("abort"); }
[[noreturn]] void __libc_message(int, const char*, ...);
void __libc_message(int, const char* format,
                    ...) {  // every caller in glibc passes "%s" or "%s\n" and one string, or none
  std::va_list arguments;
  va_start(arguments, format);
  runtime_fatal(format[0] == '%' ? va_arg(arguments, const char*) : format);
}
[[noreturn]] void __libc_fatal(const char* message) { runtime_fatal(message); }
[[noreturn]] void __fortify_fail(const char* message) { runtime_fatal(message); }

// --- exceptions: the runtime has none; the personality and the throw functions are only names in libstdc++.a ---

int __gxx_personality_v0() { runtime_fatal("exception"); }
void* __cxa_begin_catch(void*) noexcept { runtime_fatal("exception"); }
void __cxa_end_catch() { runtime_fatal("exception"); }
[[noreturn]] void __cxa_rethrow() { runtime_fatal("exception"); }
[[noreturn]] void __cxa_throw(void*, void*, void (*)(void*)) { runtime_fatal("exception"); }
void* __cxa_allocate_exception(std::size_t) noexcept { runtime_fatal("exception"); }
void __cxa_free_exception(void*) noexcept {}
[[noreturn]] void __cxa_pure_virtual() { runtime_fatal("pure virtual function called"); }
[[noreturn]] void __cxa_deleted_virtual() { runtime_fatal("deleted virtual function called"); }

// --- guards of function-local statics: 0 = untouched, 1 = done (first byte), busy and waited-for flags above it ---

int __cxa_guard_acquire(std::int64_t* guard) {
  auto* word = reinterpret_cast<int*>(guard);
  constexpr int kDone = 1, kBusy = 0x100, kWaited = 0x10000;
  for (;;) {
    int seen = 0;
    if (__atomic_compare_exchange_n(word, &seen, kBusy, false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE)) return 1;
    if (seen == kDone) return 0;
    if (seen == kBusy &&
        !__atomic_compare_exchange_n(word, &seen, kBusy | kWaited, false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE)) {
      if (seen == kDone) return 0;
      if (seen == 0) continue;
    }
    syscall(SYS_futex, word, FUTEX_WAIT_PRIVATE, kBusy | kWaited, nullptr);
  }
}
static void guard_finish(std::int64_t* guard, int value) {
  auto* word = reinterpret_cast<int*>(guard);
  if (__atomic_exchange_n(word, value, __ATOMIC_ACQ_REL) & 0x10000)
    syscall(SYS_futex, word, FUTEX_WAKE_PRIVATE, 0x7fffffff);
}
void __cxa_guard_release(std::int64_t* guard) { guard_finish(guard, 1); }
void __cxa_guard_abort(std::int64_t* guard) { guard_finish(guard, 0); }

}  // extern "C"

// --- operator new: memory that cannot be had is the end, not an exception ---

// A vfork child's (memory/scratch.h).
extern "C" [[gnu::weak]] void* scratch_allocate(std::size_t size, std::size_t alignment);
extern "C" [[gnu::weak]] bool scratch_owns(const void* pointer);

// In an attested run what is given back may have held a secret (process/wipe.h).
extern "C" bool redoubt_wipe_freed_memory;
bool redoubt_wipe_freed_memory = false;

static void* allocate(std::size_t size) {
  if (void* scratch = scratch_allocate ? scratch_allocate(size, alignof(std::max_align_t)) : nullptr) return scratch;
  void* p = malloc(size ? size : 1);
  if (!p) runtime_fatal("out of memory");
  return p;
}
static void* allocate_aligned(std::size_t size, std::align_val_t alignment) {
  if (void* scratch = scratch_allocate ? scratch_allocate(size, std::size_t(alignment)) : nullptr) return scratch;
  void* p = nullptr;
  if (posix_memalign(&p, std::size_t(alignment) < sizeof(void*) ? sizeof(void*) : std::size_t(alignment),
                     size ? size : 1) != 0)
    runtime_fatal("out of memory");
  return p;
}
static void release(void* p) {
  if (scratch_owns && scratch_owns(p)) return;
  if (redoubt_wipe_freed_memory && p) explicit_bzero(p, malloc_usable_size(p));
  free(p);
}
void* operator new(std::size_t size) { return allocate(size); }
void* operator new[](std::size_t size) { return allocate(size); }
void* operator new(std::size_t size, const std::nothrow_t&) noexcept { return malloc(size ? size : 1); }
void* operator new[](std::size_t size, const std::nothrow_t&) noexcept { return malloc(size ? size : 1); }
void* operator new(std::size_t size, std::align_val_t a) { return allocate_aligned(size, a); }
void* operator new[](std::size_t size, std::align_val_t a) { return allocate_aligned(size, a); }
void operator delete(void* p) noexcept { release(p); }
void operator delete[](void* p) noexcept { release(p); }
void operator delete(void* p, std::size_t) noexcept { release(p); }
void operator delete[](void* p, std::size_t) noexcept { release(p); }
void operator delete(void* p, std::align_val_t) noexcept { release(p); }
void operator delete[](void* p, std::align_val_t) noexcept { release(p); }
void operator delete(void* p, std::size_t, std::align_val_t) noexcept { release(p); }
void operator delete[](void* p, std::size_t, std::align_val_t) noexcept { release(p); }

// --- what the standard containers call instead of throwing ---

namespace std {
void terminate() noexcept { runtime_fatal("std::terminate"); }
void __throw_bad_alloc() { runtime_fatal("bad_alloc"); }
void __throw_bad_array_new_length() { runtime_fatal("bad_array_new_length"); }
void __throw_bad_cast() { runtime_fatal("bad_cast"); }
void __throw_bad_typeid() { runtime_fatal("bad_typeid"); }
void __throw_bad_exception() { runtime_fatal("bad_exception"); }
void __throw_bad_function_call() { runtime_fatal("bad_function_call"); }
void __throw_logic_error(const char* what) { runtime_fatal(what); }
void __throw_domain_error(const char* what) { runtime_fatal(what); }
void __throw_invalid_argument(const char* what) { runtime_fatal(what); }
void __throw_length_error(const char* what) { runtime_fatal(what); }
void __throw_out_of_range(const char* what) { runtime_fatal(what); }
void __throw_out_of_range_fmt(const char* format, ...) { runtime_fatal(format); }
void __throw_runtime_error(const char* what) { runtime_fatal(what); }
void __throw_range_error(const char* what) { runtime_fatal(what); }
void __throw_overflow_error(const char* what) { runtime_fatal(what); }
void __throw_underflow_error(const char* what) { runtime_fatal(what); }
void __throw_system_error(int) { runtime_fatal("system_error"); }
}  // namespace std
