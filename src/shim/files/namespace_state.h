// SPDX-License-Identifier: Apache-2.0
//
// What the files of this folder share of an attested run's namespace. Built before the program runs, then constant but for the
// contents of injected files and the sizes of code files that were verified.
#pragma once

#include <map>
#include <string>

#include "base/result.h"
#include "shim/files/credentials.h"
#include "shim/files/injected_files.h"
#include "shim/files/namespace.h"
#include "shim/files/resolve.h"
#include "shim/files/tree.h"
#include "shim/process/program_file.h"

namespace redoubt::shim::file_namespace {

struct State {
  Tree tree;
  std::map<NodeId, InjectedFile> injected;
};
State& state();

// From here on the namespace holds. Takes READ_IMPLIES_EXEC off the process, which the launcher may have set: it would make every
// readable mapping executable.
void activate();

// Resolves a path argument of the program: relative to `directory` (AT_FDCWD: the working directory).
// `who` walks: nobody named, the calling thread.
Result<Place> place_of(int directory, const std::string& path, Follow follow, const Credentials* who = nullptr);
// The directory itself.
Result<Place> place_of_directory(const BaseDirectory& directory);

// A sealed memory file with the verified bytes of a code file. EIO, and a line on standard error, when they are wrong.
Result<OwnedFd> verified_file(NodeId node);

// The path on the host that a code file is read from.
std::string host_path_of(NodeId node);

}  // namespace redoubt::shim::file_namespace
