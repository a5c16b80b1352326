// SPDX-License-Identifier: Apache-2.0
//
// What is in a volume, for people (as ls shows it) and as JSON.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "cli/volume_open.h"

namespace redoubt::cli {

struct ListedFile {
  std::string path;
  volume::Attributes attributes;
  std::string target;  // of a link
};

// Appends the entries of a directory, each before what is below it.
Result<void> list_volume(OpenVolume& volume, volume::InodeNumber directory, const std::string& path, bool recursive,
                         std::vector<ListedFile>& found);

Result<ExitStatus> print_listed_files(const std::vector<ListedFile>& found, bool is_long, bool json);

// Names and link targets are the program's: no control characters reach a terminal.
std::string printable(std::string_view name);

}  // namespace redoubt::cli
