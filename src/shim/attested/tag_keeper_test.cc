// SPDX-License-Identifier: Apache-2.0
//
// CasTagKeeper against a CAS of a hundred lines in another process: it checks the introduction as wire/instance_protocol.h has it,
// counts, and loses connections, refuses or stays silent on request. OpenSSL is the runtime's (crypto_provider_test.cc).
#include "shim/attested/tag_keeper.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <openssl/ec.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "crypto/hash.h"
#include "crypto/pem.h"
#include "shim/attested/fork.h"
#include "shim/attested/instance_key.h"
#include "shim/attested/openssl_start.h"
#include "shim/attested/pool.h"
#include "shim/attested/state.h"
#include "shim/files/window.h"
#include "shim/memory/sealed.h"
#include "wire/instance_protocol.h"

namespace redoubt::shim::attested {
namespace {

State own_state;

// Seen and set by both processes.
enum class Mode : int { kKeep, kLoseBeforeAnswer, kRefuse, kSilent };
struct Board {
  std::atomic<int> introductions, bad_introductions, tags;
  std::atomic<Mode> mode;
  std::atomic<uint64_t> last_sequence;
};
Board* board;

// ---- the other end ----

struct Peer {
  int socket;
  SSL* tls;

  void flush() const {
    char* bytes = nullptr;
    const long size = BIO_get_mem_data(SSL_get_wbio(tls), &bytes);
    if (size > 0) (void)!send(socket, bytes, static_cast<size_t>(size), MSG_NOSIGNAL);
    (void)BIO_reset(SSL_get_wbio(tls));
  }
  bool fill() const {
    char buffer[4096];
    const ssize_t got = recv(socket, buffer, sizeof(buffer), 0);
    return got > 0 && BIO_write(SSL_get_rbio(tls), buffer, static_cast<int>(got)) == got;
  }
  bool shake_hands() const {
    while (true) {
      const int result = SSL_accept(tls);
      flush();
      if (result == 1) return true;
      if (SSL_get_error(tls, result) != SSL_ERROR_WANT_READ || !fill()) return false;
    }
  }
  bool read(std::string& more) const {
    char buffer[4096];
    while (true) {
      const int got = SSL_read(tls, buffer, sizeof(buffer));
      if (got > 0) return more.append(buffer, static_cast<size_t>(got)), true;
      if (SSL_get_error(tls, got) != SSL_ERROR_WANT_READ || !fill()) return false;
    }
  }
  void answer(int status, const Bytes& body) const {
    const std::string text =
        "HTTP/1.1 " + std::to_string(status) + " x\r\nContent-Type: " + std::string(wire::kWireType) +
        "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + std::string(as_text(body));
    SSL_write(tls, text.data(), static_cast<int>(text.size()));
    flush();
  }
};

bool is_introduction(const Peer& peer, const wire::InstanceHello& hello, const ByteArray<32>& cas_key,
                     const ByteArray<32>& nonce) {
  ByteArray<32> exporter{};
  const std::string_view label = wire::kInstanceExporterLabel;
  SSL_export_keying_material(peer.tls, exporter.data(), exporter.size(), label.data(), label.size(), nullptr, 0, 0);
  Bytes message(wire::kInstanceSignatureLabel.begin(), wire::kInstanceSignatureLabel.end());
  for (const auto& part : {exporter, cas_key, nonce}) message.insert(message.end(), part.begin(), part.end());
  // SubjectPublicKeyInfo of P-256 up to the point (RFC 5480).
  Bytes der = {0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06,
               0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00, 0x04};
  der.insert(der.end(), hello.instance_key.begin(), hello.instance_key.end());
  const uint8_t* at = der.data();
  EVP_PKEY* key = d2i_PUBKEY(nullptr, &at, static_cast<long>(der.size()));
  ECDSA_SIG* signature = ECDSA_SIG_new();
  ECDSA_SIG_set0(signature, BN_bin2bn(hello.signature.data(), 32, nullptr),
                 BN_bin2bn(hello.signature.data() + 32, 32, nullptr));
  unsigned char* encoded = nullptr;
  const int size = i2d_ECDSA_SIG(signature, &encoded);
  EVP_MD_CTX* context = EVP_MD_CTX_new();
  return key != nullptr && EVP_DigestVerifyInit(context, nullptr, EVP_sha256(), nullptr, key) == 1 &&
         EVP_DigestVerify(context, encoded, static_cast<size_t>(size), message.data(), message.size()) == 1;
}

void serve(Peer peer, const ByteArray<32>& cas_key) {
  if (!peer.shake_hands()) return;
  bool is_known = false;
  const ByteArray<32> nonce = {42};
  std::string received;
  while (true) {
    size_t end;
    while ((end = received.find("\r\n\r\n")) == std::string::npos) {
      if (!peer.read(received)) return;
    }
    const size_t size = std::strtoul(received.c_str() + received.find("Content-Length: ") + 16, nullptr, 10);
    while (received.size() < end + 4 + size) {
      if (!peer.read(received)) return;
    }
    const std::string path = received.substr(5, received.find(' ', 5) - 5);
    const Bytes body(received.begin() + static_cast<long>(end) + 4,
                     received.begin() + static_cast<long>(end + 4 + size));
    received.erase(0, end + 4 + size);
    if (path == "/v1/instance/challenge") {
      peer.answer(200, wire::encode(wire::ChallengeReply{.nonce = nonce}));
    } else if (path == "/v1/instance") {
      wire::InstanceHello hello;
      is_known = wire::decode(body, hello) && is_introduction(peer, hello, cas_key, nonce);
      ++(is_known ? board->introductions : board->bad_introductions);
      peer.answer(is_known ? 200 : 403, {});
    } else {
      wire::VolumeTagRequest request;
      if (!is_known || path != "/v1/volumes/tag" || !wire::decode(body, request) || request.lease != 7) return;
      switch (board->mode.load()) {
        case Mode::kSilent: continue;
        case Mode::kLoseBeforeAnswer: board->mode = Mode::kKeep; return;
        case Mode::kRefuse: {
          wire::Problem problem;
          problem.check = "volume.lease";
          problem.expected = "the newest lease";
          problem.actual = "an older one";
          problem.remedy = "start again";
          peer.answer(409, wire::encode(problem));
          return;
        }
        case Mode::kKeep: break;
      }
      ++board->tags;
      board->last_sequence = request.tag.sequence;
      peer.answer(200, {});
    }
  }
}

[[noreturn]] void be_cas(int listener, SSL_CTX* context, const ByteArray<32>& key) {
  signal(SIGPIPE, SIG_IGN);
  while (true) {
    const int socket = accept(listener, nullptr, nullptr);
    if (socket < 0) _exit(1);
    std::thread([socket, context, key] {
      const Peer peer = {socket, SSL_new(context)};
      SSL_set_bio(peer.tls, BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
      BIO_set_mem_eof_return(SSL_get_rbio(peer.tls), -1);
      serve(peer, key);
      close(socket);
      SSL_free(peer.tls);
    }).detach();
  }
}

Bytes der_of(const std::string& file, std::string_view label) {
  std::ifstream stream(file, std::ios::binary);
  const auto blocks = crypto::parse_pem(std::string{std::istreambuf_iterator<char>(stream), {}}, label);
  return blocks ? blocks->front() : Bytes();
}

// ---- this end ----

class TagKeeper : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    sealed::adopt(true);
    window::start(window::kPreferredBase);
    ASSERT_TRUE(window::put(window::Slot::kProc, open("/proc", O_RDONLY | O_DIRECTORY)));
    window::fill();
    board =
        static_cast<Board*>(mmap(nullptr, sizeof(Board), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0));
    ASSERT_TRUE(ensure_openssl());
    std::string directory = (std::filesystem::temp_directory_path() / "tag_keeper.XXXXXX").string();
    ASSERT_NE(mkdtemp(directory.data()), nullptr);
    const std::string base = "'" + directory;
    ASSERT_EQ(std::system(("openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=cas -days 2 "
                           "-keyout " +
                           base + "/key' -out " + base + "/cert' 2>/dev/null")
                              .c_str()),
              0);
    const Bytes certificate = der_of(directory + "/cert", "CERTIFICATE");
    const Bytes private_key = der_of(directory + "/key", "PRIVATE KEY");
    std::filesystem::remove_all(directory);
    const uint8_t* at = certificate.data();
    X509* x509 = d2i_X509(nullptr, &at, static_cast<long>(certificate.size()));
    at = private_key.data();
    EVP_PKEY* key = d2i_AutoPrivateKey(nullptr, &at, static_cast<long>(private_key.size()));
    ASSERT_TRUE(x509 != nullptr && key != nullptr);
    SSL_CTX* context = SSL_CTX_new(TLS_server_method());
    SSL_CTX_set_num_tickets(context, 0);
    ASSERT_EQ(SSL_CTX_use_certificate(context, x509), 1);
    ASSERT_EQ(SSL_CTX_use_PrivateKey(context, key), 1);
    unsigned char* spki = nullptr;
    const int size = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(x509), &spki);
    cas_key_ = crypto::sha256(ByteView(spki, static_cast<size_t>(size)));

    listener_ = socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address = {.sin_family = AF_INET, .sin_port = 0, .sin_addr = {htonl(INADDR_LOOPBACK)}, .sin_zero = {}};
    socklen_t length = sizeof(address);
    ASSERT_EQ(bind(listener_, reinterpret_cast<sockaddr*>(&address), length), 0);
    ASSERT_EQ(listen(listener_, 50), 0);
    getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &length);
    context_ = context;
    start_cas();

    const auto instance = make_instance_key();
    ASSERT_TRUE(instance);
    own_state.instance_key = *instance;
    address_ = "127.0.0.1:" + std::to_string(ntohs(address.sin_port));
    set_cas_address({.address = address_, .server_key = cas_key_});
  }
  static void TearDownTestSuite() { stop_cas(); }

  static void start_cas() {
    ASSERT_TRUE(before_fork());
    cas_ = fork();
    after_fork(cas_);
    if (cas_ == 0) prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (cas_ == 0) be_cas(listener_, context_, cas_key_);
  }
  static void stop_cas() {
    kill(cas_, SIGKILL);
    waitpid(cas_, nullptr, 0);
  }

  void SetUp() override {
    board->introductions = 0;
    board->bad_introductions = 0;
    board->tags = 0;
    board->mode = Mode::kKeep;
  }

  bool keep(uint64_t sequence) { return keeper_.keep({.sequence = sequence, .mac = {}}).has_value(); }

  CasTagKeeper keeper_{ByteArray<16>{1}, 7};
  static inline pid_t cas_ = -1;
  static inline int listener_ = -1;
  static inline SSL_CTX* context_ = nullptr;
  static inline ByteArray<32> cas_key_{};
  static inline std::string address_;
};

TEST_F(TagKeeper, IntroducesItselfOnce) {
  EXPECT_TRUE(keep(1));
  EXPECT_TRUE(keep(2));
  EXPECT_TRUE(keep(3));
  EXPECT_EQ(board->tags, 3);
  EXPECT_EQ(board->last_sequence, 3U);
  EXPECT_EQ(board->introductions, 1);
  EXPECT_EQ(board->bad_introductions, 0);
}

TEST_F(TagKeeper, AnotherKeyOfCasIsRefused) {
  ByteArray<32> other = cas_key_;
  other[31] ^= 1;
  board->mode = Mode::kLoseBeforeAnswer;  // so that there must be a new connection
  set_cas_address({.address = address_, .server_key = other});
  EXPECT_FALSE(keep(4));
  EXPECT_EQ(board->introductions, 0);
  set_cas_address({.address = address_, .server_key = cas_key_});
  board->mode = Mode::kKeep;
  EXPECT_TRUE(keep(5));
  EXPECT_EQ(board->introductions, 1);
}

TEST_F(TagKeeper, AConnectionThatIsLostIsMadeAgain) {
  board->mode = Mode::kLoseBeforeAnswer;
  EXPECT_TRUE(keep(10));
  EXPECT_EQ(board->introductions, 1);
  EXPECT_EQ(board->tags, 1);
}

TEST_F(TagKeeper, ARefusalIsFinal) {
  board->mode = Mode::kRefuse;
  EXPECT_FALSE(keep(20));
  EXPECT_EQ(board->tags, 0);
}

TEST_F(TagKeeper, CasMayBeRestarted) {
  EXPECT_TRUE(keep(30));
  stop_cas();
  start_cas();
  EXPECT_TRUE(keep(31));
  EXPECT_EQ(board->last_sequence, 31U);
}

TEST_F(TagKeeper, Threads) {
  std::vector<std::thread> threads;
  std::atomic<int> kept = 0;
  threads.reserve(4);
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (int tag = 0; tag < 25; ++tag) kept += keep(40) ? 1 : 0;
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(kept, 100);
  EXPECT_EQ(board->tags, 100);
}

TEST_F(TagKeeper, ChildrenOfForkHaveConnectionsOfTheirOwnWhileThreadsGoOn) {
  EXPECT_TRUE(keep(50));
  std::atomic<bool> stop = false;
  std::atomic<int> failures = 0;
  std::thread other([&] {
    while (!stop) failures += keep(51) ? 0 : 1;
  });
  const int before = board->introductions;
  constexpr int kChildren = 10;
  for (int i = 0; i < kChildren; ++i) {
    ASSERT_TRUE(before_fork());
    const pid_t pid = fork();
    after_fork(pid);
    if (pid == 0) _exit(keep(52) && keep(53) ? 0 : 1);
    int status = -1;
    waitpid(pid, &status, 0);
    EXPECT_EQ(status, 0);
  }
  EXPECT_TRUE(keep(54));
  stop = true;
  other.join();
  EXPECT_EQ(failures, 0);
  EXPECT_EQ(board->introductions - before, kChildren);  // the parent kept its own
  EXPECT_EQ(board->bad_introductions, 0);
}

// posix_spawn's child: same memory, another process.
TEST_F(TagKeeper, AChildThatSharesMemoryLeavesTheConnectionAlone) {
  EXPECT_TRUE(keep(60));
  const int before = board->introductions;
  volatile bool kept = false;
  const pid_t pid = vfork();  // NOLINT(bugprone-unsafe-functions): it is what is tested
  if (pid == 0) {
    kept = keep(61);
    _exit(0);
  }
  int status = -1;
  waitpid(pid, &status, 0);
  EXPECT_EQ(status, 0);
  EXPECT_TRUE(kept);
  EXPECT_EQ(board->introductions, before + 1);
  EXPECT_TRUE(keep(62));
  EXPECT_EQ(board->introductions, before + 1);
}

TEST_F(TagKeeper, ZCasThatIsGoneIsAnErrorBeforeLong) {
  stop_cas();
  EXPECT_FALSE(keep(70));  // the listener is still there: nobody answers, and the deadline ends it
  start_cas();
  EXPECT_TRUE(keep(71));
}

}  // namespace

// Instead of state.cc.
const State* state() { return &own_state; }
void keep_cas_address(const CasAddress& address) {
  own_state.cas_address = address.address;
  own_state.cas_key = address.server_key;
}

}  // namespace redoubt::shim::attested
