// SPDX-License-Identifier: Apache-2.0
//
// How many SGX quotes a second one core verifies, with warm collateral (docs/performance.md). Three cases: quotes of one
// node (its key is known after the first), quotes of a node that was never seen (everything but the collateral is verified),
// and what preparing collateral costs. The platform is made up, or given:
//
//   verify_quotes [SECONDS]                               a simulated platform
//   verify_quotes SECONDS QUOTE COLLATERAL ROOT TIME      files as for `redoubt attest verify`; TIME in seconds since 1970
//
// Prints one line a case. CPU time of this thread is measured, so other load on the machine counts little.
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <fstream>
#include <iterator>
#include <string>

#include "attest/make_verifier.h"
#include "attest/simulated/evidence_source.h"
#include "crypto/issue.h"

namespace {

using namespace redoubt;

double cpu_seconds() {
    timespec time{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
}

template <typename Action>
void measure(const char* name, double seconds, Action action) {
    size_t count = 0;
    const double start = cpu_seconds();
    double end = start;
    do {
        action();
        ++count;
        end = cpu_seconds();
    } while (end - start < seconds);
    std::printf("%-40s %8.0f /s  %8.1f us each\n", name, static_cast<double>(count) / (end - start),
                (end - start) * 1e6 / static_cast<double>(count));
}

struct Setting {
    Bytes quote;
    std::string collateral, root;
    UtcTime at;
};

std::string read(const char* path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

Setting made_up() {
    const UtcTime now = utc_time_from_unix(1755000000);
    const auto platform = attest::simulated::make_platform(now);
    const auto collateral = attest::simulated::make_collateral(platform->authority, now, std::chrono::days(30));
    return {*attest::simulated::SimulatedSgx(platform->quoting).evidence({}, {}), attest::as_json(*collateral),
            crypto::to_pem(platform->authority.root.certificate), now};
}

Setting from_files(char** arguments) {
    const std::string quote = read(arguments[0]);
    return {Bytes(quote.begin(), quote.end()), read(arguments[1]), read(arguments[2]),
            utc_time_from_unix(std::atoll(arguments[3]))};
}

}  // namespace

int main(int argc, char** argv) {
    const double seconds = argc > 1 ? std::atof(argv[1]) : 1;
    const Setting setting = argc == 6 ? from_files(argv + 2) : made_up();
    const auto make = [&] { return attest::make_verifier(setting.root, setting.collateral, true); };
    const auto verifier = make();
    if (!verifier) {
        std::fprintf(stderr, "verify_quotes: %s\n", verifier.error().message.c_str());
        return 1;
    }
    const auto verify = [&](const attest::EvidenceVerifier& with) {
        if (!with.verify(setting.quote, setting.at).genuine()) std::abort();
    };
    measure("quotes of one node", seconds, [&] { verify(**verifier); });
    measure("collateral", seconds, [&] { static_cast<void>(make()); });
    measure("collateral and the first quote of a node", seconds, [&] { verify(**make()); });
}
