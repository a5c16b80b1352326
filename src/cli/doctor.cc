// SPDX-License-Identifier: Apache-2.0
//
// `redoubt doctor`: one row for each thing the runtime asks of a machine. A missing requirement fails the command; a
// missing recommendation is a warning, because everything works but something is slower or less well protected.
// Nothing else is needed: no root, no kernel module, no user namespaces, no KVM.
#include <algorithm>
#include <iomanip>
#include <iostream>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "cli/command.h"
#include "cli/platform_checks.h"
#include "cli/terminal.h"

namespace redoubt::cli {
namespace {

enum class Weight { kRequired, kRecommended };

struct Check {
  consteval Check(const char* name, Weight weight, Finding (*probe)(), const char* needed, const char* otherwise)
      : name(name), weight(weight), probe(probe), needed(needed), otherwise(otherwise) {}

  const char* name;
  Weight weight;
  Finding (*probe)();
  const char* needed;
  const char* otherwise;  // what follows when it is missing, and what to do
};

using enum Weight;

constexpr Check kChecks[] = {
    {"processor", kRequired, probe_architecture, "x86_64", "nothing runs; use an x86-64 machine"},
    {"kernel", kRequired, probe_kernel_version, "Linux 5.11 or later",
     "system calls cannot be intercepted; install a newer kernel"},
    {"syscall-dispatch", kRequired, probe_syscall_dispatch, "Syscall User Dispatch, seen working",
     "system calls cannot be intercepted; a sandbox or container may filter prctl: allow "
     "PR_SET_SYSCALL_USER_DISPATCH"},
    {"fsgsbase", kRequired, probe_fsgsbase, "rdfsbase and wrfsbase in user space",
     "the shim cannot switch thread pointers; remove nofsgsbase from the kernel's command line, or use a CPU "
     "since 2012"},
    {"close_range", kRequired, probe_close_range, "the system call (Linux 5.9)",
     "close-on-exec rules cannot be kept; install a newer kernel, or allow the call in the sandbox"},
    {"execveat", kRequired, probe_execveat, "the system call (Linux 3.19)",
     "execve cannot hand over to the runtime; allow the call in the sandbox"},
    {"proc", kRequired, probe_proc, "procfs mounted on /proc",
     "the runtime cannot find itself or answer for /proc/self; mount -t proc proc /proc"},
    {"runtime", kRequired, probe_runtime, "redoubt-run, executable",
     "`redoubt run` exits with 125; build it (cmake --build --preset release) or reinstall Redoubt"},
    {"membarrier", kRecommended, probe_membarrier, "PRIVATE_EXPEDITED_SYNC_CORE (Linux 4.16)",
     "call sites cannot be patched: every system call costs a trap, about 2 microseconds"},
    {"memfd_secret", kRecommended, probe_memfd_secret, "the system call (Linux 5.14; on by default since 6.5)",
     "keys cannot be hidden from root in sealed memory; boot with secretmem.enable=1"},
    {"descriptors", kRecommended, probe_descriptor_limit, "a hard RLIMIT_NOFILE of at least 4096",
     "programs with many open files run out earlier than natively, as the shim keeps its own above theirs; "
     "raise it"},
    {"overcommit", kRecommended, probe_overcommit, "vm.overcommit_memory 0 or 1",
     "programs that reserve much address space (Go, Java) may fail to start; sysctl vm.overcommit_memory=0"},
};

enum class Verdict { kOk, kWarn, kFail };

struct Outcome {
  const Check* check;
  Verdict verdict;
  std::string found;
};

std::vector<Outcome> examine() {
  std::vector<Outcome> outcomes;
  for (const Check& check : kChecks) {
    Finding finding = check.probe();
    const Verdict missing = check.weight == kRequired ? Verdict::kFail : Verdict::kWarn;
    outcomes.push_back({&check, finding.present ? Verdict::kOk : missing, std::move(finding.found)});
  }
  return outcomes;
}

constexpr std::string_view name_of(Verdict verdict) {
  switch (verdict) {
    case Verdict::kOk: return "ok";
    case Verdict::kWarn: return "warn";
    case Verdict::kFail: return "fail";
  }
  return "";
}

constexpr Colour colour_of(Verdict verdict) {
  switch (verdict) {
    case Verdict::kOk: return Colour::kGreen;
    case Verdict::kWarn: return Colour::kYellow;
    case Verdict::kFail: return Colour::kRed;
  }
  return Colour::kBold;
}

void print_lines(const std::vector<Outcome>& outcomes) {
  for (const Outcome& outcome : outcomes) {
    const std::string padding(4 - name_of(outcome.verdict).size(), ' ');
    std::cout << paint(std::cout, colour_of(outcome.verdict), name_of(outcome.verdict)) << padding << "  " << std::left
              << std::setw(18) << outcome.check->name << outcome.found << "  (needed: " << outcome.check->needed << ')';
    if (outcome.verdict != Verdict::kOk) std::cout << "  -> " << outcome.check->otherwise;
    std::cout << '\n';
  }
}

std::string json_string(std::string_view text) {
  std::string out = "\"";
  for (const unsigned char c : text) {
    if (c == '"' || c == '\\') {
      out += '\\';
      out += static_cast<char>(c);
    } else if (c < 0x20) {
      constexpr std::string_view kHex = "0123456789abcdef";
      out.append("\\u00").append(1, kHex[c >> 4]).append(1, kHex[c & 15]);
    } else {
      out += static_cast<char>(c);
    }
  }
  return out + '"';
}

void print_json(const std::vector<Outcome>& outcomes) {
  std::cout << "[";
  const char* separator = "\n";
  for (const Outcome& outcome : outcomes) {
    std::cout << separator << "  {\"name\": " << json_string(outcome.check->name)
              << ", \"verdict\": " << json_string(name_of(outcome.verdict))
              << ", \"required\": " << (outcome.check->weight == kRequired ? "true" : "false")
              << ", \"found\": " << json_string(outcome.found) << ", \"needed\": " << json_string(outcome.check->needed)
              << ", \"otherwise\": " << json_string(outcome.check->otherwise) << '}';
    separator = ",\n";
  }
  std::cout << "\n]\n";
}

Result<ExitStatus> diagnose(bool json) {
  const std::vector<Outcome> outcomes = examine();
  const auto count = [&](Verdict verdict) { return std::ranges::count(outcomes, verdict, &Outcome::verdict); };
  if (json) {
    print_json(outcomes);
  } else {
    print_lines(outcomes);
    std::cout << (count(Verdict::kFail) ? "This machine cannot run Redoubt" : "This machine can run Redoubt") << " (ok "
              << count(Verdict::kOk) << ", warn " << count(Verdict::kWarn) << ", fail " << count(Verdict::kFail)
              << ").\n";
  }
  if (!std::cout.flush()) return fail(ExitStatus::kRedoubtFailed, "cannot write to standard output");
  return count(Verdict::kFail) ? ExitStatus::kRequirementMissing : ExitStatus::kSuccess;
}

constexpr const char* kFooter =
    "Each line says ok, warn or fail, what was found, what was needed and, if that is missing, what follows. "
    "With --json, an\n"
    "array of objects: name, verdict, required, found, needed, otherwise.\n"
    "\n"
    "Examples:\n"
    "  redoubt doctor\n"
    "  redoubt doctor --json | jq '.[] | select(.verdict != \"ok\")'\n"
    "\n"
    "Exit status: 0 everything required is there (warnings allowed); 1 something required is missing;\n"
    "  2 the command line is wrong; 125 Redoubt itself failed";

}  // namespace

Action define_doctor(CLI::App& app) {
  auto json = std::make_shared<bool>(false);
  app.footer(kFooter);
  app.add_flag("--json", *json, "Print a JSON array instead of lines");
  return [json] { return diagnose(*json); };
}

}  // namespace redoubt::cli
