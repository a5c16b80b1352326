// SPDX-License-Identifier: Apache-2.0
#include "shim/attested/request.h"

#include <charconv>

#include "shim/process/program_file.h"
#include "shim/process/wipe.h"

namespace redoubt::shim::attested {
namespace {

constexpr size_t kLargestRequest = size_t{64} * 1024;

std::vector<uint8_t> bytes;  // the request's texts are views of it

std::vector<wire::HostVariable> host_environment(char** environment) {
  std::vector<wire::HostVariable> variables;
  for (char** entry = environment; *entry != nullptr; ++entry) {
    const std::string_view text(*entry);
    const size_t equals = text.find('=');
    if (equals == std::string_view::npos || text.starts_with("REDOUBT_") || text.starts_with("SCONE_")) continue;
    variables.push_back({.name = text.substr(0, equals), .value = text.substr(equals + 1)});
  }
  return variables;
}

std::unexpected<Failure> not_a_request(std::string found) {
  return failed("launch.request", "a launch request of `redoubt run` behind --attested=FD", std::move(found),
                "start the run with `redoubt run`; see `redoubt run --help`");
}

}  // namespace

const char* request_descriptor(int argc, char** argv) {
  if (argc < 2) return nullptr;
  const std::string_view first(argv[1]);
  return first.starts_with(kAttestedOption) ? argv[1] + kAttestedOption.size() : nullptr;
}

Outcome<Request> read_request(const char* descriptor, int argc, char** argv, char** environment) {
  const std::string_view number(descriptor);
  int fd = -1;
  const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), fd);
  if (error != std::errc{} || end != number.data() + number.size() || fd < 3) {
    return not_a_request("--attested=" + std::string(number));
  }
  const OwnedFd file(fd);
  bytes.resize(kLargestRequest + 1);
  const auto size = read_at(fd, 0, bytes.data(), bytes.size());
  if (!size) return not_a_request(name_of(size.error()));
  if (*size > kLargestRequest) return not_a_request("more than 65536 bytes");
  Request request;
  if (!wire::decode(ByteView(bytes).first(*size), request.launch)) return not_a_request("something else");
  if (argc < 3 || std::string_view(argv[2]) != "--") return not_a_request("no -- after it");
  for (int index = 3; index < argc; ++index) request.arguments.emplace_back(argv[index]);
  request.environment = host_environment(environment);
  return request;
}

void forget_request() { wipe(bytes); }

}  // namespace redoubt::shim::attested
