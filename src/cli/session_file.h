// SPDX-License-Identifier: Apache-2.0
//
// A session as a file at the desk: read, checked, its mistakes printed with the file's name, and its predecessor filled in
// when the command line names one.
#pragma once

#include <ostream>
#include <string>
#include <vector>

#include "cli/error.h"
#include "policy/check.h"

namespace redoubt::cli {

struct SessionFile {
  std::string name;  // as messages call the file
  std::string text;
  policy::CheckedSession checked;
};

// "-" is standard input. Errors: kUsage. Mistakes are no error here.
Result<SessionFile> read_session_file(const std::string& path);

// One line a mistake, FILE:LINE:COLUMN: ...
void print_mistakes(std::ostream& stream, const SessionFile& file);

// `text` with `predecessor: HASH` added as its last line. Errors: kUsage, when the session has another one, or has a form that a
// line cannot be added to. Precondition: the session has no mistakes.
Result<SessionFile> with_predecessor(const SessionFile& file, const std::string& hash);

}  // namespace redoubt::cli
