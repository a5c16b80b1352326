// SPDX-License-Identifier: Apache-2.0
//
// The command line of fake_cas (there is its help): what CAS and LAS give out, and how they misbehave.
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "wire/instance_protocol.h"

namespace redoubt::fake {

struct Code {
    std::string path, target;
    ByteArray<32> sha256{};
    bool is_link = false;
};

// A volume as CAS keeps it; guarded by `volumes_lock`, for every connection has a thread.
struct FakeVolume {
    std::string name, path;
    wire::MountedVolume given;
    bool initialised = false;
    std::vector<std::pair<uint64_t, ByteArray<64>>> leases;  // that may go on from the tag
};
extern std::mutex volumes_lock;
extern unsigned tag_count;

struct FakeRule {
    std::string address, certificates, private_key, authority, name;
    bool tls = true;
};

struct Settings {
    std::map<std::string, Code> code;
    std::vector<std::string> directories, devices, features, arguments, templates;
    std::vector<std::pair<std::string, std::string>> environment, files;
    std::string directory = "/", hostile, las;
    bool discard = false;
    std::vector<FakeVolume> volumes;
    std::vector<FakeRule> listen, connect;
    std::string network_default;
    std::string tags = "keep";
    unsigned tags_from = 1, tags_count = ~0U;
};
extern Settings settings;

// False for a command line that is not understood.
bool read_settings(int argc, char** argv);

// One line of output, at once.
void say(const std::string& line);

}  // namespace redoubt::fake
