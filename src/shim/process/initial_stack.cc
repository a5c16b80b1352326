// SPDX-License-Identifier: Apache-2.0
//
//   high   NUL word
//          AT_EXECFN string
//          environment strings   one block with the arguments, in order: setproctitle() overwrites them
//          argument strings
//          AT_PLATFORM string, AT_RANDOM bytes
//          (alignment)
//          auxiliary vector, AT_NULL
//          envp..., NULL
//          argv..., NULL
//   low    argc                                                   <- %rsp, 16-byte aligned
#include "shim/process/initial_stack.h"

#include <elf.h>
#include <sys/syscall.h>

#include <cstring>

#include "shim/abi/auxiliary.h"
#include "shim/gate/gate.h"
#include "shim/process/program.h"

namespace redoubt::shim {
namespace {

// Entries taken over from the host as they are. AT_RSEQ_* are left out: rseq(2) is refused.
constexpr uint64_t kCopied[] = {AT_SYSINFO_EHDR, AT_HWCAP, AT_HWCAP2, AT_PAGESZ, AT_CLKTCK,
                                AT_UID,          AT_EUID,  AT_GID,    AT_EGID,   AT_MINSIGSTKSZ};

class Block {
 public:
  explicit Block(uint64_t top) : at_(top & ~uint64_t{15}) {}
  uint64_t push(const void* bytes, size_t size) {
    at_ -= size;
    std::memcpy(reinterpret_cast<void*>(at_), bytes, size);
    return at_;
  }
  uint64_t push(const std::string& text) { return push(text.c_str(), text.size() + 1); }
  uint64_t at() const { return at_; }

 private:
  uint64_t at_;
};

// Pushes strings so that the first has the lowest address; returns their addresses in order.
std::vector<uint64_t> push_strings(Block& block, const std::vector<std::string>& strings) {
  std::vector<uint64_t> addresses(strings.size());
  for (size_t i = strings.size(); i-- > 0;) addresses[i] = block.push(strings[i]);
  return addresses;
}

}  // namespace

uint64_t build_initial_stack(const StackRequest& request) {
  Program& info = program();
  Block block(request.top);
  const uint64_t zero = 0;
  block.push(&zero, sizeof(zero));
  const uint64_t exec_name = block.push(request.exec_name);
  info.environment_end = block.at();
  const std::vector<uint64_t> environment = push_strings(block, request.environment);
  info.environment_start = block.at();
  info.arguments_end = block.at();
  const std::vector<uint64_t> arguments = push_strings(block, request.arguments);
  info.arguments_start = block.at();
  const uint64_t platform = block.push(std::string("x86_64"));
  uint8_t random[16];
  gate::call(SYS_getrandom, gate::address_of(random), sizeof(random), 0);
  const uint64_t random_at = block.push(random, sizeof(random));

  info.auxv.clear();
  auto add = [&](uint64_t type, uint64_t value) { info.auxv.insert(info.auxv.end(), {type, value}); };
  for (const uint64_t type : kCopied) {
    const uint64_t value = abi::host_auxiliary(type);
    const bool always = type == AT_UID || type == AT_EUID || type == AT_GID || type == AT_EGID;
    if (value != 0 || always) add(type, value);
  }
  add(AT_PHDR, request.program_headers);
  add(AT_PHENT, sizeof(Elf64_Phdr));
  add(AT_PHNUM, request.program_header_count);
  add(AT_BASE, request.interpreter_base);
  add(AT_FLAGS, 0);
  add(AT_ENTRY, request.entry);
  add(AT_SECURE, 0);
  add(AT_RANDOM, random_at);
  add(AT_EXECFN, exec_name);
  add(AT_PLATFORM, platform);
  add(AT_NULL, 0);

  std::vector<uint64_t> words;
  words.push_back(arguments.size());
  words.insert(words.end(), arguments.begin(), arguments.end());
  words.push_back(0);
  words.insert(words.end(), environment.begin(), environment.end());
  words.push_back(0);
  words.insert(words.end(), info.auxv.begin(), info.auxv.end());

  const uint64_t size = words.size() * sizeof(uint64_t);
  const uint64_t rsp = (block.at() - size) & ~uint64_t{15};
  std::memcpy(reinterpret_cast<void*>(rsp), words.data(), size);
  info.stack_start = rsp;
  return rsp;
}

}  // namespace redoubt::shim
