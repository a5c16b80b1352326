// SPDX-License-Identifier: Apache-2.0
#include "cas/sessions/configuration.h"

#include <algorithm>

#include "cas/sessions/network_configuration.h"
#include "cas/sessions/refuse.h"
#include "cas/sessions/runtime_features.h"
#include "cas/sessions/secret_encode.h"
#include "cas/sessions/secret_source.h"
#include "crypto/hex.h"
#include "policy/substitute.h"
#include "wire/attest_protocol.h"

namespace redoubt::cas {
namespace {

// Texts with secrets in them, wiped in the end.
struct Filled {
  Filled() = default;
  Filled(const Filled&) = delete;
  Filled& operator=(const Filled&) = delete;
  ~Filled() {
    for (std::string& text : arguments) wipe(text);
    for (auto& [name, text] : environment) wipe(text);
    for (std::string& text : files) wipe(text);
  }

  std::vector<std::string> arguments;
  std::map<std::string, std::string> environment;
  std::vector<std::string> files;  // in the order of the image; empty for those read from disk
};

std::unexpected<Problem> too_large(size_t size) {
  return refuse(Refusal::kTooLarge, "configuration.size",
                "at most " + std::to_string(wire::kLargestConfiguration) + " bytes", std::to_string(size) + " bytes",
                "make arguments, environment and injection files smaller");
}

template <typename Message>
Answer<SecretBytes> encode_bounded(const Message& message) {
  const size_t size = encoded_size(message);
  if (size > wire::kLargestConfiguration) return too_large(size);
  return encode_secret(message);
}

// Only the host's variables that the service asks for, doubles included.
std::vector<std::pair<std::string, std::string>> asked_for(const policy::Service& service, const HostValues& host) {
  std::vector<std::pair<std::string, std::string>> found;
  for (const auto& pair : host.environment) {
    if (service.environment.contains("@@" + pair.first)) found.push_back(pair);
  }
  return found;
}

Answer<void> fill(const Recipient& recipient, const HostValues& host, Filled& filled) {
  SecretSource source(recipient.session, recipient.materials, recipient.now, nullptr, &recipient.forms);
  const policy::Lookup lookup = source.lookup();
  const std::string service = "service \"" + recipient.service.name + "\", ";
  auto arguments = policy::fill_command(recipient.service.command, host.arguments, lookup);
  if (!arguments) return cannot_fill("configuration.arguments", service + "command", arguments.error());
  filled.arguments = std::move(*arguments);
  auto environment =
      policy::fill_environment(recipient.service.environment, asked_for(recipient.service, host), lookup);
  if (!environment) return cannot_fill("configuration.environment", service + "environment", environment.error());
  filled.environment = std::move(*environment);
  const policy::Image* image = image_of(recipient.session, recipient.service);
  if (image == nullptr) return {};
  for (const policy::InjectionFile& file : image->injection_files) {
    std::string& content = filled.files.emplace_back();
    if (!file.content) continue;
    auto text = policy::fill_template(*file.content, policy::Place::kFile, lookup);
    if (!text) return cannot_fill("configuration.file", "injection file " + file.path, text.error());
    content = std::move(*text);
  }
  return {};
}

std::unexpected<Problem> malformed(std::string actual) {
  return refuse(Refusal::kMalformed, "request.form", "a TemplateRequest of wire/attest_protocol.h", std::move(actual),
                "use a runtime of the same version as CAS");
}

}  // namespace

Answer<void> check_can_start(const policy::Service& service) {
  if (!service.code) {
    return refuse(Refusal::kForbidden, "service.code",
                  "code: in service \"" + service.name + "\", to say what may be loaded", "none",
                  "write what \"redoubt measure PROGRAM\" prints into the service and put the session again");
  }
  if (service.command.empty()) {
    return refuse(Refusal::kForbidden, "service.command", "a command in service \"" + service.name + "\"", "none",
                  "add command: to the service and put the session again");
  }
  return {};
}

SecretBytes encode_manifest(const policy::Session& session, const policy::Service& service) {
  wire::CodeManifest manifest;
  if (service.code) {
    for (const auto& [path, hash] : service.code->files) {
      manifest.code.push_back(
          {.path = path, .kind = wire::CodeKind::kFile, .sha256 = *crypto::array_from_hex<32>(hash), .target = {}});
    }
    for (const auto& [path, target] : service.code->links) {
      manifest.code.push_back({.path = path, .kind = wire::CodeKind::kLink, .sha256 = {}, .target = target});
    }
    std::ranges::sort(manifest.code, {}, &wire::CodeEntry::path);
  }
  manifest.host_directories.assign(service.host.directories.begin(), service.host.directories.end());
  manifest.host_devices.assign(service.host.devices.begin(), service.host.devices.end());
  manifest.required_features = required_features(session, service);
  return encode_secret(manifest);
}

Answer<SecretBytes> encode_configuration(const Recipient& recipient, const HostValues& host,
                                         const std::function<Answer<GivenVolumes>()>& take_volumes, size_t& leases) {
  Filled filled;
  TRY_VOID(fill(recipient, host, filled));
  wire::Configuration message;
  message.session_hash = recipient.session_hash;
  message.arguments.assign(filled.arguments.begin(), filled.arguments.end());
  for (const auto& [name, value] : filled.environment) message.environment.push_back({name, value});
  message.working_directory = recipient.service.pwd;
  message.standard_streams = recipient.service.stdio == policy::Stdio::kInherit ? wire::StandardStreams::kInherit
                                                                                : wire::StandardStreams::kDiscard;
  const policy::Image* image = image_of(recipient.session, recipient.service);
  for (size_t index = 0; index < filled.files.size(); ++index) {
    const policy::InjectionFile& file = image->injection_files[index];
    message.injected_files.push_back({.path = file.path,
                                      .permission = file.permission,
                                      .from_disk = !file.content,
                                      .content = as_bytes(filled.files[index])});
  }
  SecretSource source(recipient.session, recipient.materials, recipient.now, nullptr, &recipient.forms);
  NetworkTexts texts;
  if (recipient.service.network) message.network = TRY(network_for(*recipient.service.network, source, texts));
  if (image != nullptr) {
    for (const policy::Mount& mount : image->volumes) {
      message.volumes.emplace_back().name = mount.volume;
      message.volumes.back().mount_path = mount.path;
    }
  }
  const size_t size = encoded_size(message);
  if (size > wire::kLargestConfiguration) return too_large(size);
  const GivenVolumes given = TRY(take_volumes());
  message.volumes = given.mounted();
  leases = message.volumes.size();
  SecretBytes encoded = encode_secret(message);
  for (wire::MountedVolume& one : message.volumes) explicit_bzero(one.key.data(), one.key.size());
  return encoded;
}

Answer<SecretBytes> encode_templates(const Recipient& recipient, ByteView request, std::set<std::string>& filled) {
  wire::TemplateRequest asked;
  if (request.size() > wire::kLargestConfiguration || !wire::decode(request, asked)) {
    return malformed("a body of another form");
  }
  if (asked.templates.empty()) return malformed("no template");
  const policy::Image* image = image_of(recipient.session, recipient.service);
  const std::vector<std::string>* provided =
      image != nullptr && image->provide_secrets ? &*image->provide_secrets : nullptr;
  SecretSource source(recipient.session, recipient.materials, recipient.now, provided, &recipient.forms);
  Filled texts;
  wire::TemplateReply reply;
  for (const wire::Template& one : asked.templates) {
    const auto is_it = [&](const policy::InjectionFile& file) { return file.path == one.path && !file.content; };
    if (image == nullptr || std::ranges::none_of(image->injection_files, is_it) || !filled.emplace(one.path).second) {
      return refuse(
          Refusal::kForbidden, "template.path",
          "an injection file of service \"" + recipient.service.name + "\" that is read from the file system, once",
          printable(one.path), "list the path in injection_files of the image, without content");
    }
    auto text = policy::fill_template(as_text(one.text), policy::Place::kFile, source.lookup());
    if (!text) return cannot_fill("template.text", "the file " + printable(one.path), printable(text.error()));
    texts.files.push_back(std::move(*text));
  }
  for (size_t index = 0; index < asked.templates.size(); ++index) {
    reply.filled.push_back({asked.templates[index].path, as_bytes(texts.files[index])});
  }
  return encode_bounded(reply);
}

}  // namespace redoubt::cas
