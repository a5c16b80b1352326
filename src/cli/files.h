// SPDX-License-Identifier: Apache-2.0
//
// Small files of people: what a command line names, and what the command keeps in its own directory. Reading is bounded, so
// that a device or a wrong file does not fill the memory. Files that may hold secrets are made readable by their owner only,
// and come into being whole: a reader never sees half of one.
#pragma once

#include <string>
#include <string_view>

#include "cli/error.h"

namespace redoubt::cli {

// At most `limit` + 1 bytes (one more than allowed, so that the caller can tell); "-" is standard input. Errors: kUsage.
Result<std::string> read_up_to(const std::string& path, size_t limit);

// The same; longer than `limit` is an error that says what the file should have been.
Result<std::string> read_file(const std::string& path, const char* what, size_t limit);

// Replaces `path` by a file of mode 0600 with this content, durable when it returns. Errors: kRedoubtFailed.
Result<void> replace_private_file(const std::string& path, std::string_view content);

// The same, but only when there is no such file; false when there is one, which stays as it is.
Result<bool> create_private_file(const std::string& path, std::string_view content);

// The user's directories: $XDG_CONFIG_HOME/redoubt (~/.config/redoubt) and $XDG_DATA_HOME/redoubt (~/.local/share/redoubt).
// Only the name; nothing is made. Errors: kUsage, when neither the variable nor HOME is set.
Result<std::string> config_directory();
Result<std::string> data_directory();

// Makes such a directory, mode 0700, unless it is there. Refuses one that others can write. Errors: kRedoubtFailed.
Result<void> make_private_directory(const std::string& path);

}  // namespace redoubt::cli
