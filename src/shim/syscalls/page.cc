// SPDX-License-Identifier: Apache-2.0
//
// Prints docs/syscalls.md: every row of the table, every command of the tables within rows, and which of the shields' tables list
// the call. Linked with the whole shim, so that it prints what the runtime decides by. Fails when a reason claims a shield ("but on
// volumes") whose tables do not list the call. tests/checks/syscalls_page.sh compares what it prints with the page.
#include <cstdio>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "shim/abi/errno_names.h"
#include "shim/files/attested_calls.h"
#include "shim/net/shield.h"
#include "shim/syscalls/command.h"
#include "shim/syscalls/row.h"
#include "shim/volumes/open_file.h"

namespace redoubt::shim {
namespace {

constexpr char kIntroduction[] = R"(# System calls

<!-- Made from the tables in src/shim/syscalls by page.cc there; tests/checks/syscalls_page.sh --fix BUILD writes it. -->

Every system call of x86-64 Linux, and what becomes of it when a program under Redoubt makes it. What has no row here is ENOSYS:
numbers that newer kernels may give out, x32 calls and `int $0x80`.

- **handled**: a function of the runtime decides; it may still pass the call on, by argument.
- **passed**: the host gets the call as it is. The reason says why that is safe, or what crosses *in the clear*: root can read it.
- **refused**: answered with the errno that is named, which programs know from older kernels or from processes without privilege.

*Shields* says which part of an attested run is asked before: **names** (paths lead into the tree of the session, code is verified,
volumes have their own names), **files** (descriptors of volumes, injected files and code), **sockets** (those that the session
names). What they do not answer goes on as the row says; a volume's or injected file's descriptor in a call without **files**, and a
path in one without **names**, are refused. Arguments *in italics* are filled by the call. A descriptor argument
that is one of the runtime's own is EBADF.

)";

std::string joined(const std::vector<std::string>& parts) {
  std::string text;
  for (const std::string& part : parts) {
    if (!text.empty()) text += ", ";
    text += part;
  }
  return text;
}

// A vertical bar would end the cell.
std::string cell(std::string_view text) {
  std::string escaped;
  for (const char c : text) {
    if (c == '|') escaped += '\\';
    escaped += c;
  }
  return escaped;
}

bool is_filled(const Arg& arg) {
  switch (arg.kind) {
    case ArgKind::kBuffer:
    case ArgKind::kStruct:
    case ArgKind::kIovec:
    case ArgKind::kMsghdr:
    case ArgKind::kMmsghdr:
    case ArgKind::kSockaddr: return arg.direction != Direction::kIn;
    default: return false;
  }
}

std::string call_text(const Row& row) {
  std::vector<std::string> args;
  for (const Arg& arg : row.args) {
    if (arg.kind == ArgKind::kNone) break;
    args.push_back(is_filled(arg) ? "*" + cell(arg.name) + "*" : cell(arg.name));
  }
  return "**" + std::string(row.name) + "**(" + joined(args) + ")";
}

std::string errno_text(int number) {
  for (const abi::ErrnoName& entry : abi::kErrnoNames) {
    if (entry.number == number) return entry.name;
  }
  return std::to_string(number);
}

std::string state_text(Treatment treatment, int refusal) {
  switch (treatment) {
    case Treatment::kHandled: return "handled";
    case Treatment::kPassed: return "passed";
    case Treatment::kRefused: return "refused: " + errno_text(refusal);
  }
  return {};
}

struct Shields {
  bool names = false;
  bool files = false;
  bool sockets = false;
};

Shields shields_of(const Row& row) {
  if (row.treatment == Treatment::kRefused) return {};  // a refused call stays refused
  return {.names = file_namespace::resolves_paths_of(row.number),
          .files = volumes::lists(row.number) || file_namespace::lists_descriptor_call(row.number),
          .sockets = net::lists(row.number)};
}

std::string shields_text(const Shields& shields) {
  std::vector<std::string> parts;
  if (shields.names) parts.emplace_back("names");
  if (shields.files) parts.emplace_back("files");
  if (shields.sockets) parts.emplace_back("sockets");
  return joined(parts);
}

// What a reason says of shields must be so.
bool reason_holds(const Row& row) {
  const std::string_view reason(row.reason);
  if (!reason.starts_with("in the clear, but on ")) return true;
  const std::string_view claims = reason.substr(0, reason.find(':'));
  const Shields shields = shields_of(row);
  const bool on_volumes = claims.find("volumes") == std::string_view::npos || shields.names || shields.files;
  const bool on_sockets = claims.find("sockets") == std::string_view::npos || shields.sockets;
  if (on_volumes && on_sockets) return true;
  std::fprintf(stderr, "%s: the reason names a shield whose table does not list the call: %s\n", row.name, row.reason);
  return false;
}

bool print_family(const RowFamily& family) {
  bool holds = true;
  std::printf("## %s\n\n| call | state | shields | reason |\n|---|---|---|---|\n", family.title);
  for (const Row& row : std::span(family.rows, family.count)) {
    std::printf("| %s | %s | %s | %s |\n", call_text(row).c_str(), state_text(row.treatment, row.refusal).c_str(),
                shields_text(shields_of(row)).c_str(), cell(row.reason).c_str());
    holds &= reason_holds(row);
  }
  std::printf("\n");
  return holds;
}

// Commands of one state and reason share a line: there are hundreds.
void print_commands(const Row& row, const CommandTable& table) {
  std::printf("## %s by command\n\nWhat is not listed is %s.\n\n| commands | state | reason |\n|---|---|---|\n",
              row.name, errno_text(table.unknown).c_str());
  struct Line {
    std::string state, reason;
    std::vector<std::string> names;
  };
  std::vector<Line> lines;
  for (const Command& command : std::span(table.commands, table.count)) {
    const std::string state = state_text(command.treatment, command.refusal);
    auto line = lines.begin();
    while (line != lines.end() && (line->state != state || line->reason != command.reason)) ++line;
    if (line == lines.end()) line = lines.insert(line, {state, command.reason, {}});
    line->names.emplace_back(command.name);
  }
  for (const Line& line : lines) {
    std::printf("| %s | %s | %s |\n", joined(line.names).c_str(), line.state.c_str(), cell(line.reason).c_str());
  }
  std::printf("\n");
}

bool print_page() {
  bool holds = true;
  std::fputs(kIntroduction, stdout);
  for (const RowFamily& family : row_families()) holds &= print_family(family);
  std::set<const CommandTable*> printed;  // socket and socketpair share one
  for (const RowFamily& family : row_families()) {
    for (const Row& row : std::span(family.rows, family.count)) {
      for (const Arg& arg : row.args) {
        if (arg.kind == ArgKind::kCommand && printed.insert(arg.commands).second) print_commands(row, *arg.commands);
      }
    }
  }
  return holds;
}

}  // namespace
}  // namespace redoubt::shim

int main() {
  const bool holds = redoubt::shim::print_page();
  return std::fflush(stdout) == 0 && holds ? 0 : 1;
}
