// SPDX-License-Identifier: Apache-2.0
#include "cas/sessions/imports.h"

#include <algorithm>

#include "cas/sessions/refuse.h"
#include "policy/references.h"
#include "policy/template.h"

namespace redoubt::cas {
namespace {

using policy::Place;
using policy::Secret;
using policy::SecretExport;
using policy::Session;

std::unexpected<Problem> not_exported(const Session& importer, const std::string& hash, const Secret& secret) {
  const policy::SecretImport& wanted = *secret.import;
  return refuse(Refusal::kForbidden, "session.import",
                "session \"" + wanted.session + "\" to export its secret \"" + wanted.secret + "\" to session \"" +
                    importer.name + "\", as its secret \"" + secret.name + "\" asks",
                "no such export",
                "add export: [{session: " + importer.name + ", session_hash: " + hash + "}] to \"" + wanted.secret +
                    "\" in session \"" + wanted.session + "\"");
}

// The exporting sessions of one importer, each looked up once.
class Exporters {
 public:
  // `nested`: these are the exporters of an exporter, whose own imports are left as they are.
  Exporters(SessionLoader& loader, UtcTime now, bool nested) : loader_(loader), now_(now), nested_(nested) {}

  // Its session is null when there is none.
  Answer<const Snapshot*> find(const std::string& name) {
    if (const auto known = found_.find(name); known != found_.end()) return &known->second;
    Snapshot snapshot = TRY(loader_.snapshot(name));
    if (snapshot.session && !nested_) {
      snapshot = TRY(with_renewed_certificates(loader_, std::move(snapshot), now_));
    } else if (snapshot.session && !has_imports(snapshot.session->session)) {
      snapshot = TRY(loader_.renewed(std::move(snapshot), {}, now_));
    }
    return &found_.emplace(name, std::move(snapshot)).first->second;
  }

 private:
  SessionLoader& loader_;
  const UtcTime now_;
  const bool nested_;
  std::map<std::string, Snapshot> found_;
};

// What the importer gets of an exporter's secret: its material. Of a jwt a token that is signed at this moment with the exporter's own
// signer, whose key stays where it is. (A signer that the exporter imports itself is not for it to pass on.)
Answer<Material> given_out(const Session& exporter, const Secret& secret, const Materials& materials, UtcTime now,
                           const Secret& importing) {
  Material material = materials.at(secret.name).copy();
  if (material.kind != policy::SecretKind::kJwt) return material;
  const auto signer = std::ranges::find(exporter.secrets, secret.signer, &Secret::name);
  if (signer == exporter.secrets.end() || signer->import) {
    return refuse(Refusal::kForbidden, "session.import",
                  "the jwt \"" + importing.import->secret + "\" to be signed by a key of session \"" + exporter.name +
                      "\" itself",
                  "a signer that is imported", "export it from the session that owns the signer");
  }
  auto token = render(secret, materials, policy::Form::kText, now);
  if (!token) return unavailable("jwt of session " + exporter.name, token.error());
  material.value = *std::move(token);
  return material;
}

Answer<Material> resolve(Exporters& exporters, const Session& importer, const std::string& hash, const Secret& secret,
                         UtcTime now) {
  const policy::SecretImport& wanted = *secret.import;
  if (wanted.session == importer.name) return not_exported(importer, hash, secret);
  const Snapshot* exporter = TRY(exporters.find(wanted.session));
  if (!exporter->session) return not_exported(importer, hash, secret);
  const std::vector<Secret>& theirs = exporter->session->session.secrets;
  const auto found = std::ranges::find(theirs, wanted.secret, &Secret::name);
  if (found == theirs.end() || !exports_to(*found, importer.name, hash)) return not_exported(importer, hash, secret);
  const auto material = exporter->materials->materials.find(wanted.secret);
  if (material == exporter->materials->materials.end()) return not_exported(importer, hash, secret);
  if (secret.kind != policy::SecretKind::kImported && secret.kind != material->second.kind) {
    const auto word = [](policy::SecretKind kind) {
      return std::string(policy::word_of(policy::kSecretKindWords, kind));
    };
    return refuse(
        Refusal::kInvalid, "session.import-kind",
        "kind " + word(secret.kind) + " of \"" + secret.name + "\" in session \"" + importer.name + "\"",
        "kind " + word(material->second.kind) + " of \"" + wanted.secret + "\" in session \"" + wanted.session + "\"",
        "leave the kind out, or write the exporter's");
  }
  return given_out(exporter->session->session, *found, exporter->materials->materials, now, secret);
}

Answer<Materials> resolve_all(Exporters exporters, const Session& session, const std::string& hash, UtcTime now) {
  Materials imported;
  for (const Secret& secret : session.secrets) {
    if (!secret.import) continue;
    Material material = TRY(resolve(exporters, session, hash, secret, now));
    imported.emplace(secret.name, std::move(material));
  }
  return imported;
}

// Calls check(text, place, where) for every text of the session that may hold variables.
Answer<void> each_template(const Session& session, auto check) {
  const auto configuration = [&](const std::string& text, const char* where) {
    return check(text, Place::kConfiguration, std::string(where));
  };
  TRY_VOID(configuration(session.security.one_time_password_shared_secret, "security's one-time password"));
  TRY_VOID(configuration(session.security.service_access_token, "security.service_access_token"));
  for (const policy::Service& service : session.services) {
    const std::string where = "service \"" + service.name + "\", ";
    for (const std::string& text : service.command) TRY_VOID(check(text, Place::kArgument, where + "command"));
    for (const auto& [key, text] : service.environment) {
      TRY_VOID(check(text, Place::kEnvironment, where + "environment variable " + key));
    }
    TRY_VOID(check(service.one_time_password_shared_secret, Place::kConfiguration, where + "one-time password"));
    if (service.root_volume) TRY_VOID(check(service.root_volume->key, Place::kConfiguration, where + "fspf_key"));
  }
  for (const policy::Image& image : session.images) {
    for (const policy::InjectionFile& file : image.injection_files) {
      if (file.content) TRY_VOID(check(*file.content, Place::kFile, "injection file " + file.path));
    }
  }
  for (const policy::Volume& volume : session.volumes) {
    TRY_VOID(check(volume.fspf_key, Place::kConfiguration, "volume \"" + volume.name + "\", fspf_key"));
  }
  return {};
}

}  // namespace

bool exports_to(const Secret& secret, const std::string& importer, const std::string& hash) {
  return std::ranges::any_of(secret.exports, [&](const SecretExport& one) {
    if (!one.name_space.empty()) return importer.starts_with(one.name_space + "/");
    return one.session == importer && (one.session_hash.empty() || one.session_hash == hash);
  });
}

bool has_imports(const Session& session) {
  return std::ranges::any_of(session.secrets, [](const Secret& secret) { return secret.import.has_value(); });
}

Answer<Materials> resolve_imports(SessionLoader& loader, const Session& session, const std::string& hash, UtcTime now) {
  return resolve_all(Exporters(loader, now, /*nested=*/false), session, hash, now);
}

Answer<Snapshot> with_renewed_certificates(SessionLoader& loader, Snapshot snapshot, UtcTime now) {
  const StoredSession& stored = *snapshot.session;
  if (!has_imports(stored.session)) return loader.renewed(std::move(snapshot), {}, now);
  auto imported = resolve_all(Exporters(loader, now, /*nested=*/true), stored.session, stored.hash, now);
  // An issuer that is exported to it no longer issues nothing for it: its certificates stay as they are.
  if (!imported) return snapshot;
  return loader.renewed(std::move(snapshot), *imported, now);
}

void set_imported_kinds(Session& session, const Materials& imported) {
  for (Secret& secret : session.secrets) {
    if (secret.kind != policy::SecretKind::kImported) continue;
    if (const auto found = imported.find(secret.name); found != imported.end()) secret.kind = found->second.kind;
  }
}

Answer<void> check_forms(const Session& session) {
  return each_template(session, [&](const std::string& text, Place place, const std::string& where) -> Answer<void> {
    const auto parts = policy::parse_template(text);
    if (!parts) return {};  // check_session read it; literal dollar signs of a host variable, say
    for (const policy::TemplatePart& part : *parts) {
      std::string name;
      if (!part.variable || policy::resolve_form(session, *part.variable, place, name) != nullptr) continue;
      const auto secret = std::ranges::find(session.secrets, name, &Secret::name);
      const std::string kind =
          secret == session.secrets.end() ? "?" : std::string(policy::word_of(policy::kSecretKindWords, secret->kind));
      return refuse(Refusal::kInvalid, "session.form",
                    "a form that secret \"" + part.variable->name + "\" (kind " + kind + ") has in " + where,
                    part.variable->spelling(),
                    "use a form of that kind; an argument, a variable and a setting hold no "
                    "bytes, only files do");
    }
    return {};
  });
}

}  // namespace redoubt::cas
