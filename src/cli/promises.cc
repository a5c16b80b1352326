// SPDX-License-Identifier: Apache-2.0
//
// The promises of the platform `process`, as one table for both kinds of run. A shield that is added changes its row.
#include "cli/promises.h"

#include <iomanip>
#include <iostream>
#include <sstream>
#include <string_view>

#include "cli/terminal.h"

namespace redoubt::cli {
namespace {

struct Promise {
  std::string_view what;
  bool unattested;  // whether it holds in an unattested run
  bool attested;
  std::string_view meaning_unattested;
  std::string_view meaning_attested;
};

constexpr Promise kPromises[] = {
    {"arguments, environment", false, true, "anybody can read them in /proc",
     "from CAS, after it verified the program; not in /proc, not in the kernel's copy"},
    {"code", false, true, "whatever the host has is run", "only what the session names by its hash is run"},
    {"configuration files", false, true, "read from the host as they are", "injected files exist in memory only"},
    {"disk", false, false, "files are written as the program writes them",
     "files are written as the program writes them"},
    {"network", false, false, "sockets carry what the program sends", "sockets carry what the program sends"},
    {"memory against root", false, false, "root, kernel and hypervisor can read it",
     "keys and secrets of the runtime are sealed; root and hypervisor can read the program's"},
};

void print_promises(std::ostream& out, bool attested) {
  for (const Promise& promise : kPromises) {
    const bool holds = attested ? promise.attested : promise.unattested;
    out << "    " << std::left << std::setw(24) << promise.what
        << (holds ? paint(std::cerr, Colour::kGreen, "protected    ") : paint(std::cerr, Colour::kRed, "NOT protected"))
        << "  " << (attested ? promise.meaning_attested : promise.meaning_unattested) << '\n';
  }
}

}  // namespace

std::string unattested_notice() {
  std::ostringstream out;
  out << paint(std::cerr, Colour::kYellow, "redoubt: UNATTESTED RUN") << " - platform process, no shields.\n"
      << "  Nobody has verified this program. It can never obtain attested secrets.\n"
      << "  Every system call is intercepted, but:\n";
  print_promises(out, false);
  return std::move(out).str();
}

std::string attested_notice(const AttestedRun& run) {
  const auto warning = [](std::string_view text) { return paint(std::cerr, Colour::kYellow, text); };
  std::ostringstream out;
  out << paint(std::cerr, Colour::kBold, "redoubt: attested run") << " of " << run.configuration << " from the CAS at "
      << run.cas << " - platform process.\n"
      << "  The program starts only if CAS accepts the evidence. Then:\n";
  print_promises(out, true);
  out << "  Whether the evidence is " << warning("SIMULATED")
      << ", CAS and the session decide (tolerate: [simulation]); `redoubt cas show` says what this CAS trusts.\n";
  if (!run.cas_key_known) {
    out << "  " << warning("The key of this CAS is not known here:")
        << " whoever answers there decides what runs. Pin it: redoubt cas attest " << run.cas << " --key KEY\n";
  }
  if (run.trace)
    out << "  " << warning("--trace")
        << " shows every call: the evidence says DEBUG, which CAS refuses unless the session tolerates debug-mode.\n";
  if (run.unsealed_keys) {
    out << "  " << warning("--insecure-unsealed-keys:")
        << " without memfd_secret, keys lie in memory that root can read, and the evidence says DEBUG.\n";
  }
  return std::move(out).str();
}

}  // namespace redoubt::cli
