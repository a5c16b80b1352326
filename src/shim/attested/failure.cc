// SPDX-License-Identifier: Apache-2.0
#include "shim/attested/failure.h"

#include <sys/syscall.h>

#include "base/text.h"
#include "shim/abi/errno_names.h"
#include "shim/files/standard_error.h"
#include "shim/gate/gate.h"

namespace redoubt::shim::attested {
namespace {

constexpr size_t kLongest = 1000;

// What somebody else wrote, made safe for a terminal: one line of printable ASCII.
std::string harmless(std::string_view text) {
  std::string clean(text.substr(0, kLongest));
  for (char& character : clean) {
    if (character < 0x20 || character > 0x7e) character = '?';
  }
  if (text.size() > kLongest) clean += "...";
  return clean;
}

}  // namespace

std::unexpected<Failure> refused(const wire::Problem& problem, std::string_view service, int status) {
  const std::string check = problem.check.empty() ? "none named" : std::string(problem.check);
  return failed(std::string(service) + " refused: " + check, std::string(problem.expected), std::string(problem.actual),
                std::string(problem.remedy), status);
}

std::string name_of(Errno error) {
  const abi::ErrnoName* known = abi::find_errno(number_of(error));
  if (known != nullptr) return std::string(known->name) + ", " + std::string(known->text);
  Text<32> text;
  text.append("error ").decimal(number_of(error));
  return std::string(text.view());
}

void report_in_one_line(std::string_view what, const Failure& failure) {
  Text<4096> text;
  text.append("redoubt: ").append(what).append(": ").append(harmless(failure.check)).append(": expected ");
  text.append(harmless(failure.expected)).append(", found ").append(harmless(failure.found)).append("; ");
  text.append(harmless(failure.remedy)).append('\n');
  standard_error::write(text.view());
}

void report_and_exit(const Failure& failure, std::string_view what) {
  Text<8192> text;
  text.append("redoubt: ").append(what).append(": ").append(harmless(failure.check)).append('\n');
  text.append("  expected    ").append(harmless(failure.expected)).append('\n');
  text.append("  found       ").append(harmless(failure.found)).append('\n');
  text.append("  what to do  ").append(harmless(failure.remedy)).append('\n');
  standard_error::write(text.view());
  while (true) gate::call(SYS_exit_group, static_cast<uint64_t>(failure.status));
}

}  // namespace redoubt::shim::attested
