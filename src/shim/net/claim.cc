// SPDX-License-Identifier: Apache-2.0
#include "shim/net/claim.h"

#include <sys/mman.h>
#include <sys/syscall.h>

#include "base/result.h"
#include "shim/gate/gate.h"

namespace redoubt::shim::net {

std::shared_ptr<ClaimWords> ClaimWords::create(size_t count) {
  const size_t size = (count * sizeof(uint32_t) + 4095) & ~size_t{4095};
  const int64_t at = gate::call(SYS_mmap, 0, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, ~uint64_t{0}, 0);
  if (is_error(at)) return nullptr;
  return std::shared_ptr<ClaimWords>(new ClaimWords(reinterpret_cast<std::atomic<uint32_t>*>(at), size));
}

ClaimWords::~ClaimWords() { gate::call(SYS_munmap, gate::address_of(words_), size_); }

bool Claim::acquire() {
  if (lost_) return false;
  if (word_ == nullptr) return true;
  const auto mine = static_cast<uint32_t>(gate::call(SYS_getpid));
  // Whatever is there, it is not this process: what it claimed it has no word for any more. (A number may come again.)
  uint32_t owner = 0;
  if (!word_->compare_exchange_strong(owner, mine)) lost_ = true;
  word_ = nullptr;
  words_.reset();
  return !lost_;
}

bool Claim::share(const std::shared_ptr<ClaimWords>& words, size_t index) {
  if (lost_ || word_ != nullptr) return false;
  words_ = words;
  word_ = &words->word(index);
  return true;
}

}  // namespace redoubt::shim::net
