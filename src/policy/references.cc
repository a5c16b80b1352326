// SPDX-License-Identifier: Apache-2.0
#include "policy/references.h"

#include <algorithm>
#include <set>
#include <unordered_map>

#include "policy/relations.h"

namespace redoubt::policy {
namespace {

class Checker {
 public:
  Checker(const Session& session, std::vector<Mistake>& mistakes) : session_(session), mistakes_(mistakes) {
    for (const Secret& secret : session.secrets) secrets_.try_emplace(secret.name, &secret);
    for (const Volume& volume : session.volumes) volumes_.insert(volume.name);
    for (const Image& image : session.images) images_.insert(image.name);
  }

  void check(const Reference& reference) {
    switch (reference.target) {
      case Target::kSecret: check_reference(reference); break;
      case Target::kVolume: check_name(reference, volumes_, "volume"); break;
      case Target::kImage: check_name(reference, images_, "image"); break;
    }
  }

  void check_secret(const Secret& secret, const Node& node, const std::string& where) {
    check_issuer(secret, node, where);
    check_relations(secrets_, secret, node, where, mistakes_);
  }

  void check_issuer(const Secret& secret, const Node& node, const std::string& where) {
    if (secret.kind != SecretKind::kX509 && secret.kind != SecretKind::kX509Ca) return;
    const Secret* issuer = find(secret.issuer);
    if (issuer == nullptr) return;
    const Position at = node.find("issuer") != nullptr ? node.find("issuer")->at : node.at;
    if (!secret.value && issuer->kind == SecretKind::kX509Ca && issuer->value && issuer->private_key.empty()) {
      add(at, where + ".issuer", "an issuer with a private key, to sign with",
          quoted(issuer->name) + ", a certificate by value alone", "add private_key to " + quoted(issuer->name));
    }
    std::set<std::string_view> chain;
    for (const Secret* link = &secret; link != nullptr; link = find(link->issuer)) {
      if (chain.insert(link->name).second) continue;
      add(at, where + ".issuer", "a chain of issuers that ends", "a circle over " + quoted(link->name),
          "leave out the issuer of the root: it is self-signed then");
      break;
    }
  }

  // What the identities of a service must be able to do.
  void check_identities(const Service& service, const Node& node, const std::string& where) {
    if (!service.network) return;
    for (const ListenRule& rule : service.network->listen) {
      check_identity(rule.identity, Endpoint::kClient, "server", node, where + ".network.listen");
    }
    for (const ConnectRule& rule : service.network->connect) {
      check_identity(rule.identity, Endpoint::kServer, "client", node, where + ".network.connect");
    }
  }

  // The host's directory of a volume holds ciphertext: nothing else can be there.
  void check_mounts(const Service& service, const Node& node, const std::string& where) {
    const auto image = std::ranges::find(session_.images, service.image_name, &Image::name);
    if (service.image_name.empty() || image == session_.images.end()) return;
    for (const Mount& mount : image->volumes) {
      const auto inside = [&](const std::string& path) {
        return path == mount.path || path.starts_with(mount.path + "/");
      };
      const std::string hint = "mount the volume at a directory of its own";
      if (service.code) {
        const auto file = std::ranges::find_if(service.code->files, [&](const auto& one) { return inside(one.first); });
        const auto link = std::ranges::find_if(service.code->links, [&](const auto& one) { return inside(one.first); });
        if (file != service.code->files.end() || link != service.code->links.end()) {
          const std::string& path = file != service.code->files.end() ? file->first : link->first;
          add(node.at, where + ".code", "no code in the directory of the volume " + quoted(mount.volume), quoted(path),
              hint);
        }
      }
      const auto host = std::ranges::find_if(service.host.directories, inside);
      if (host != service.host.directories.end()) {
        add(node.at, where + ".host.directories",
            "no directory of the host in that of the volume " + quoted(mount.volume), quoted(*host), hint);
      }
    }
  }

  // The program is what the seal of an authenticated volume names, at the path where that is mounted.
  void check_code_volume(const Service& service, const Node& node, const std::string& where) {
    if (!service.code || service.code->volume.empty() || !service.code->files.empty()) return;
    const std::string& name = service.code->volume;
    const auto volume = std::ranges::find(session_.volumes, name, &Volume::name);
    if (volume == session_.volumes.end()) return;  // a mistake already
    if (!volume->import && volume->files != FileProtection::kAuthenticatedOnly) {
      add(node.at, where + ".code", "files: authenticated-only of the volume of code", "files: encrypted",
          "add files: authenticated-only to " + quoted(name) + ", and seal it (redoubt volume seal)");
    }
    const auto image = std::ranges::find(session_.images, service.image_name, &Image::name);
    const bool is_mounted = image != session_.images.end() &&
                            std::ranges::find(image->volumes, name, &Mount::volume) != image->volumes.end();
    if (is_mounted) return;
    mistakes_.push_back({Severity::kWarning, node.at, where + ".code",
                         "its image does not mount the volume of code, so no program can be loaded", "",
                         "mount " + quoted(name) + " in the image of the service"});
  }

  // The host could put the directory of the one in the place of the other's: nothing but the key tells whole volumes apart where no
  // tag is held against them. The same key in another guise (a value and a variable, two secrets) is for CAS to see, which has the values.
  void check_volume(const Volume& volume, const Node& node, const std::string& where) {
    if (volume.fspf_key.empty() || volume.import) return;
    const auto [first, is_new] = volume_keys_.try_emplace(volume.fspf_key, volume.name);
    if (is_new) return;
    const Node* key = node.find("fspf_key");
    add(key != nullptr ? key->at : node.at, where + ".fspf_key", "a key that no other volume has",
        "the key of " + quoted(std::string(first->second)), "give each volume a key of its own, or leave out fspf_key");
  }

  void check_service(const Service& service, const Node& node, const std::string& where) {
    check_identities(service, node, where);
    check_code_volume(service, node, where);
    check_mounts(service, node, where);
    if (session_.security.mode == AttestationMode::kHardware && service.attestation.empty() &&
        known(node.find("attestation"))) {
      add(node.at, where, "attestation, since security.attestation.mode is hardware", "none",
          "add attestation: [{mrenclave: ...}] (redoubt self show prints it)");
    }
    if (session_.security.mode == AttestationMode::kNone && !service.attestation.empty()) {
      mistakes_.push_back({Severity::kWarning, node.at, where, "its attestation is not checked, since mode is none", "",
                           "remove security.attestation.mode"});
    }
    // Older sessions hold the program on a volume for the root file system.
    if (session_.security.mode == AttestationMode::kHardware && !service.attestation.empty() && !service.code &&
        !service.root_volume) {
      mistakes_.push_back({Severity::kWarning, node.at, where, "without code an attested run can load no program", "",
                           "add code: ... (redoubt measure PROGRAM writes it)"});
    }
  }

 private:
  const Secret* find(const std::string& name) const {
    const auto found = secrets_.find(name);
    return found == secrets_.end() ? nullptr : found->second;
  }

  void add(Position at, std::string where, std::string expected, std::string found, std::string hint) {
    mistakes_.push_back(
        {Severity::kError, at, std::move(where), std::move(expected), std::move(found), std::move(hint)});
  }

  void check_identity(const std::string& name, Endpoint wrong, std::string_view needed, const Node& node,
                      const std::string& where) {
    const Secret* secret = find(name);
    if (secret == nullptr || secret->import || secret->kind != SecretKind::kX509) return;
    if (secret->endpoint == wrong) {
      add(node.at, where, "an identity with endpoint: " + std::string(needed),
          quoted(name) + " with endpoint: " + std::string(word_of(kEndpointWords, wrong)),
          "use another secret, or leave endpoint out of " + quoted(name) + ": it is for both then");
    }
    if (secret->value && secret->private_key.empty()) {
      add(node.at, where, "an identity with a private key", quoted(name) + ", a certificate by value alone",
          "add private_key to " + quoted(name));
    }
  }

  void check_name(const Reference& reference, const std::set<std::string>& names, const std::string& what) {
    if (names.contains(reference.name)) return;
    const std::vector<std::string_view> known(names.begin(), names.end());
    missing(reference, what, known);
  }

  void missing(const Reference& reference, const std::string& what, const std::vector<std::string_view>& known) {
    const std::string_view near = nearest(reference.name, known);
    const std::string article = what == "image" ? "an " : "a ";
    add(reference.at, reference.where, article + what + " of this session as " + reference.purpose,
        quoted(reference.name), near.empty() ? "define it under " + what + "s" : "did you mean " + quoted(near) + "?");
  }

  void check_reference(const Reference& reference) {
    const Secret* secret = find(reference.name);
    std::optional<Variable> variable = reference.variable;
    if (secret == nullptr && variable) {
      if (const auto older = older_spelling(*variable)) {
        secret = find(older->name);
        if (secret != nullptr) variable = older;
      }
    }
    if (secret == nullptr) {
      std::vector<std::string_view> known;
      for (const Secret& one : session_.secrets) known.emplace_back(one.name);
      return missing(reference, "secret", known);
    }
    if (!reference.kinds.empty() && secret->kind != SecretKind::kImported &&
        std::ranges::find(reference.kinds, secret->kind) == reference.kinds.end()) {
      std::vector<std::string_view> kinds;
      for (const SecretKind kind : reference.kinds) kinds.push_back(word_of(kSecretKindWords, kind));
      return add(reference.at, reference.where, "a secret of kind " + listed(kinds) + " as " + reference.purpose,
                 quoted(secret->name) + " of kind " + std::string(word_of(kSecretKindWords, secret->kind)), "");
    }
    if (variable) check_form(reference, *secret, *variable);
    if (reference.where.ends_with("fspf_key") && secret->kind == SecretKind::kBinary && secret->size != 32) {
      add(reference.at, reference.where, "a binary secret of 32 bytes as key", std::to_string(secret->size) + " bytes",
          "add size: 32 to " + quoted(secret->name));
    }
  }

  void check_form(const Reference& reference, const Secret& secret, const Variable& variable) {
    if (secret.kind == SecretKind::kConfigFragment) {
      return add(reference.at, reference.where, "text or bytes where " + quoted(variable.spelling()) + " stands",
                 "a config-fragment",
                 "it can be a whole value in attestation, platforms, access_policy and security, and nothing else");
    }
    const FormRow* form = find_form(secret.kind, variable.form, reference.place);
    if (form == nullptr) {
      const bool in_files = find_form(secret.kind, variable.form, Place::kFile) != nullptr;
      const std::vector<std::string_view> forms = form_spellings(secret.kind);
      const std::string kind(word_of(kSecretKindWords, secret.kind));
      std::string hint;
      if (in_files) hint = "bytes can stand in files only: an argument or a variable ends at a NUL byte";
      const std::string_view near = nearest(variable.form, forms);
      if (!in_files && !near.empty()) hint = "did you mean " + quoted(near) + "?";
      return add(
          reference.at, reference.where,
          forms.empty() ? "a form that some kind of secret has" : "a form of kind " + kind + ": " + listed(forms),
          quoted(variable.spelling()), hint);
    }
    if (form->private_key && secret.value && secret.private_key.empty()) {
      add(reference.at, reference.where, "a certificate with a private key for this form",
          quoted(secret.name) + ", a certificate by value alone", "add private_key to " + quoted(secret.name));
    }
  }

  const Session& session_;
  std::vector<Mistake>& mistakes_;
  SecretsByName secrets_;
  std::set<std::string> volumes_;
  std::unordered_map<std::string_view, std::string_view> volume_keys_;  // fspf_key, and the first volume that has it
  std::set<std::string> images_;
};

// Calls check(item of the model, its node, its path) for a list of the top level.
template <typename T>
void each_pair(const std::vector<T>& items, const Node& root, const std::string& key, auto check) {
  const Node* list = root.find(key);
  if (list == nullptr || list->kind != Node::Kind::kList) return;
  for (size_t index = 0; index < items.size() && index < list->items.size(); ++index) {
    if (list->items[index].kind != Node::Kind::kMap) continue;
    check(items[index], list->items[index], key + "[" + std::to_string(index) + "]");
  }
}

}  // namespace

void check_references(const Session& session, const Node& root, const std::vector<Reference>& references,
                      std::vector<Mistake>& mistakes) {
  Checker checker(session, mistakes);
  for (const Reference& reference : references) checker.check(reference);
  each_pair(session.secrets, root, "secrets", [&](const auto&... arguments) { checker.check_secret(arguments...); });
  each_pair(session.volumes, root, "volumes", [&](const auto&... arguments) { checker.check_volume(arguments...); });
  each_pair(session.services, root, "services", [&](const auto&... arguments) { checker.check_service(arguments...); });
}

const FormRow* resolve_form(const Session& session, const Variable& variable, Place place, std::string& secret_name) {
  const auto find = [&](const std::string& name) { return std::ranges::find(session.secrets, name, &Secret::name); };
  Variable asked = variable;
  auto secret = find(asked.name);
  if (secret == session.secrets.end()) {
    const auto older = older_spelling(variable);
    if (!older) return nullptr;
    asked = *older;
    secret = find(asked.name);
  }
  if (secret == session.secrets.end()) return nullptr;
  secret_name = asked.name;
  return find_form(secret->kind, asked.form, place);
}

}  // namespace redoubt::policy
