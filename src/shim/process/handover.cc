// SPDX-License-Identifier: Apache-2.0
//
// Serialisation of the handover.
#include "shim/process/handover.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include <climits>
#include <cstring>

#include "shim/files/raised_limit.h"
#include "shim/files/window.h"
#include "shim/gate/gate.h"
#include "shim/gate/host_answer.h"
#include "shim/memory/sealed.h"
#include "shim/process/wipe.h"

namespace redoubt::shim {
namespace {

constexpr uint64_t kMagic = 0x34766f6275646572;      // "redubov4", little endian
constexpr off_t kLargest = off_t{64} * 1024 * 1024;  // exec limits arguments and environment to far less
constexpr int kSeals = F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE;

struct Header {
  uint64_t magic;
  uint64_t size;  // of the whole file
  uint64_t signal_mask;
  uint64_t ignored_faults;
  uint64_t open_slots;
  int32_t window_base;
  int32_t program;      // descriptors
  int32_t interpreter;  // or -1
  uint32_t argument_count;
  uint32_t environment_count;
  uint8_t trace;
  uint8_t stats;
  uint8_t patch_after;
  uint8_t padding[5];
  uint32_t attested_size;
};
static_assert(sizeof(Header) == 72);

void append(std::string& out, const std::string& text) { out.append(text.c_str(), text.size() + 1); }

Result<void> write_all(int fd, const std::string& bytes) {
  const RaisedSoftLimit raised(RLIMIT_FSIZE, RLIM_INFINITY);
  size_t done = 0;
  while (done < bytes.size()) {
    const int64_t raw =
        gate::call(SYS_write, static_cast<uint64_t>(fd), gate::address_of(bytes.data() + done), bytes.size() - done);
    const size_t written = TRY(gate::count_of(raw, bytes.size() - done));
    if (written == 0) return fail(EIO);
    done += written;
  }
  return {};
}

void survive_exec(int fd) {
  if (fd >= 0) gate::call(SYS_fcntl, static_cast<uint64_t>(fd), F_SETFD, 0);
}

// Takes NUL-terminated strings off the front of the file's contents.
class Reader {
 public:
  explicit Reader(std::string_view rest) : rest_(rest) {}
  std::string_view rest() const { return rest_; }
  Result<std::string> string() {
    const size_t nul = rest_.find('\0');
    if (nul == std::string_view::npos) return fail(EINVAL);
    std::string text(rest_.substr(0, nul));
    rest_.remove_prefix(nul + 1);
    return text;
  }
  Result<std::vector<std::string>> strings(uint32_t count) {
    std::vector<std::string> all;
    // No room is made before: the count is anybody's.
    for (uint32_t i = 0; i < count; ++i)
      all.push_back(TRY(string()));  // NOLINT(performance-inefficient-vector-operation)
    return all;
  }

 private:
  std::string_view rest_;
};

size_t size_of(const Handover& handover) {
  size_t size = sizeof(Header) + handover.files.exec_name.size() + handover.files.command_name.size() +
                handover.options.trace_filter.size() + 3;
  for (const std::string& text : handover.files.arguments) size += text.size() + 1;
  for (const std::string& text : handover.environment) size += text.size() + 1;
  return size + handover.attested.size();
}

// Fully sealed: it cannot change any more.
Result<OwnedFd> write_memory_file(const std::string& bytes) {
  OwnedFd file(static_cast<int>(TRY(
      from_raw(gate::call(SYS_memfd_create, gate::address_of("redoubt-handover"), MFD_ALLOW_SEALING | MFD_CLOEXEC)))));
  TRY_VOID(write_all(file.get(), bytes));
  TRY(from_raw(gate::call(SYS_fcntl, static_cast<uint64_t>(file.get()), F_ADD_SEALS, kSeals)));
  return file;
}

// Left to the kernel to wipe: the mapping here is the same memory that the next image is to read.
Result<OwnedFd> write_secret_file(const std::string& bytes) {
  sealed::SealedFile file = TRY(sealed::create_file(bytes.size()));
  std::memcpy(file.memory.data(), bytes.data(), bytes.size());
  gate::call(SYS_munmap, gate::address_of(file.memory.data()), file.memory.size());
  return std::move(file.descriptor);
}

}  // namespace

Result<OwnedFd> write_handover(const Handover& handover) {
  const ProgramFiles& files = handover.files;
  std::string bytes;
  bytes.reserve(size_of(handover));  // no copies of secrets from growing
  bytes.resize(sizeof(Header));
  append(bytes, files.exec_name);
  append(bytes, files.command_name);
  append(bytes, handover.options.trace_filter);
  for (const std::string& text : files.arguments) append(bytes, text);
  for (const std::string& text : handover.environment) append(bytes, text);
  bytes.append(as_text(handover.attested));

  Header header{};
  header.magic = kMagic;
  header.size = bytes.size();
  header.signal_mask = handover.signal_mask;
  header.ignored_faults = handover.ignored_faults;
  header.window_base = handover.window_base;
  header.open_slots = handover.open_slots;
  header.program = files.program.get();
  header.interpreter = files.interpreter.get();
  header.argument_count = static_cast<uint32_t>(files.arguments.size());
  header.environment_count = static_cast<uint32_t>(handover.environment.size());
  header.trace = handover.options.trace;
  header.stats = handover.options.stats;
  header.patch_after = handover.options.patch_after;
  header.attested_size = static_cast<uint32_t>(handover.attested.size());
  std::memcpy(bytes.data(), &header, sizeof(header));

  const bool secret = !handover.attested.empty();
  auto file = secret && !sealed::is_insecure() ? write_secret_file(bytes) : write_memory_file(bytes);
  if (secret) explicit_bzero(bytes.data(), bytes.size());
  if (!file) return file;
  survive_exec(file->get());
  survive_exec(files.program.get());
  survive_exec(files.interpreter.get());
  return file;
}

Result<Handover> parse_handover(std::string_view bytes) {
  Header header;
  if (bytes.size() < sizeof(header)) return fail(EINVAL);
  std::memcpy(&header, bytes.data(), sizeof(header));
  if (header.magic != kMagic || header.size != bytes.size() || header.attested_size > bytes.size() ||
      header.program < 0 || header.interpreter < -1 || !window::is_possible(header.window_base, header.open_slots)) {
    return fail(EINVAL);
  }

  Handover handover;
  handover.options.trace = header.trace != 0;
  handover.options.stats = header.stats != 0;
  handover.options.patch_after = header.patch_after;
  handover.window_base = header.window_base;
  handover.open_slots = header.open_slots;
  handover.signal_mask = header.signal_mask;
  handover.ignored_faults = header.ignored_faults;
  Reader reader(bytes.substr(sizeof(header)));
  handover.files.exec_name = TRY(reader.string());
  handover.files.command_name = TRY(reader.string());
  handover.options.trace_filter = TRY(reader.string());
  handover.files.arguments = TRY(reader.strings(header.argument_count));
  handover.environment = TRY(reader.strings(header.environment_count));
  if (reader.rest().size() != header.attested_size) return fail(EINVAL);
  handover.attested = as_bytes(reader.rest());
  // Last: what was refused is not ours to close.
  handover.files.program = OwnedFd(header.program);
  handover.files.interpreter = OwnedFd(header.interpreter);
  return handover;
}

namespace {

// Secret memory is of the size of whole pages; the header tells how much of it is meant.
Result<Handover> read_secret_file(int fd) {
  const OwnedFd file(fd);
  const std::span<uint8_t> memory = TRY(sealed::map_file(fd, kLargest));
  Header header;
  std::memcpy(&header, memory.data(), sizeof(header));
  auto handover =
      header.size > memory.size() ? fail(EINVAL) : parse_handover(as_text(ByteView(memory)).substr(0, header.size));
  if (!handover) {
    sealed::unmap(memory);
    return handover;
  }
  handover->sealed = memory;
  return handover;
}

Result<Handover> read_memory_file(int fd) {
  const OwnedFd file(fd);
  struct stat status;
  TRY(from_raw(gate::call(SYS_fstat, static_cast<uint64_t>(fd), gate::address_of(&status))));
  if (status.st_size < static_cast<off_t>(sizeof(Header)) || status.st_size > kLargest) return fail(EINVAL);
  std::string bytes(static_cast<size_t>(status.st_size), '\0');
  if (TRY(read_at(fd, 0, bytes.data(), bytes.size())) != bytes.size()) return fail(EINVAL);
  auto handover = parse_handover(bytes);
  if (handover && !handover->attested.empty()) {
    handover->unsealed.assign(handover->attested.begin(), handover->attested.end());
    handover->attested = handover->unsealed;
    explicit_bzero(bytes.data(), bytes.size());
  }
  return handover;
}

}  // namespace

Result<Handover> read_handover(int fd) {
  if (sealed::is_secret(fd)) return read_secret_file(fd);
  // Only a fully sealed memory file is read: it cannot change between the check and the use.
  const int64_t seals = gate::call(SYS_fcntl, static_cast<uint64_t>(fd), F_GET_SEALS);
  return seals == kSeals ? read_memory_file(fd) : fail(EINVAL);
}

void release_attested(Handover& handover) {
  sealed::unmap(handover.sealed);
  wipe(handover.unsealed);
  handover.sealed = {};
  handover.attested = {};
}

}  // namespace redoubt::shim
