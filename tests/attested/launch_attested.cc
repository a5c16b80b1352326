// SPDX-License-Identifier: Apache-2.0
//
// Starts the runtime as `redoubt run` does for an attested run: the launch request in a memory file, everything else the
// host's. Usage:
//
//   launch_attested RUNTIME key=value... -- ARG...
//
// Keys: session, service, password, token, cas (again for more), key, las, unsealed, stats, trace, trace_output, trace_filter, and
// "fd=NUMBER" to pass that number instead of the request's.
#include <sys/mman.h>
#include <unistd.h>

#include <cstdio>
#include <string>
#include <string_view>
#include <vector>

#include "wire/launch_request.h"

int main(int argc, char** argv) {
    if (argc < 2) return 2;
    redoubt::wire::LaunchRequest request;
    request.session = "test";
    request.service = "service";
    std::string number;
    int index = 2;
    for (; index < argc && std::string_view(argv[index]) != "--"; ++index) {
        const std::string_view text(argv[index]);
        const std::string_view key = text.substr(0, text.find('='));
        const std::string_view value = text.substr(std::min(text.size(), key.size() + 1));
        if (key == "session")
            request.session = value;
        else if (key == "service")
            request.service = value;
        else if (key == "password")
            request.one_time_password = value;
        else if (key == "token")
            request.service_access_token = value;
        else if (key == "cas")
            request.cas_addresses.push_back(value);
        else if (key == "key")
            request.cas_key = value;
        else if (key == "las")
            request.las_socket = value;
        else if (key == "unsealed")
            request.insecure_unsealed_keys = true;
        else if (key == "stats")
            request.stats = true;
        else if (key == "trace")
            request.trace = true;
        else if (key == "trace_output")
            request.trace_output = value;
        else if (key == "trace_filter")
            request.trace_filter = value;
        else if (key == "fd")
            number = value;
        else
            return 2;
    }
    const redoubt::Bytes bytes = redoubt::wire::encode(request);
    const int fd = memfd_create("launch", 0);
    if (write(fd, bytes.data(), bytes.size()) != static_cast<ssize_t>(bytes.size())) return 2;
    const std::string option = "--attested=" + (number.empty() ? std::to_string(fd) : number);
    std::vector<const char*> arguments = {"redoubt-run", option.c_str(), "--"};
    for (++index; index < argc; ++index) arguments.push_back(argv[index]);
    arguments.push_back(nullptr);
    execv(argv[1], const_cast<char**>(arguments.data()));
    std::perror("launch_attested");
    return 2;
}
