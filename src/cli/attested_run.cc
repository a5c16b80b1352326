// SPDX-License-Identifier: Apache-2.0
#include "cli/attested_run.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <iostream>

#include "cli/become.h"
#include "cli/promises.h"
#include "cli/runtime_location.h"
#include "las/socket_path.h"
#include "policy/mistake.h"
#include "wire/launch_request.h"

namespace redoubt::cli {
namespace {

constexpr const char* kConfigId = "REDOUBT_CONFIG_ID";
constexpr const char* kSconeConfigId = "SCONE_CONFIG_ID";
constexpr const char* kAccessToken = "REDOUBT_SERVICE_ACCESS_TOKEN";

// LAS listens on a unix socket. Absolute, because the runtime resolves it.
Result<std::string> las_socket(const AttestedOptions& options, bool quiet) {
  std::string path = options.las.empty() ? first_of_environment({"REDOUBT_LAS_ADDR"}) : options.las;
  if (path.empty()) {
    path = first_of_environment({"SCONE_LAS_ADDR"});
    if (!path.empty() && !path.starts_with('/')) {
      if (!quiet) std::cerr << "redoubt: SCONE_LAS_ADDR is no path of a unix socket and is ignored\n";
      path.clear();
    }
  }
  if (path.empty()) path = las::default_socket_path();
  std::error_code error;
  const std::string absolute = std::filesystem::absolute(path, error).string();
  if (!error && absolute.size() < sizeof(sockaddr_un::sun_path) && path.find(':') == std::string::npos) return absolute;
  return fail(ExitStatus::kUsage, "expected LAS as the path of a unix socket, at most " +
                                      std::to_string(sizeof(sockaddr_un::sun_path) - 1) + " bytes, found " +
                                      policy::quoted(path) + "; correct --las or REDOUBT_LAS_ADDR");
}

// A descriptor of a memory file with these bytes that nobody can change any more. It stays open across exec.
Result<int> sealed_memory_file(ByteView bytes) {
  const int fd = memfd_create("redoubt-launch", MFD_ALLOW_SEALING);
  bool done = fd >= 0;
  while (done && !bytes.empty()) {
    const ssize_t count = write(fd, bytes.data(), bytes.size());
    if (count > 0) bytes = bytes.subspan(static_cast<size_t>(count));
    done = count > 0 || (count < 0 && errno == EINTR);
  }
  done = done && fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_SEAL) == 0 &&
         lseek(fd, 0, SEEK_SET) == 0;
  if (done) return fd;
  return fail(ExitStatus::kRedoubtFailed,
              std::string("cannot make a memory file for the launch: ") + std::strerror(errno));
}

// What was meant for the launcher alone: it reaches neither the runtime's environment nor the program's "@@NAME".
void remove_from_environment() {
  for (const char* name : {kConfigId, kSconeConfigId, kAccessToken, "REDOUBT_CAS_ADDR", "REDOUBT_CAS_KEY",
                           "REDOUBT_LAS_ADDR", "REDOUBT_RESUME"}) {
    unsetenv(name);
  }
}

}  // namespace

Result<std::optional<ConfigId>> wanted_configuration(const AttestedOptions& options) {
  if (!options.session.empty()) {
    // An argument is public while this process lives.
    if (options.session.find('@') != std::string::npos) {
      return fail(
          ExitStatus::kUsage,
          "--session: expected SESSION/SERVICE, found a one-time password after it, which everybody on this machine "
          "can read in an argument; give it by the environment: REDOUBT_CONFIG_ID=SESSION/SERVICE@PASSWORD");
    }
    return TRY(parse_config_id(options.session, "--session"));
  }
  for (const char* name : {kConfigId, kSconeConfigId}) {
    const std::string value = first_of_environment({name});
    if (!value.empty()) return TRY(parse_config_id(value, name));
  }
  return std::nullopt;
}

Result<ExitStatus> run_attested(const AttestedOptions& options, const ConfigId& id, const Observation& observation,
                                const std::vector<std::string>& arguments) {
  const std::string runtime = TRY(find_runtime());
  const CasAddress address = TRY(cas_address(options));
  const std::optional<std::string> key = TRY(trusted_key(options, address));
  const std::vector<std::string> numeric = TRY(numeric_addresses(address));
  const std::string las = TRY(las_socket(options, observation.quiet));
  const std::string token = first_of_environment({kAccessToken});

  wire::LaunchRequest request;
  request.session = id.session;
  request.service = id.service;
  request.one_time_password = id.one_time_password;
  request.service_access_token = token;
  request.cas_addresses.assign(numeric.begin(), numeric.end());
  if (key) request.cas_key = *key;
  request.las_socket = las;
  request.insecure_unsealed_keys = options.insecure_unsealed_keys;
  request.quiet = observation.quiet;
  request.trace = observation.trace;
  request.stats = observation.stats;
  request.chooses_patching = options.patch_after >= 0;
  if (request.chooses_patching) request.patch_after = static_cast<uint8_t>(options.patch_after);
  request.trace_output = observation.trace_output;
  request.stats_output = observation.stats_output;
  request.trace_filter = observation.trace_filter;
  const int fd = TRY(sealed_memory_file(wire::encode(request)));

  if (!observation.quiet) {
    AttestedRun run{id.session + "/" + id.service, address.text(), key.has_value(), observation.trace,
                    options.insecure_unsealed_keys};
    std::cerr << attested_notice(run) << std::flush;
  }
  std::vector<std::string> command = {"redoubt-run", "--attested=" + std::to_string(fd), "--"};
  command.insert(command.end(), arguments.begin(), arguments.end());
  remove_from_environment();
  return become(runtime, std::move(command), "the runtime");
}

}  // namespace redoubt::cli
