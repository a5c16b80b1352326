// SPDX-License-Identifier: Apache-2.0
//
// How the runtime was asked to behave. Set once at start, inherited by every process and image of the run.
#pragma once

namespace redoubt::shim {

struct Options {
  bool trace = false;  // a line a call to the trace descriptor
  bool stats = false;  // a line a process image to the statistics descriptor
};

const Options& options();
void set_options(const Options& options);

}  // namespace redoubt::shim
