// SPDX-License-Identifier: Apache-2.0
//
// Power cuts and kills at every call of the host: the volume opens without repair, what a barrier promised is there, and the state
// is one that the volume was in, at or after the last tag that was kept. REDOUBT_CRASH_CUTS: how many, instead of 700.
#include <cstdlib>

#include "volume/model.h"
#include "volume/power_cut_storage.h"
#include "volume/test_volume.h"

namespace redoubt::volume {
namespace {

// Of all volumes: how many blocks lay where after a crash, and were moved by checkpoints.
struct Counts {
  uint64_t in_log = 0, in_slots = 0, moved = 0;
};

// One volume through many crashes.
class CrashRun {
 public:
  static inline Counts counts;

  explicit CrashRun(uint64_t seed) : random_(seed), operations_(seed * 1000003) {
    keeper_.run = this;
    states_.emplace_back();
  }

  void initialise() {
    OpenOptions options = base_.options();
    options.initialise = true;
    ASSERT_FALSE(base_.open(std::move(options), &disk_));
    ASSERT_TRUE(base_.volume->barrier());
  }

  void crash_once() {
    disk_.die_after(1 + random_() % (random_() % 4 == 0 ? 400 : 60));
    Model in_flight;
    bool has_in_flight = false;
    if (base_.volume == nullptr || random_() % 2 == 0) open_while_dying();
    while (!disk_.is_dead) {
      const uint64_t what = operations_.below(20);
      if (what == 0) {
        (void)base_.volume->barrier();
      } else if (what == 1) {
        const uint64_t in_log = base_.volume->space().blocks_in_log;
        if (base_.volume->checkpoint()) counts.moved += in_log;
      } else {
        Model next = states_.back();
        in_flight = Model{};
        const int error = operations_.step(*base_.volume, next, &in_flight);
        has_in_flight = error != 0;
        if (error == 0) {
          states_.push_back(std::move(next));
        } else {
          ASSERT_TRUE(disk_.is_dead) << "error " << error;
        }
      }
    }
    base_.volume.reset();
    if (has_in_flight) states_.push_back(std::move(in_flight));
    bool is_cut = crash();
    for (uint64_t more = random_() % 3; more > 0; --more) {  // and again in the middle of recovery
      disk_.die_after(1 + random_() % 8);
      open_while_dying();
      base_.volume.reset();
      is_cut |= crash();
    }
    check(is_cut, has_in_flight);
  }

 private:
  struct Keeper : TagKeeper {
    Result<void> keep(const Tag& tag) override {
      if (run->disk_.is_dead) return fail(EIO);
      run->kept_ = tag;
      run->promised_ = run->states_.size() - 1;
      return {};
    }
    CrashRun* run = nullptr;
  };

  OpenOptions options() {
    OpenOptions options = base_.options();
    options.expected = kept_;
    options.keeper = &keeper_;
    options.log_limit = 300 << 10;
    constexpr uint64_t kSmallWrites[] = {0, 20 << 10, 60 << 10, 256 << 10};
    options.small_writes = kSmallWrites[random_() % std::size(kSmallWrites)];
    return options;
  }
  // Whether it was a power cut, or a kill.
  bool crash() {
    const bool is_cut = random_() % 4 != 0;
    if (is_cut) {
      disk_.cut_power(random_);
    } else {
      disk_.restart();
    }
    return is_cut;
  }
  // Dies in it, or not.
  void open_while_dying() {
    const auto failure = base_.open(options(), &disk_);
    ASSERT_TRUE(!failure || disk_.is_dead) << failure->check << ": " << failure->found;
  }

  void check(bool is_cut, bool has_in_flight) {
    const auto failure = base_.open(options(), &disk_);
    ASSERT_FALSE(failure) << failure->check << ": expected " << failure->expected << ", found " << failure->found;
    const Description found = describe(*base_.volume);
    size_t lowest = promised_;
    if (!is_cut) lowest = states_.size() - (has_in_flight ? 2 : 1);  // a kill loses nothing that returned
    for (size_t i = states_.size(); i-- > lowest;) {
      if (describe(states_[i]) != found) continue;
      ASSERT_TRUE(base_.volume->verify().empty());
      const auto space = base_.volume->space();
      counts.in_log += space.blocks_in_log;
      counts.in_slots += space.data_blocks - space.blocks_in_log;
      reread(i);
      return;
    }
    std::string text = std::to_string(states_.size() - lowest) + " states, " + (is_cut ? "cut" : "kill");
    for (size_t i = states_.size(); i-- > 0;) {
      int different = 0;
      const Description state = describe(states_[i]);
      for (const auto& [path, line] : state) different += !found.contains(path) || found.at(path) != line;
      text += "\nstate " + std::to_string(i) + ": " + std::to_string(different) + " lines differ, " +
              std::to_string(state.size()) + " against " + std::to_string(found.size());
    }
    for (const std::string& line : base_.reports) text += "\n" + line;
    FAIL() << "no state after the promised one (" << promised_ << ") is this: " << text;
  }
  // The history goes on from state `i`; files that were created in flight have their number.
  void reread(size_t i) {
    states_.resize(i + 1);
    Model& model = states_.back();
    constexpr InodeNumber kUnknown = ~InodeNumber{0};
    if (!model.nodes.contains(kUnknown)) return;
    for (auto& [number, node] : model.nodes) {
      for (auto& [name, inode] : node.names) {
        if (inode != kUnknown) continue;
        inode = *base_.volume->lookup(number, name);
        model.nodes[inode] = model.nodes[kUnknown];
        model.nodes.erase(kUnknown);
        return;
      }
    }
  }

  std::mt19937_64 random_;
  RandomOperations operations_;
  PowerCutStorage disk_;
  TestVolume base_;
  Keeper keeper_;
  std::vector<Model> states_;
  size_t promised_ = 0;
  std::optional<Tag> kept_;
};

TEST(VolumeCrashTest, PowerCutsAndKills) {
  const char* wanted = std::getenv("REDOUBT_CRASH_CUTS");
  const int cuts = wanted != nullptr ? std::atoi(wanted) : 700;
  constexpr int kEach = 20;
  for (int seed = 0; seed < cuts / kEach; ++seed) {
    CrashRun run(static_cast<uint64_t>(seed) + 1);
    run.initialise();
    for (int i = 0; i < kEach && !testing::Test::HasFailure(); ++i) {
      SCOPED_TRACE("seed " + std::to_string(seed + 1) + ", cut " + std::to_string(i));
      run.crash_once();
    }
    ASSERT_FALSE(testing::Test::HasFailure());
  }
  const auto& [in_log, in_slots, moved] = CrashRun::counts;
  const auto enough = static_cast<uint64_t>(cuts);
  EXPECT_GT(in_log, enough);
  EXPECT_GT(in_slots, enough);
  EXPECT_GT(moved, enough);
  std::printf("%d crashes; blocks afterwards: %lu in the log, %lu in slots; %lu moved by checkpoints\n", cuts, in_log,
              in_slots, moved);
}

// A cut while the volume is being made: it is made anew.
TEST(VolumeCrashTest, CutsWhileInitialising) {
  std::mt19937_64 random(7);
  for (uint64_t calls = 1; calls < 40; ++calls) {
    for (int repeat = 0; repeat < 5; ++repeat) {
      PowerCutStorage disk;
      TestVolume test;
      disk.die_after(calls);
      OpenOptions options = test.options();
      options.initialise = true;
      const bool was_made = !test.open(std::move(options), &disk).has_value();
      test.volume.reset();
      disk.cut_power(random);
      if (!was_made) {
        const auto failure = test.open(test.options(), &disk);
        EXPECT_TRUE(!failure || failure->error == ENOENT) << failure->check << ": " << failure->found;
      }
      options = test.options();
      options.initialise = true;
      const auto failure = test.open(std::move(options), &disk);
      ASSERT_FALSE(failure) << "after " << calls << " calls: " << failure->check << ": " << failure->found;
      ASSERT_TRUE(test.volume->create(kRootInode, "a", S_IFREG, 0, 0));
    }
  }
}

// Of a process whose death is an error of its disk: what it would say about that it cannot.
class LastWords final : public Coordination {
 public:
  explicit LastWords(Coordination& run) : run_(run) {}
  void lock() override { run_.lock(); }
  void unlock() override { run_.unlock(); }
  void lock_barrier() override { run_.lock_barrier(); }
  void unlock_barrier() override { run_.unlock_barrier(); }
  Head head() const override { return run_.head(); }
  void publish(const Head& head) override { run_.publish(head); }
  uint64_t settled() const override { return run_.settled(); }
  void settle(uint64_t sequence) override { run_.settle(sequence); }
  bool is_stopped() const override { return run_.is_stopped(); }
  void stop() override {}
  bool is_open(InodeNumber inode) const override { return run_.is_open(inode); }

 private:
  Coordination& run_;
};

// One of several processes dies at any call of a change, a barrier or a checkpoint: the others go on, and so does the next run.
TEST(VolumeCrashTest, AProcessDiesAmongOthers) {
  for (const int what : {0, 1, 2, 3, 4, 5}) {
    for (uint64_t calls = 1; calls < 16; ++calls) {
      SCOPED_TRACE("what " + std::to_string(what) + ", after " + std::to_string(calls) + " calls");
      PowerCutStorage disk;
      TestVolume test;
      if (what >= 3) test.small_writes = 0;
      OpenOptions options = test.options();
      options.initialise = true;
      ASSERT_FALSE(test.open(std::move(options), &disk));
      const InodeNumber file = *test.volume->create(kRootInode, "a", S_IFREG, 0, 0);
      ASSERT_TRUE(test.volume->append(file, as_bytes("one ")));
      // Whole blocks, which no cache has: a checkpoint moves them.
      const InodeNumber whole = *test.volume->create(kRootInode, "b", S_IFREG, 0, 0);
      const std::string blocks(3 * kBlockSize, 'b');
      ASSERT_TRUE(test.volume->write(whole, 0, as_bytes(blocks)));
      LastWords last_words(*test.owner);
      auto dying = *Volume::join(disk, last_words, test.options());
      disk.die_after(calls);
      bool was_done = false;
      if (what % 3 == 0) was_done = dying->append(file, as_bytes("two ")).has_value();
      if (what % 3 == 1) was_done = dying->barrier().has_value();
      if (what % 3 == 2) was_done = dying->checkpoint().has_value();
      disk.restart();
      ASSERT_TRUE(test.volume->append(file, as_bytes("three ")));
      ASSERT_TRUE(test.volume->barrier());
      ASSERT_TRUE(test.volume->append(file, as_bytes("four")));
      const std::string expected = what % 3 == 0 && was_done ? "one two three four" : "one three four";
      EXPECT_EQ(test.content(file), expected);
      EXPECT_EQ(test.content(whole), blocks);
      auto late = *Volume::join(disk, *test.owner, test.options());
      EXPECT_EQ(late->attributes(file)->size, expected.size());
      late.reset();
      ASSERT_FALSE(test.open(test.options(), &disk));
      EXPECT_EQ(test.content(file), expected);
      EXPECT_EQ(test.content(whole), blocks);
      EXPECT_TRUE(test.volume->verify().empty());
    }
  }
}

}  // namespace
}  // namespace redoubt::volume
