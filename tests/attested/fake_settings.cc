// SPDX-License-Identifier: Apache-2.0
#include "tests/attested/fake_settings.h"

#include <openssl/rand.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "crypto/hash.h"
#include "crypto/hex.h"

namespace redoubt::fake {

std::mutex volumes_lock;
unsigned tag_count = 0;
Settings settings;

namespace {

std::string contents_of(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

// Adds a file and every symbolic link on the way to it.
void add_code(const std::string& path, bool wrong) {
    namespace fs = std::filesystem;
    fs::path done = "/";
    for (fs::path rest = fs::path(path).relative_path(); !rest.empty();) {
        const fs::path next = done / *rest.begin();
        fs::path after;
        for (auto part = std::next(rest.begin()); part != rest.end(); ++part) after /= *part;
        if (fs::is_symlink(next)) {
            const fs::path target = fs::read_symlink(next);
            settings.code[next] = {.path = next, .target = target, .is_link = true};
            const fs::path whole = ((target.is_absolute() ? target : done / target) / after).lexically_normal();
            done = "/";
            rest = whole.relative_path();
            continue;
        }
        done = next;
        rest = after;
    }
    Code entry = {.path = done, .target = {}};
    entry.sha256 = crypto::sha256(as_bytes(contents_of(done)));
    if (wrong) entry.sha256[0] ^= 1;
    settings.code[done] = entry;
}

std::vector<std::string> split(const std::string& text, char separator = ',') {
    std::vector<std::string> parts(1);
    for (const char c : text) c == separator ? parts.emplace_back().clear() : parts.back().push_back(c);
    return parts;
}

void add_volume(const std::string& text) {
    const std::vector<std::string> parts = split(text);
    FakeVolume& volume = settings.volumes.emplace_back();
    const size_t equals = parts[0].find('=');
    volume.name = parts[0].substr(0, equals);
    volume.path = parts[0].substr(equals + 1);
    RAND_bytes(volume.given.id.data(), static_cast<int>(volume.given.id.size()));
    RAND_bytes(volume.given.key.data(), static_cast<int>(volume.given.key.size()));
    for (const std::string& option : parts) {
        if (option == "ephemeral") volume.given.updates = wire::VolumeUpdates::kEphemeral;
        if (option == "no-protection") volume.given.updates = wire::VolumeUpdates::kNoRollbackProtection;
        if (option == "authenticated") volume.given.files = wire::VolumeFiles::kAuthenticatedOnly;
        if (option == "code") volume.given.is_code = true;
        if (option.starts_with("key=")) volume.given.key = crypto::array_from_hex<32>(option.substr(4)).value();
    }
}

FakeRule rule_of(const std::string& text) {
    const std::vector<std::string> parts = split(text);
    FakeRule rule;
    rule.address = parts[0];
    for (const std::string& option : parts) {
        const std::string value = option.substr(option.find('=') + 1);
        if (option == "off") rule.tls = false;
        if (option.starts_with("authority=")) rule.authority = contents_of(value);
        if (option.starts_with("name=")) rule.name = value;
        if (!option.starts_with("identity=")) continue;
        const std::string pem = contents_of(value);
        const size_t key = pem.find("-----BEGIN PRIVATE KEY-----");
        const size_t end = pem.find("-----END PRIVATE KEY-----");
        if (key == std::string::npos || end == std::string::npos) continue;
        const size_t after = pem.find('\n', end) + 1;
        rule.private_key = pem.substr(key, after - key);
        rule.certificates = pem.substr(0, key) + pem.substr(after);
    }
    return rule;
}

}  // namespace

bool read_settings(int argc, char** argv) {
    if (argc < 2) return false;
    settings.las = argv[1];
    int index = 2;
    for (; index < argc && std::string(argv[index]) != "--"; ++index) {
        const std::string text(argv[index]);
        const std::string key = text.substr(0, text.find('='));
        const std::string value = text.size() > key.size() ? text.substr(key.size() + 1) : "";
        const size_t equals = value.find('=');
        const std::pair<std::string, std::string> pair = {value.substr(0, equals),
                                                          equals == std::string::npos ? "" : value.substr(equals + 1)};
        if (key == "code")
            add_code(value, false);
        else if (key == "wrong")
            add_code(value, true);
        else if (key == "directory")
            settings.directories.push_back(value);
        else if (key == "device")
            settings.devices.push_back(value);
        else if (key == "env")
            settings.environment.push_back(pair);
        else if (key == "file")
            settings.files.push_back(pair);
        else if (key == "template")
            settings.templates.push_back(value);
        else if (key == "pwd")
            settings.directory = value;
        else if (key == "feature")
            settings.features.push_back(value);
        else if (key == "hostile")
            settings.hostile = value;
        else if (key == "volume" && !value.empty())
            add_volume(value);
        else if (key == "listen")
            settings.listen.push_back(rule_of(value));
        else if (key == "connect")
            settings.connect.push_back(rule_of(value));
        else if (key == "default")
            settings.network_default = value;
        else if (key == "tags") {
            const std::vector<std::string> parts = split(value, ':');
            settings.tags = parts[0];
            if (parts.size() > 1) settings.tags_from = static_cast<unsigned>(std::stoul(parts[1]));
            if (parts.size() > 2) settings.tags_count = static_cast<unsigned>(std::stoul(parts[2]));
        } else if (key == "discard")
            settings.discard = true;
        else
            return false;
    }
    settings.arguments.assign(argv + std::min(argc, index + 1), argv + argc);
    return true;
}

void say(const std::string& line) {
    std::printf("%s\n", line.c_str());
    std::fflush(stdout);
}

}  // namespace redoubt::fake
