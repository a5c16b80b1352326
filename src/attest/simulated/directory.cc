// SPDX-License-Identifier: Apache-2.0
#include "attest/simulated/directory.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "attest/make_verifier.h"
#include "attest/policy.h"
#include "base/secret_bytes.h"

namespace redoubt::attest::simulated {
namespace {

constexpr size_t kLargestFile = 1 << 20;
constexpr mode_t kPublic = 0644, kPrivate = 0600;

constexpr const char* kReadme =
    "A SIMULATED platform of Redoubt. Its evidence proves nothing about any machine: whoever holds the files in "
    "platform/\n"
    "or authority/ can claim anything under its root. For development and tests.\n"
    "\n"
    "root.pem, collateral.json   for CAS: redoubt cas start --simulated-root root.pem --collateral collateral.json\n"
    "platform/                   for LAS: redoubt las start --simulated THIS_DIRECTORY\n"
    "authority/                  for redoubt simulate renew THIS_DIRECTORY, before collateral.json expires\n";

std::unexpected<Error> failed(const std::string& what, const std::string& path) {
  return fail(ErrorCode::kFailed, what + " \"" + path + "\": " + std::strerror(errno));
}

class File {
 public:
  explicit File(int fd) : fd_(fd) {}
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  ~File() {
    if (fd_ >= 0) close(fd_);
  }
  int fd() const { return fd_; }

 private:
  int fd_;
};

Result<void, Error> write_new_file(const std::string& path, ByteView content, mode_t mode) {
  const File file(open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode));
  if (file.fd() < 0) return failed("cannot create", path);
  while (!content.empty()) {
    const ssize_t written = write(file.fd(), content.data(), content.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return failed("cannot write", path);
    content = content.subspan(static_cast<size_t>(written));
  }
  if (fchmod(file.fd(), mode) != 0 || fsync(file.fd()) != 0) return failed("cannot write", path);
  return {};
}

Result<SecretBytes, Error> read_file(const std::string& path, bool only_mine = false) {
  const File file(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  struct stat status {};
  if (file.fd() < 0 || fstat(file.fd(), &status) != 0) return failed("cannot read", path);
  if (!S_ISREG(status.st_mode) || status.st_size < 0 || static_cast<size_t>(status.st_size) > kLargestFile) {
    return fail(ErrorCode::kMalformed, "\"" + path + "\": expected a file of at most 1 MiB");
  }
  if (only_mine && (status.st_mode & 077) != 0) {
    return fail(ErrorCode::kFailed,
                "\"" + path + "\": expected a key that only its owner may read, found one with other " +
                    "permissions; make a new platform (redoubt simulate create), since this key " + "may be known");
  }
  SecretBytes content(static_cast<size_t>(status.st_size));
  size_t size = 0;
  while (size < content.size()) {
    const ssize_t count = read(file.fd(), content.data() + size, content.size() - size);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return failed("cannot read", path);
    if (count == 0) break;
    size += static_cast<size_t>(count);
  }
  content.shrink(size);
  return content;
}

Result<void, Error> make_private_directory(const std::string& path) {
  if (mkdir(path.c_str(), 0700) == 0) return {};
  if (errno != EEXIST) return failed("cannot create the directory", path);
  DIR* directory = opendir(path.c_str());
  if (!directory) return failed("cannot use the directory", path);
  size_t count = 0;
  while (readdir(directory)) ++count;
  closedir(directory);
  if (count > 2) {
    return fail(ErrorCode::kFailed,
                "expected \"" + path + "\" not to exist or to be empty, found files in it; give another");
  }
  if (chmod(path.c_str(), 0700) != 0) return failed("cannot make private", path);
  return {};
}

Result<void, Error> write_pair(const std::string& path, const KeyAndCertificate& pair) {
  const SecretBytes key = TRY(pair.key.to_pem());
  TRY_VOID(write_new_file(path + ".key", key.view(), kPrivate));
  return write_new_file(path + ".pem", as_bytes(crypto::to_pem(pair.certificate)), kPublic);
}

Result<KeyAndCertificate, Error> read_pair(const std::string& path) {
  const SecretBytes pem = TRY(read_file(path + ".key", /*only_mine=*/true));
  crypto::P256SigningKey key = TRY(crypto::P256SigningKey::from_pem(pem.view()));
  const SecretBytes text = TRY(read_file(path + ".pem"));
  crypto::Certificate certificate = TRY(crypto::Certificate::from_pem_or_der(text.view()));
  if (!(certificate.public_key() == key.public_key())) {
    return fail(ErrorCode::kMalformed, "\"" + path + ".pem\": expected the certificate of the key beside it");
  }
  return KeyAndCertificate{std::move(key), std::move(certificate)};
}

}  // namespace

Result<void, Error> write_directory(const std::string& path, const Platform& platform,
                                    const CollateralFile& collateral) {
  TRY_VOID(make_private_directory(path));
  const std::string node = path + "/platform", authority = path + "/authority";
  TRY_VOID(make_private_directory(node));
  TRY_VOID(make_private_directory(authority));
  TRY_VOID(write_pair(authority + "/root", platform.authority.root));
  TRY_VOID(write_pair(authority + "/pck-ca", platform.authority.pck_ca));
  TRY_VOID(write_pair(authority + "/tcb-signing", platform.authority.tcb_signing));
  const SecretBytes key = TRY(platform.quoting.attestation_key.to_pem());
  TRY_VOID(write_new_file(node + "/attestation.key", key.view(), kPrivate));
  TRY_VOID(write_new_file(node + "/certification.bin", platform.quoting.certification, kPublic));
  TRY_VOID(write_new_file(path + "/README", as_bytes(kReadme), kPublic));
  TRY_VOID(write_new_file(path + "/collateral.json", as_bytes(as_json(collateral)), kPublic));
  const std::string root = crypto::to_pem(platform.authority.root.certificate);
  return write_new_file(path + "/root.pem", as_bytes(root), kPublic);  // last: a directory with it is whole
}

Result<Authority, Error> read_authority(const std::string& path) {
  KeyAndCertificate root = TRY(read_pair(path + "/authority/root"));
  KeyAndCertificate pck_ca = TRY(read_pair(path + "/authority/pck-ca"));
  KeyAndCertificate tcb_signing = TRY(read_pair(path + "/authority/tcb-signing"));
  return Authority{std::move(root), std::move(pck_ca), std::move(tcb_signing)};
}

Result<void, Error> replace_collateral(const std::string& path, const CollateralFile& collateral) {
  const std::string file = path + "/collateral.json", draft = file + ".new";
  unlink(draft.c_str());  // of a renewal that was killed
  TRY_VOID(write_new_file(draft, as_bytes(as_json(collateral)), kPublic));
  if (rename(draft.c_str(), file.c_str()) != 0) return failed("cannot replace", file);
  return {};
}

Result<QuotingKey, Error> read_quoting_key(const std::string& path) {
  const std::string key_file = path + "/platform/attestation.key";
  const SecretBytes pem = TRY(read_file(key_file, /*only_mine=*/true));
  auto key = crypto::P256SigningKey::from_pem(pem.view());
  if (!key) return std::unexpected(std::move(key.error()).in("\"" + key_file + "\""));
  const SecretBytes certification = TRY(read_file(path + "/platform/certification.bin"));
  return QuotingKey{*std::move(key), Bytes(certification.view().begin(), certification.view().end())};
}

Result<void, Error> check_directory(const std::string& path, const EvidenceSource& source, UtcTime now) {
  const SecretBytes root = TRY(read_file(path + "/root.pem"));
  const SecretBytes collateral = TRY(read_file(path + "/collateral.json"));
  const auto verifier = TRY(make_verifier(root.text(), collateral.text(), /*simulated=*/true));
  const Bytes evidence = TRY(source.evidence({}, {}));
  Policy policy;
  TRY_VOID(policy.tolerate("simulation"));
  const auto reasons = policy.reasons_to_refuse(verifier->verify(evidence, now));
  if (reasons.empty()) return {};
  return fail(ErrorCode::kUnauthentic,
              reasons.front().check + ": expected " + reasons.front().expected + ", found " + reasons.front().actual);
}

}  // namespace redoubt::attest::simulated
