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

enum class Holds : uint8_t { kNo, kYes, kWhereNamed };

struct Promise {
  std::string_view what;
  Holds unattested;
  Holds attested;  // the launcher does not know what the session says
  std::string_view meaning_unattested;
  std::string_view meaning_attested;
};

constexpr Promise kPromises[] = {
    {"arguments, environment", Holds::kNo, Holds::kYes, "anybody can read them in /proc",
     "from CAS, after it verified the program; not in /proc, not in the kernel's copy"},
    {"code", Holds::kNo, Holds::kYes, "whatever the host has is run", "only what the session names by its hash is run"},
    {"configuration files", Holds::kNo, Holds::kYes, "read from the host as they are",
     "injected files exist in memory only"},
    {"disk", Holds::kNo, Holds::kWhereNamed, "files are written as the program writes them",
     "volumes of the session are encrypted or authenticated; host directories that it names are not"},
    {"network", Holds::kNo, Holds::kWhereNamed, "sockets carry what the program sends",
     "TLS where the session's network section requires it; without that section, what the program sends"},
    {"standard streams, pipes", Holds::kNo, Holds::kNo, "the kernel and root can read them",
     "the kernel and root can read them"},
    {"memory against root", Holds::kNo, Holds::kNo, "root, kernel and hypervisor can read it",
     "keys and secrets of the runtime are sealed; root and hypervisor can read the program's"},
};

std::string label(Holds holds) {
  switch (holds) {
    case Holds::kYes: return paint(std::cerr, Colour::kGreen, "protected    ");
    case Holds::kWhereNamed: return paint(std::cerr, Colour::kYellow, "where named  ");
    case Holds::kNo: break;
  }
  return paint(std::cerr, Colour::kRed, "NOT protected");
}

void print_promises(std::ostream& out, bool attested) {
  for (const Promise& promise : kPromises) {
    out << "    " << std::left << std::setw(24) << promise.what
        << label(attested ? promise.attested : promise.unattested) << "  "
        << (attested ? promise.meaning_attested : promise.meaning_unattested) << '\n';
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
