// SPDX-License-Identifier: Apache-2.0
//
// Who owns a TLS connection after fork. Two processes that went on with one state would encrypt different bytes with one nonce, so
// the first that uses a connection owns it, and the other's use is EIO.
//
// At fork every connection of the process gets a word in memory that parent and child share, made for that fork: 0 while nobody
// has used it. The owner puts its process id there in one atomic step. A connection that was made after the last fork has no word,
// and costs nothing. A word that was still 0 at the next fork goes on to the grandchild: all descendants compete for it.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>

namespace redoubt::shim::net {

// Words of one fork. The mapping goes with the last Claim of this process.
class ClaimWords {
 public:
  static std::shared_ptr<ClaimWords> create(size_t count);  // null: no memory
  ~ClaimWords();
  ClaimWords(const ClaimWords&) = delete;
  ClaimWords& operator=(const ClaimWords&) = delete;
  std::atomic<uint32_t>& word(size_t index) const { return words_[index]; }

 private:
  ClaimWords(std::atomic<uint32_t>* words, size_t size) : words_(words), size_(size) {}
  std::atomic<uint32_t>* words_;
  size_t size_;  // bytes
};

class Claim {
 public:
  bool is_lost() const { return lost_; }
  void lose() { lost_ = true; }
  // Whether this process owns it for certain, without claiming.
  bool is_mine() const { return !lost_ && word_ == nullptr; }
  // Makes it this process's, unless it is another's.
  bool acquire();
  // Before fork, for every connection that is not lost. True: it took `index` of `words`.
  bool share(const std::shared_ptr<ClaimWords>& words, size_t index);

 private:
  std::shared_ptr<ClaimWords> words_;
  std::atomic<uint32_t>* word_ = nullptr;  // null: nobody else has the state
  bool lost_ = false;
};

}  // namespace redoubt::shim::net
