// SPDX-License-Identifier: Apache-2.0
//
// Coordination of a volume between the processes of a run: in the control block.
#pragma once

#include "shim/volumes/control_block.h"
#include "volume/coordination.h"

namespace redoubt::shim::volumes {

class SharedCoordination final : public volume::Coordination {
 public:
  explicit SharedCoordination(size_t index) : index_(index) {}

  void lock() override;
  void unlock() override;
  void lock_barrier() override;
  void unlock_barrier() override;
  volume::Head head() const override;
  void publish(const volume::Head& head) override;
  uint64_t settled() const override;
  void settle(uint64_t sequence) override;
  bool is_stopped() const override;
  void stop() override;
  bool is_open(volume::InodeNumber inode) const override;

 private:
  VolumeControl& shared() const { return control().volumes[index_]; }
  size_t index_;
};

// Nanoseconds of CLOCK_MONOTONIC.
int64_t monotonic_now();

}  // namespace redoubt::shim::volumes
