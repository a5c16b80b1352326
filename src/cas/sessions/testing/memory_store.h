// SPDX-License-Identifier: Apache-2.0
//
// A Store of tests: in memory, with the versions and conflicts of the real one, and failures on demand. Only tests include this.
#pragma once

#include <functional>
#include <map>
#include <mutex>
#include <utility>

#include "cas/store/store.h"

namespace redoubt::cas {

class MemoryStore final : public Store {
 public:
  Result<std::optional<Record>, Error> get(RecordKind kind, const std::string& name) const override {
    const std::scoped_lock lock(mutex_);
    if (broken) return fail(ErrorCode::kFailed, "the test's store is broken");
    const auto found = records_.find({kind, name});
    if (found == records_.end()) return std::nullopt;
    ++reads;
    return Record{found->second.version, found->second.bytes.copy()};
  }

  Result<uint64_t, Error> version(RecordKind kind, const std::string& name) const override {
    const std::scoped_lock lock(mutex_);
    if (broken) return fail(ErrorCode::kFailed, "the test's store is broken");
    const auto found = records_.find({kind, name});
    return found == records_.end() ? 0 : found->second.version;
  }

  Result<CommitOutcome, Error> commit(std::vector<Change> changes) override {
    if (before_commit) std::exchange(before_commit, nullptr)();
    const std::scoped_lock lock(mutex_);
    if (broken || read_only) return fail(ErrorCode::kFailed, "the test's store is broken");
    for (const Change& change : changes) {
      const auto found = records_.find({change.kind, change.name});
      const uint64_t present = found == records_.end() ? 0 : found->second.version;
      if (present != change.replaces) return CommitOutcome::kConflict;
    }
    for (Change& change : changes) {
      records_[{change.kind, change.name}] = Record{change.replaces + 1, std::move(change.bytes)};
    }
    return CommitOutcome::kCommitted;
  }

  Result<std::vector<std::string>, Error> names(RecordKind kind, const std::string& prefix, const std::string& after,
                                                size_t limit) const override {
    const std::scoped_lock lock(mutex_);
    if (broken) return fail(ErrorCode::kFailed, "the test's store is broken");
    std::vector<std::string> names;
    for (const auto& [key, record] : records_) {
      if (key.first != kind || !key.second.starts_with(prefix) || key.second <= after) continue;
      if (names.size() == limit) break;
      names.push_back(key.second);
    }
    return names;
  }

  bool broken = false;                  // everything fails
  bool read_only = false;               // commits fail
  std::function<void()> before_commit;  // runs once, before the next commit
  mutable unsigned reads = 0;           // records that get() gave

 private:
  mutable std::mutex mutex_;
  std::map<std::pair<RecordKind, std::string>, Record> records_;  // guarded by mutex_
};

}  // namespace redoubt::cas
