// SPDX-License-Identifier: Apache-2.0
//
// The canonical form of a session, field by field. A field that is not written here does not count for the hash: whoever
// adds one to session.h adds it here, and the test that changes every key of a session tells when that was forgotten.
#include "policy/session_hash.h"

namespace redoubt::policy {
namespace {

// A map under construction that leaves out what is absent.
class Form {
 public:
  Form& put(std::string_view key, Value value) {
    map_.set(std::string(key), std::move(value));
    return *this;
  }
  Form& text(std::string_view key, const std::string& value) { return value.empty() ? *this : put(key, value); }
  template <typename T>
  Form& maybe(std::string_view key, const std::optional<T>& value) {
    return value ? put(key, *value) : *this;
  }
  template <typename E, size_t kCount>
  Form& word(std::string_view key, const Choice<E> (&words)[kCount], E value) {
    return put(key, word_of(words, value));
  }
  Form& map(std::string_view key, const std::map<std::string, std::string>& values) {
    if (values.empty()) return *this;
    Value inner = Value::map();
    for (const auto& [name, value] : values) inner.set(name, value);
    return put(key, std::move(inner));
  }
  // `ordered`: the order means something.
  template <typename T>
  Form& list(std::string_view key, const std::vector<T>& items, bool ordered, auto form) {
    if (items.empty()) return *this;
    Value list = Value::list();
    for (const T& item : items) list.add(form(item));
    if (!ordered) list.sort();
    return put(key, std::move(list));
  }
  Form& list(std::string_view key, const std::vector<std::string>& items, bool ordered = false) {
    return list(key, items, ordered, [](const std::string& item) { return Value(item); });
  }
  Value take() { return std::move(map_); }

 private:
  Value map_ = Value::map();
};

Value form_of(const AttestationVariant& variant) {
  Form form;
  form.list("mrenclave", variant.mrenclave);
  if (variant.signer) {
    form.put("signer", Form()
                           .text("mrsigner", variant.signer->mrsigner)
                           .maybe("isvprodid", variant.signer->isvprodid)
                           .maybe("isvsvn_min", variant.signer->isvsvn_min)
                           .maybe("isvsvn_max", variant.signer->isvsvn_max)
                           .take());
  }
  return form.map("tdx", variant.tdx).map("snp", variant.snp).map("nitro", variant.nitro).take();
}

Value form_of(const Network& network) {
  return Form()
      .word("default", kUnnamedWords, network.unnamed)
      .list("listen", network.listen, false,
            [](const ListenRule& rule) {
              return Form()
                  .text("address", rule.address)
                  .word("tls", kTlsWords, rule.tls)
                  .text("identity", rule.identity)
                  .text("client_auth", rule.client_auth)
                  .take();
            })
      // Ordered: of two patterns that match, the first counts.
      .list("connect", network.connect, true,
            [](const ConnectRule& rule) {
              return Form()
                  .text("address", rule.address)
                  .word("tls", kTlsWords, rule.tls)
                  .text("identity", rule.identity)
                  .text("server_auth", rule.server_auth)
                  .text("server_name", rule.server_name)
                  .take();
            })
      .take();
}

Value form_of(const Service& service) {
  Form form;
  form.text("name", service.name)
      .list("command", service.command, true)
      .map("environment", service.environment)
      .text("pwd", service.pwd)
      .text("image_name", service.image_name)
      .list("attestation", service.attestation, false, [](const AttestationVariant& one) { return form_of(one); })
      .list("platforms", service.platforms)
      .text("one_time_password_shared_secret", service.one_time_password_shared_secret)
      .put("memory", Form().put("sealed", service.memory_sealed).take())
      .put("host", Form().list("directories", service.host.directories).list("devices", service.host.devices).take())
      .word("stdio", kStdioWords, service.stdio);
  if (service.root_volume) {
    form.text("fspf_path", service.root_volume->path)
        .text("fspf_key", service.root_volume->key)
        .text("fspf_tag", service.root_volume->tag);
  }
  if (service.code) {
    form.put("code", Form()
                         .map("files", service.code->files)
                         .map("links", service.code->links)
                         .text("volume", service.code->volume)
                         .take());
  }
  if (service.network) form.put("network", form_of(*service.network));
  return form.take();
}

Value form_of(const Image& image) {
  Form form;
  form.text("name", image.name)
      .list("volumes", image.volumes, false,
            [](const Mount& mount) {
              return Form()
                  .text("name", mount.volume)
                  .text("path", mount.path)
                  .word("update_policy", kUpdatePolicyWords, mount.update_policy)
                  .take();
            })
      .list("injection_files", image.injection_files, false, [](const InjectionFile& file) {
        return Form().text("path", file.path).maybe("content", file.content).put("permission", file.permission).take();
      });
  if (image.provide_secrets) {
    // Present though empty: then a template read from disk may name no secret.
    Value names = Value::list();
    for (const std::string& name : *image.provide_secrets) names.add(name);
    names.sort();
    form.put("provide_secrets", std::move(names));
  }
  return form.take();
}

Value form_of(const Volume& volume) {
  Form form;
  form.text("name", volume.name)
      .word("files", kFileProtectionWords, volume.files)
      .text("fspf_key", volume.fspf_key)
      .text("fspf_tag", volume.fspf_tag)
      .list("export", volume.exports, false, [](const VolumeExport& one) {
        return Form()
            .text("session", one.session)
            .text("session_hash", one.session_hash)
            .word("update_policy", kUpdatePolicyWords, one.update_policy)
            .text("volume_alias", one.volume_alias)
            .take();
      });
  if (volume.import) {
    form.put("import", Form().text("session", volume.import->session).text("volume", volume.import->volume).take());
  }
  return form.take();
}

Value form_of(const Secret& secret) {
  Form form;
  form.text("name", secret.name)
      .maybe("value", secret.value)
      .list("export", secret.exports, false,
            [](const SecretExport& one) {
              return Form()
                  .text("session", one.session)
                  .text("session_hash", one.session_hash)
                  .text("namespace", one.name_space)
                  .take();
            })
      .put("export_public", secret.export_public)
      .text("private_key", secret.private_key)
      .text("issuer", secret.issuer)
      .text("common_name", secret.common_name)
      .list("san", secret.san)
      .maybe("valid_for", secret.valid_for)
      .text("signer", secret.signer)
      .text("alg", secret.alg)
      .map("parameters", secret.parameters);
  if (secret.kind != SecretKind::kImported) form.word("kind", kSecretKindWords, secret.kind);
  if (secret.kind == SecretKind::kAscii || secret.kind == SecretKind::kBinary) form.put("size", secret.size);
  if (secret.kind == SecretKind::kPrivateKey) {
    form.word("key_type", kKeyTypeWords, secret.key_type).put("migrate", secret.migrate);
  }
  if (secret.endpoint) form.word("endpoint", kEndpointWords, *secret.endpoint);
  if (secret.import) {
    form.put("import", Form().text("session", secret.import->session).text("secret", secret.import->secret).take());
  }
  return form.take();
}

Value form_of(const Principal& principal) {
  constexpr Choice<PrincipalKind> kKinds[] = {
      {"creator", PrincipalKind::kCreator},
      {"any", PrincipalKind::kAny},
      {"none", PrincipalKind::kNone},
      {"key_hash", PrincipalKind::kKeyHash},
      {"certificate", PrincipalKind::kCertificate},
      {"signer", PrincipalKind::kSigner},
      {"variable", PrincipalKind::kVariable},
      {"group", PrincipalKind::kGroup},
  };
  Form form;
  form.word("kind", kKinds, principal.kind)
      .text("text", principal.text)
      .list("members", principal.members, false, [](const Principal& one) { return form_of(one); });
  if (principal.kind == PrincipalKind::kGroup) form.put("threshold", principal.threshold);
  return form.take();
}

Value form_of(const AccessPolicy& policy) {
  const auto principal = [](const Principal& one) { return form_of(one); };
  return Form()
      .list("read", policy.read, false, principal)
      .list("update", policy.update, false, principal)
      .list("create_sessions", policy.create_sessions, false, principal)
      .list("list_sessions", policy.list_sessions, false, principal)
      .take();
}

Value form_of(const Security& security) {
  return Form()
      .word("mode", kAttestationModeWords, security.mode)
      .list("tolerate", security.tolerate, false, [](Tolerance one) { return Value(word_of(kToleranceWords, one)); })
      .put("ignore_all_advisories", security.ignore_all_advisories)
      .list("ignore_advisories", security.ignore_advisories)
      .put("must_be_sgx_local", security.must_be_sgx_local)
      .text("one_time_password_shared_secret", security.one_time_password_shared_secret)
      .put("singleton_enclaves", security.singleton_enclaves)
      .text("service_access_token", security.service_access_token)
      .take();
}

}  // namespace

Value canonical_form(const Session& session) {
  return Form()
      .text("name", session.name)
      .text("version", session.version)
      .text("predecessor", session.predecessor)
      .text("namespace_hash", session.namespace_hash)
      .text("salt", session.salt)
      .list("services", session.services, false, [](const Service& one) { return form_of(one); })
      .list("images", session.images, false, [](const Image& one) { return form_of(one); })
      .list("volumes", session.volumes, false, [](const Volume& one) { return form_of(one); })
      .list("secrets", session.secrets, false, [](const Secret& one) { return form_of(one); })
      .put("access_policy", form_of(session.access_policy))
      .put("security", form_of(session.security))
      .list("unresolved_fragments", session.unresolved_fragments, false,
            [](const UnresolvedFragment& one) {
              return Form().text("where", one.where).text("session", one.session).text("secret", one.secret).take();
            })
      .take();
}

}  // namespace redoubt::policy
