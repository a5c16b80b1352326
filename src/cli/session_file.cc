// SPDX-License-Identifier: Apache-2.0
#include "cli/session_file.h"

#include "cli/files.h"
#include "cli/terminal.h"
#include "policy/session_hash.h"
#include "policy/yaml_document.h"

namespace redoubt::cli {

Result<SessionFile> read_session_file(const std::string& path) {
  // One byte more than a session may have: the check says so, in its own words.
  std::string text = TRY(read_up_to(path, policy::kMaxTextSize));
  SessionFile file{path == "-" ? "standard input" : path, std::move(text), {}};
  file.checked = policy::check_session(file.text);
  return file;
}

void print_mistakes(std::ostream& stream, const SessionFile& file) {
  for (const policy::Mistake& one : file.checked.mistakes) {
    const Colour colour = one.severity == policy::Severity::kError ? Colour::kRed : Colour::kYellow;
    stream << paint(stream, colour, file.name) << ':' << policy::describe(one) << '\n';
  }
}

Result<SessionFile> with_predecessor(const SessionFile& file, const std::string& hash) {
  const policy::Session& session = *file.checked.session;
  if (session.predecessor == hash) return file;
  if (!session.predecessor.empty()) {
    return fail(ExitStatus::kUsage, "expected one predecessor, found " + session.predecessor + " in " + file.name +
                                        " and " + hash + " from --predecessor; leave one of them out");
  }
  SessionFile filled = file;
  if (!filled.text.ends_with('\n')) filled.text += '\n';
  filled.text += "predecessor: " + hash + "\n";
  filled.checked = policy::check_session(filled.text);
  // Text was put after text: what came of it must be the same session and nothing else.
  policy::Session wanted = session;
  wanted.predecessor = hash;
  if (!filled.checked.session || policy::session_hash(*filled.checked.session) != policy::session_hash(wanted)) {
    return fail(ExitStatus::kUsage, "cannot add a line to " + file.name + "; write `predecessor: " + hash +
                                        "` into it and leave --predecessor out");
  }
  return filled;
}

}  // namespace redoubt::cli
