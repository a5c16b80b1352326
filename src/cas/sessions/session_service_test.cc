// SPDX-License-Identifier: Apache-2.0
//
// Who may create, update, read and list which sessions, and what happens when store or audit log fail.
#include "cas/sessions/session_service.h"

#include <gtest/gtest.h>

#include "cas/sessions/testing/memory_audit.h"
#include "cas/sessions/testing/memory_store.h"
#include "cas/sessions/testing/people.h"

namespace redoubt::cas {
namespace {

const Client kAnonymous;

std::string session_text(const std::string& name, const std::string& rest = "") {
  return "name: " + name + "\nversion: \"0.3\"\n" + rest;
}

class SessionServiceTest : public testing::Test {
 protected:
  Answer<SessionReply> put(const Client& client, const std::string& name, const std::string& rest = "",
                           const BoardSignatures& signatures = {}) {
    return service_.put(client, name, session_text(name, rest), signatures);
  }
  // The check that refused, or "" when it was done.
  template <typename T>
  static std::string refused(const Answer<T>& answer) {
    return answer ? "" : answer.error().check;
  }
  std::string hash(const Client& client, const std::string& name) {
    return service_.hash(client, name).value_or("none");
  }

  MemoryStore store_;
  MemoryAudit audit_;
  UtcTime now_ = utc_time_from_unix(1755000000);
  SessionService service_{store_, audit_, [this] { return now_; }};
  const Client alice_ = make_client("alice");
  const Client bob_ = make_client("bob");
};

TEST_F(SessionServiceTest, CreatesReadsAndUpdates) {
  const auto created = put(alice_, "shop");
  ASSERT_TRUE(created) << created.error().actual;
  EXPECT_TRUE(created->created);
  EXPECT_EQ(audit_.last(), "session.created/allowed");
  EXPECT_EQ(audit_.events.back().subject, alice_.key_hash);
  const auto read = service_.read(alice_, "shop");
  ASSERT_TRUE(read);
  EXPECT_EQ(read->yaml, session_text("shop"));
  EXPECT_EQ(read->hash, created->hash);

  const auto updated =
      put(alice_, "shop", "predecessor: " + created->hash + "\nsalt: 000102030405060708090a0b0c0d0e0f\n");
  ASSERT_TRUE(updated) << updated.error().actual;
  EXPECT_FALSE(updated->created);
  EXPECT_NE(updated->hash, created->hash);
  EXPECT_EQ(audit_.last(), "session.updated/allowed");
  EXPECT_EQ(hash(kAnonymous, "shop"), updated->hash);  // it has a salt
}

TEST_F(SessionServiceTest, ReportsEveryMistake) {
  const auto answer = service_.put(
      alice_, "shop",
      "name: other\nversion: \"0.3\"\nsecurity: {singleton_enclaves: true}\nservices: [{name: s, platforms: [p], "
      "attestation: {mrenclave: 0000000000000000000000000000000000000000000000000000000000000000}}]\n",
      {});
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().refusal, Refusal::kInvalid);
  for (const char* part : {"singleton_enclaves", "services[0].platforms", "\"name\""}) {
    EXPECT_NE(answer.error().more.find(part), std::string::npos) << part;
  }
  const auto unreadable = service_.put(alice_, "shop", "name: [", {});
  EXPECT_EQ(unreadable.error().refusal, Refusal::kInvalid);
  EXPECT_TRUE(audit_.events.empty());

  // A secret in the wrong place is shown to the client, and to nobody else.
  const auto misplaced = service_.put(alice_, "bad", "name: bad\nversion: \"0.3\"\nsecrets: [[canary123]]\n", {});
  ASSERT_FALSE(misplaced);
  EXPECT_EQ(misplaced.error().actual.find("canary123"), std::string::npos) << misplaced.error().actual;
}

TEST_F(SessionServiceTest, RefusesWhatNobodyEnforces) {
  EXPECT_EQ(refused(put(alice_, "a", "security: {singleton_enclaves: true}\n")), "session.check");
  EXPECT_EQ(refused(put(alice_, "a", "security: {attestation: {must_be_sgx_local: true}}\n")), "session.check");
}

TEST_F(SessionServiceTest, NeedsACertificateToCreate) {
  const auto answer = put(kAnonymous, "shop");
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().refusal, Refusal::kUnauthorised);
  EXPECT_EQ(
      refused(put(alice_, "shop", "predecessor: 9fa48b1629bb246a1aea3d38ccdd5a4e80d0f4d4ff4b5a1ae3e0c7b6a5d49382\n")),
      "session.predecessor");
}

TEST_F(SessionServiceTest, KeepsPredecessorsLinear) {
  const auto first = put(alice_, "shop");
  const auto second = put(alice_, "shop", "predecessor: " + first->hash + "\nsalt: 000102030405060708090a0b0c0d0e0f\n");
  ASSERT_TRUE(second);
  const auto stale = put(alice_, "shop", "predecessor: " + first->hash + "\n");
  ASSERT_FALSE(stale);
  EXPECT_EQ(stale.error().refusal, Refusal::kConflict);
  EXPECT_NE(stale.error().expected.find(second->hash), std::string::npos);
  EXPECT_EQ(stale.error().actual, first->hash);
  EXPECT_EQ(audit_.last(), "session.updated/refused");
  EXPECT_EQ(audit_.detail("check"), "session.predecessor");
  EXPECT_EQ(refused(put(alice_, "shop")), "session.predecessor");  // none at all
}

TEST_F(SessionServiceTest, TakesARepetitionForTheAnswerThatWasLost) {
  const auto first = put(alice_, "shop");
  const auto again = put(alice_, "shop");
  ASSERT_TRUE(again);
  EXPECT_FALSE(again->created);
  EXPECT_EQ(again->hash, first->hash);
  EXPECT_EQ(store_.get(RecordKind::kSession, "shop").value()->version, 1U);
  EXPECT_EQ(refused(put(bob_, "shop")), "session.access-policy");
}

TEST_F(SessionServiceTest, RefusesForeignClients) {
  const auto created = put(alice_, "shop");
  const std::string update = "predecessor: " + created->hash + "\n";
  EXPECT_EQ(service_.read(bob_, "shop").error().refusal, Refusal::kForbidden);
  EXPECT_EQ(audit_.last(), "session.read/refused");
  EXPECT_EQ(service_.read(kAnonymous, "shop").error().refusal, Refusal::kUnauthorised);
  EXPECT_EQ(service_.hash(bob_, "shop").error().refusal, Refusal::kForbidden);
  EXPECT_EQ(service_.read(bob_, "none").error().refusal, Refusal::kNotFound);
  EXPECT_EQ(service_.read(bob_, "../none").error().refusal, Refusal::kNotFound);
  const auto stolen = put(bob_, "shop", update);
  EXPECT_EQ(stolen.error().refusal, Refusal::kForbidden);
  EXPECT_EQ(stolen.error().expected.find(created->hash), std::string::npos);  // the present hash is not told
  EXPECT_EQ(put(bob_, "shop").error().refusal, Refusal::kForbidden);
}

TEST_F(SessionServiceTest, ReadPermissionIsNoUpdatePermission) {
  const auto created = put(alice_, "shop", "access_policy: {read: [CREATOR, " + bob_.key_hash + "]}\n");
  ASSERT_TRUE(created);
  EXPECT_TRUE(service_.read(bob_, "shop"));
  EXPECT_EQ(refused(put(bob_, "shop", "predecessor: " + created->hash + "\n")), "session.access-policy");
}

TEST_F(SessionServiceTest, KnowsEveryPrincipal) {
  std::string pem;
  for (const char c : bob_.certificate_pem) pem += c == '\n' ? std::string("\\n") : std::string(1, c);
  ASSERT_TRUE(put(alice_, "by-pem", "access_policy: {read: [\"" + pem + "\"]}\n"));
  EXPECT_TRUE(service_.read(bob_, "by-pem"));
  EXPECT_FALSE(service_.read(alice_, "by-pem"));
  ASSERT_TRUE(put(alice_, "by-any", "access_policy: {read: [ANY]}\n"));
  EXPECT_TRUE(service_.read(kAnonymous, "by-any"));
  ASSERT_TRUE(put(alice_, "by-none", "access_policy: {read: [NONE], update: [NONE]}\n"));
  EXPECT_FALSE(service_.read(alice_, "by-none"));
  const auto by_secret =
      put(alice_, "by-secret",
          "access_policy: {read: [\"$$SCONE::who$$\"]}\nsecrets: [{name: who, kind: ascii, value: " + bob_.key_hash +
              "}]\n");
  ASSERT_TRUE(by_secret) << by_secret.error().actual;
  EXPECT_TRUE(service_.read(bob_, "by-secret"));
  EXPECT_FALSE(service_.read(alice_, "by-secret"));
  const auto useless =
      put(alice_, "by-nothing", "access_policy: {read: [\"$$SCONE::who$$\"]}\nsecrets: [{name: who, kind: ascii}]\n");
  EXPECT_EQ(refused(useless), "session.access-policy");
}

TEST_F(SessionServiceTest, CountsABoard) {
  const BoardMember one, two("P-384"), three, stranger;
  const std::string policy = "access_policy: {update: [{require-at-least-2: [" + one.principal() + ", " +
                             two.principal() + ", " + three.principal() + "]}]}\n";
  const auto created = put(alice_, "bank", policy);
  ASSERT_TRUE(created) << created.error().actual << created.error().more;
  const std::string rest = "predecessor: " + created->hash + "\n" + policy;
  const std::string text = session_text("bank", rest);
  EXPECT_EQ(refused(put(alice_, "bank", rest)), "session.access-policy");  // the creator alone is nobody
  EXPECT_EQ(refused(put(alice_, "bank", rest, {one.sign(text)})), "session.access-policy");
  EXPECT_EQ(refused(put(alice_, "bank", rest, {one.sign(text), one.sign(text)})), "session.access-policy");
  EXPECT_EQ(refused(put(alice_, "bank", rest, {one.sign(text), stranger.sign(text)})), "session.access-policy");
  EXPECT_EQ(refused(put(alice_, "bank", rest, {one.sign(text), two.sign(text + " ")})), "session.access-policy");
  EXPECT_EQ(refused(put(alice_, "bank", rest, {one.sign(text), two.sign_bytes(text)})),
            "session.access-policy");  // no label
  EXPECT_EQ(refused(put(alice_, "bank", rest, {"%%%%"})), "board.signatures");
  EXPECT_EQ(refused(put(alice_, "bank", rest, BoardSignatures(65, one.sign(text)))), "board.signatures");
  const auto updated = put(kAnonymous, "bank", rest, {one.sign(text), two.sign(text)});
  ASSERT_TRUE(updated) << updated.error().actual;

  // The signatures of that change are good for no other.
  const std::string next = "predecessor: " + updated->hash + "\n" + policy;
  EXPECT_EQ(refused(put(alice_, "bank", next, {one.sign(text), two.sign(text)})), "session.access-policy");
  EXPECT_EQ(refused(put(alice_, "bank", rest, {one.sign(text), two.sign(text)})), "");  // the present one again
}

TEST_F(SessionServiceTest, RefusesABoardInWhichOneCountsTwice) {
  const BoardMember one, two;
  const auto answer = put(alice_, "bank",
                          "access_policy: {update: [{require-all: [" + one.principal() + ", {require-at-least-1: [" +
                              one.principal() + ", " + two.principal() + "]}]}]}\n");
  ASSERT_FALSE(answer);
  EXPECT_NE(answer.error().more.find("each signer once"), std::string::npos);
}

TEST_F(SessionServiceTest, GuardsNamespaces) {
  const auto parent = put(alice_, "a", "access_policy: {create_sessions: [" + bob_.key_hash + "]}\n");
  ASSERT_TRUE(parent);
  EXPECT_EQ(refused(put(alice_, "a/b")), "session.access-policy");
  EXPECT_EQ(refused(put(alice_, "a/b/c")), "session.access-policy");  // the nearest ancestor decides
  EXPECT_EQ(
      refused(put(bob_, "a/x", "namespace_hash: 9fa48b1629bb246a1aea3d38ccdd5a4e80d0f4d4ff4b5a1ae3e0c7b6a5d49382\n")),
      "session.namespace-hash");
  EXPECT_EQ(refused(put(bob_, "a/b", "namespace_hash: " + parent->hash + "\n")), "");
  EXPECT_EQ(refused(put(bob_, "a/y/z", "namespace_hash: " + parent->hash + "\n")), "session.namespace-hash");
  EXPECT_EQ(refused(put(alice_, "new/b")), "");  // nobody's namespace
  EXPECT_EQ(refused(put(bob_, "ab")), "");
}

// RFC 3986 names two levels deep: the nearest session above decides, and an owner further up has no say by that.
TEST_F(SessionServiceTest, GuardsNamespacesTwoLevelsDeep) {
  ASSERT_TRUE(put(alice_, "a", "access_policy: {create_sessions: [" + bob_.key_hash + "]}\n"));
  const auto middle = put(bob_, "a/b");
  ASSERT_TRUE(middle);
  EXPECT_EQ(refused(put(alice_, "a/b/c")), "session.access-policy");
  const auto wrong_parent = put(bob_, "a/b/c", "namespace_hash: " + hash(alice_, "a") + "\n");
  EXPECT_EQ(refused(wrong_parent), "session.namespace-hash");
  EXPECT_EQ(refused(put(bob_, "a/b/c", "namespace_hash: " + middle->hash + "\n")), "");
  EXPECT_EQ(refused(put(bob_, "a/b/c/d/e")), "");  // two levels without a session: a/b/c decides
  EXPECT_EQ(refused(put(alice_, "a/b/c/d/f")), "session.access-policy");
  // Whoever owns the namespace above does not own what is in it.
  EXPECT_EQ(refused(put(alice_, "a/b/c", "predecessor: " + hash(bob_, "a/b/c") + "\n")), "session.access-policy");
  EXPECT_FALSE(service_.read(alice_, "a/b/c"));
  // An export to a namespace reaches every level below it, and not the session of that name.
  ASSERT_TRUE(put(alice_, "bank", "secrets: [{name: pw, kind: ascii, export: [{namespace: a/b}]}]\n"));
  const std::string import = "secrets: [{name: pw, import: {session: bank, secret: pw}}]\n";
  EXPECT_EQ(refused(put(bob_, "a/b/x", import)), "");
  EXPECT_EQ(refused(put(bob_, "a/b/x/y", import)), "");
  EXPECT_EQ(refused(put(bob_, "a/bx", import)), "session.import");
  EXPECT_EQ(refused(put(bob_, "a/b", "predecessor: " + middle->hash + "\n" + import)), "session.import");
}

TEST_F(SessionServiceTest, CountsTheThresholdOfABoard) {
  const BoardMember one, two, three, four;
  const auto board = [&](const std::string& word) {
    return "access_policy: {update: [{" + word + ": [" + one.principal() + ", " + two.principal() +
           ", {require-all: [" + three.principal() + ", " + four.principal() + "]}]}]}\n";
  };
  EXPECT_EQ(refused(put(alice_, "none", board("require-at-least-0"))), "session.check");
  EXPECT_EQ(refused(put(alice_, "more", board("require-at-least-4"))), "session.check");
  int number = 0;
  const auto update = [&](const std::string& word, const std::vector<const BoardMember*>& signers) {
    const std::string name = "bank" + std::to_string(++number);
    const auto created = put(alice_, name, board(word));
    EXPECT_TRUE(created);
    const std::string rest = "predecessor: " + created->hash + "\n" + board(word);
    BoardSignatures signatures;
    for (const BoardMember* signer : signers) signatures.push_back(signer->sign(session_text(name, rest)));
    return refused(put(alice_, name, rest, signatures));
  };
  EXPECT_EQ(update("require-at-least-1", {}), "session.access-policy");
  EXPECT_EQ(update("require-at-least-1", {&one}), "");
  EXPECT_EQ(update("require-at-least-1", {&three}), "session.access-policy");  // half of the inner board
  EXPECT_EQ(update("require-at-least-1", {&three, &four}), "");
  EXPECT_EQ(update("require-at-least-2", {&three, &four}), "session.access-policy");  // it counts once
  EXPECT_EQ(update("require-at-least-2", {&one, &three, &four}), "");
  EXPECT_EQ(update("require-all", {&one, &two, &three}), "session.access-policy");
  EXPECT_EQ(update("require-all", {&one, &two, &three, &four}), "");
}

TEST_F(SessionServiceTest, ListsWhatMayBeListed) {
  ASSERT_TRUE(put(alice_, "x/1"));
  ASSERT_TRUE(put(bob_, "x/2"));
  ASSERT_TRUE(put(bob_, "x/3", "access_policy: {list_sessions: [ANY]}\n"));
  ASSERT_TRUE(put(alice_, "y"));
  using Names = std::vector<std::string>;
  EXPECT_EQ(service_.list(alice_, "x/", "").value(), (Names{"x/1", "x/3"}));
  EXPECT_EQ(service_.list(alice_, "", "x/1").value(), (Names{"x/3", "y"}));
  EXPECT_EQ(service_.list(kAnonymous, "", "").value(), (Names{"x/3"}));
}

TEST_F(SessionServiceTest, KeepsGeneratedSecretsAndShowsNone) {
  const auto created = put(
      alice_, "shop", "secrets: [{name: pw, kind: ascii}, {name: open, kind: binary, size: 4, export_public: true}]\n");
  ASSERT_TRUE(created) << created.error().actual;
  const auto first = service_.public_value("shop", "open", "hex");
  ASSERT_TRUE(first);
  EXPECT_EQ(first->size(), 8U);
  ASSERT_TRUE(
      put(alice_, "shop",
          "predecessor: " + created->hash +
              "\nsecrets: [{name: pw, kind: ascii}, {name: open, kind: binary, size: 4, export_public: true}]\n"));
  EXPECT_EQ(service_.public_value("shop", "open", "hex")->text(), first->text());
  EXPECT_EQ(service_.public_value("shop", "open", "")->size(), 4U);
  EXPECT_EQ(service_.public_value("shop", "pw", "").error().refusal, Refusal::kNotFound);
  EXPECT_EQ(service_.public_value("shop", "none", "").error().actual, "session=shop,secret=none");
  EXPECT_EQ(service_.public_value("none", "open", "").error().refusal, Refusal::kNotFound);
  EXPECT_EQ(service_.public_value("shop", "open", "crt").error().refusal, Refusal::kMalformed);
}

TEST_F(SessionServiceTest, ExportsDecideOnImports) {
  const std::string import = "secrets: [{name: theirs, import: {session: bank, secret: pw}}]\n";
  const auto missing = put(bob_, "shop", import);
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().check, "session.import");
  EXPECT_NE(missing.error().expected.find("\"bank\""), std::string::npos);
  EXPECT_NE(missing.error().expected.find("\"shop\""), std::string::npos);

  const auto bank =
      put(alice_, "bank", "secrets: [{name: pw, kind: ascii, export: [{session: shop}, {namespace: team}]}]\n");
  ASSERT_TRUE(bank) << bank.error().actual;
  EXPECT_TRUE(put(bob_, "shop", import));
  EXPECT_TRUE(put(bob_, "team/shop", import));
  EXPECT_EQ(refused(put(bob_, "team", import)), "session.import");
  EXPECT_EQ(refused(put(bob_, "teams", import)), "session.import");
  EXPECT_EQ(put(bob_, "other", import).error().actual, missing.error().actual);  // not listed is as not there
  // Another kind, and a form that the exporter's kind has not.
  EXPECT_EQ(
      refused(put(bob_, "team/b", "secrets: [{name: theirs, kind: binary, import: {session: bank, secret: pw}}]\n")),
      "session.import-kind");
  const std::string form =
      "services: [{name: s, command: [/p, \"$$SCONE::theirs:hex$$\"], attestation: {mrenclave: "
      "0000000000000000000000000000000000000000000000000000000000000000}}]\n";
  EXPECT_EQ(refused(put(bob_, "team/c", import + form)), "session.form");
  // An imported value does not decide who may change this session.
  EXPECT_EQ(refused(put(bob_, "team/d", import + "access_policy: {read: [\"$$SCONE::theirs$$\"]}\n")),
            "session.access-policy");
}

TEST_F(SessionServiceTest, PinnedExportsNeedTheHash) {
  const auto pinned = [](const std::string& hash) {
    return "secrets: [{name: pw, kind: ascii, export: [{session: shop, session_hash: " + hash + "}]}]\n";
  };
  ASSERT_TRUE(put(alice_, "bank", pinned("9fa48b1629bb246a1aea3d38ccdd5a4e80d0f4d4ff4b5a1ae3e0c7b6a5d49382")));
  const std::string import = "secrets: [{name: theirs, import: {session: bank, secret: pw}}]\n";
  const auto refusal = put(bob_, "shop", import);
  ASSERT_FALSE(refusal);
  // The remedy has the hash to pin.
  const size_t at = refusal.error().remedy.find("session_hash: ");
  ASSERT_NE(at, std::string::npos);
  const std::string hash = refusal.error().remedy.substr(at + 14, 64);
  ASSERT_TRUE(put(alice_, "bank", "predecessor: " + this->hash(alice_, "bank") + "\n" + pinned(hash)));
  EXPECT_TRUE(put(bob_, "shop", import));
}

TEST_F(SessionServiceTest, DoesNothingThatIsNotRecorded) {
  audit_.broken = true;
  const auto answer = put(alice_, "shop");
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().refusal, Refusal::kUnavailable);
  EXPECT_FALSE(store_.get(RecordKind::kSession, "shop").value());
  audit_.broken = false;
  ASSERT_TRUE(put(alice_, "shop"));
  audit_.broken = true;
  EXPECT_EQ(service_.read(alice_, "shop").error().refusal, Refusal::kUnavailable);
}

TEST_F(SessionServiceTest, TellsNothingAboutABrokenStore) {
  ASSERT_TRUE(put(alice_, "shop"));
  store_.read_only = true;
  const auto answer = put(alice_, "other");
  EXPECT_EQ(answer.error().refusal, Refusal::kUnavailable);
  EXPECT_EQ(answer.error().actual.find("broken"), std::string::npos);
  EXPECT_EQ(audit_.last(), "session.created/refused");
  store_.broken = true;
  EXPECT_EQ(service_.read(alice_, "shop").error().refusal, Refusal::kUnavailable);
  EXPECT_EQ(service_.list(alice_, "", "").error().refusal, Refusal::kUnavailable);
  EXPECT_EQ(put(alice_, "shop").error().refusal, Refusal::kUnavailable);
}

TEST_F(SessionServiceTest, NoticesAnotherWriter) {
  const auto created = put(alice_, "shop");
  const std::string rest = "predecessor: " + created->hash + "\nsalt: 000102030405060708090a0b0c0d0e0f\n";
  SessionService other(store_, audit_, [this] { return now_; });
  store_.before_commit = [&] {
    EXPECT_TRUE(other.put(alice_, "shop", session_text("shop", "predecessor: " + created->hash + "\n"), {}));
  };
  const auto lost = put(alice_, "shop", rest);
  ASSERT_FALSE(lost);
  EXPECT_EQ(lost.error().refusal, Refusal::kConflict);
  EXPECT_EQ(lost.error().check, "session.predecessor");
}

}  // namespace
}  // namespace redoubt::cas
