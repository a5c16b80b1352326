// SPDX-License-Identifier: Apache-2.0
//
// A volume in memory, for tests.
#pragma once

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <memory>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "volume/memory_storage.h"
#include "volume/volume.h"

namespace redoubt::volume {

inline Bytes test_key(uint8_t first = 1) {
  Bytes key(32);
  for (size_t i = 0; i < key.size(); ++i) key[i] = static_cast<uint8_t>(first + i);
  return key;
}

class TestRandom {
 public:
  explicit TestRandom(uint64_t seed = 1) : engine_(seed) {}
  void operator()(std::span<uint8_t> out) {
    for (uint8_t& byte : out) byte = static_cast<uint8_t>(engine_());
  }

 private:
  std::mt19937_64 engine_;
};

// Keeps the last tag, as CAS does.
class TestKeeper : public TagKeeper {
 public:
  Result<void> keep(const Tag& tag) override {
    if (refuse) return fail(EIO);
    kept = tag;
    return {};
  }
  bool wants_more() const override { return !first_only || !kept; }
  std::optional<Tag> kept;
  bool refuse = false;
  bool first_only = false;
};

// Knows of one open file.
class OneOpenFile : public Coordination {
 public:
  void lock() override { owner_.lock(); }
  void unlock() override { owner_.unlock(); }
  void lock_barrier() override { owner_.lock_barrier(); }
  void unlock_barrier() override { owner_.unlock_barrier(); }
  Head head() const override { return owner_.head(); }
  void publish(const Head& head) override { owner_.publish(head); }
  uint64_t settled() const override { return owner_.settled(); }
  void settle(uint64_t sequence) override { owner_.settle(sequence); }
  bool is_stopped() const override { return owner_.is_stopped(); }
  void stop() override { owner_.stop(); }
  bool is_open(InodeNumber inode) const override { return inode == open; }

  InodeNumber open = 0;

 private:
  SoleOwner owner_;
};

// "": none.
inline std::string text_of(const std::optional<OpenFailure>& failure) {
  return failure ? failure->check + ": expected " + failure->expected + ", found " + failure->found : "";
}

struct TestVolume {
  MemoryStorage storage;
  std::unique_ptr<SoleOwner> owner;
  std::unique_ptr<Volume> volume;
  std::vector<std::string> reports;
  Bytes key = test_key();
  TestRandom random;
  int64_t time = 1000;
  uint64_t small_writes = OpenOptions{}.small_writes;

  OpenOptions options() {
    OpenOptions options;
    options.key = key;
    options.small_writes = small_writes;
    options.clock = [this] { return Time{++time, 0}; };
    options.random = [this](std::span<uint8_t> out) { random(out); };
    options.report = [this](std::string_view line) { reports.emplace_back(line); };
    return options;
  }
  std::optional<OpenFailure> open(OpenOptions options, Storage* other = nullptr) {
    volume.reset();
    owner = std::make_unique<SoleOwner>();
    auto opened = Volume::open(other != nullptr ? *other : storage, *owner, std::move(options));
    if (!opened) return opened.error();
    volume = std::move(*opened);
    return std::nullopt;
  }
  void initialise() {
    OpenOptions with = options();
    with.initialise = true;
    ASSERT_EQ(text_of(open(std::move(with))), "");
  }
  void reopen() { ASSERT_EQ(text_of(open(options())), ""); }
  // A file of the root directory with this at its beginning, made where there is none.
  void put(std::string_view name, std::string_view text) {
    auto inode = volume->lookup(kRootInode, name);
    if (!inode) inode = volume->create(kRootInode, name, S_IFREG | 0644, 0, 0);
    ASSERT_TRUE(inode && volume->write(*inode, 0, as_bytes(text)));
  }
  std::string content(InodeNumber inode) {
    const auto attributes = volume->attributes(inode);
    if (!attributes) return "error " + std::to_string(number_of(attributes.error()));
    std::string text(attributes->size, '?');
    const auto read = volume->read(inode, 0, {reinterpret_cast<uint8_t*>(text.data()), text.size()});
    if (!read) return "error " + std::to_string(number_of(read.error()));
    text.resize(*read);
    return text;
  }
};

}  // namespace redoubt::volume
