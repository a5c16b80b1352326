// SPDX-License-Identifier: Apache-2.0
//
// Endpoints against programs that everybody uses: `openssl s_client`, `openssl s_server` and curl, as processes, on 127.0.0.1.
// Everything that waits is bounded by one alarm.
#include <arpa/inet.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "tls/test_peers.h"

extern char** environ;

namespace redoubt::tls {
namespace {

using namespace test;

constexpr int kMostMilliseconds = 20000;  // for one wait
int64_t now() { return time(nullptr); }

class Descriptor {
 public:
  explicit Descriptor(int fd = -1) : fd_(fd) {}
  Descriptor(Descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~Descriptor() { close(); }
  void close() {
    if (fd_ >= 0) ::close(fd_);
    fd_ = -1;
  }
  int get() const { return fd_; }

 private:
  int fd_;
};

bool wait_for(int fd, short events) {
  pollfd entry{fd, events, 0};
  return poll(&entry, 1, kMostMilliseconds) == 1;
}

sockaddr_in loopback(int port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

// A program with pipes at both ends; killed when it is let go.
class Program {
 public:
  explicit Program(std::vector<std::string> words) {
    int in[2], out[2];
    if (pipe2(in, O_CLOEXEC) != 0 || pipe2(out, O_CLOEXEC) != 0) std::abort();
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, in[0], 0);
    posix_spawn_file_actions_adddup2(&actions, out[1], 1);
    posix_spawn_file_actions_adddup2(&actions, out[1], 2);
    std::vector<char*> arguments;
    for (std::string& word : words) arguments.push_back(word.data());
    arguments.push_back(nullptr);
    if (posix_spawnp(&pid_, arguments[0], &actions, nullptr, arguments.data(), environ) != 0) pid_ = -1;
    posix_spawn_file_actions_destroy(&actions);
    close(in[0]);
    close(out[1]);
    input_ = Descriptor(in[1]);
    output_ = Descriptor(out[0]);
  }
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;
  ~Program() {
    if (pid_ <= 0) return;
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
  }
  void say(std::string_view text) { EXPECT_EQ(write(input_.get(), text.data(), text.size()), ssize_t(text.size())); }
  void end_input() { input_.close(); }
  // What it printed so far, until that has `text`.
  const std::string& printed_until(std::string_view text) {
    char buffer[4096];
    while (!printed_.contains(text) && wait_for(output_.get(), POLLIN)) {
      const ssize_t got = read(output_.get(), buffer, sizeof(buffer));
      if (got <= 0) break;
      printed_.append(buffer, static_cast<size_t>(got));
    }
    return printed_;
  }
  // Its exit status, after its end.
  int status() {
    printed_until("\1 never printed");
    int status = -1;
    waitpid(pid_, &status, 0);
    pid_ = -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }
  const std::string& printed() const { return printed_; }
  void forget() { printed_.clear(); }

 private:
  pid_t pid_ = -1;
  Descriptor input_, output_;
  std::string printed_;
};

// An endpoint on a socket.
class Connection {
 public:
  Connection(Descriptor socket, Endpoint endpoint) : socket_(std::move(socket)), end(std::move(endpoint)) {}

  // One step: what is to be sent is sent, then what comes is taken. False: nothing more will come.
  bool step() {
    flush();
    const std::span<uint8_t> room = end.input_room();
    if (room.empty() || !wait_for(socket_.get(), POLLIN)) return false;
    const ssize_t got = recv(socket_.get(), room.data(), room.size(), 0);
    end.input_added(got > 0 ? static_cast<size_t>(got) : 0);
    if (got <= 0) end.input_ended();
    flush();
    return got > 0;
  }
  void flush() {
    while (!end.output().empty()) {
      const ssize_t sent = send(socket_.get(), end.output().data(), end.output().size(), MSG_NOSIGNAL);
      if (sent <= 0) return;
      end.output_taken(static_cast<size_t>(sent));
    }
  }
  const std::string& read_until(std::string_view text) {
    while (true) {
      got_ += read_all(end);
      if (got_.contains(text) || !step()) return got_;
    }
  }
  void open() {
    while (end.state() == State::kHandshaking && step()) {
    }
    flush();
  }
  void write_all(std::string_view text) {
    for (ByteView rest = as_bytes(text); !rest.empty();) {
      const auto taken = end.write(rest);
      if (!taken) break;
      rest = rest.subspan(*taken);
      flush();
    }
  }
  void hang_up() {
    flush();
    shutdown(socket_.get(), SHUT_WR);
  }

 private:
  Descriptor socket_;
  std::string got_;

 public:
  Endpoint end;
};

class RealPeers : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    std::string pattern = (std::filesystem::temp_directory_path() / "tls_test.XXXXXX").string();
    ASSERT_NE(mkdtemp(pattern.data()), nullptr);
    directory_ = pattern;
    const auto of = [](std::string name) {
      auto wanted = request(std::move(name));
      wanted.from = utc_time_from_unix(now() - 86400);
      wanted.until = utc_time_from_unix(now() + 86400);
      return wanted;
    };
    auto wanted = of("an authority");
    wanted.authority = true;
    authority_ = new Keyed(make(wanted, crypto::KeyAlgorithm::kP256, nullptr));
    wanted = of("a server");
    wanted.for_servers = true;
    wanted.dns_names = {"server.test"};
    server_ = new Keyed(make(wanted, crypto::KeyAlgorithm::kP256, authority_));
    wanted = of("a client");
    wanted.for_clients = true;
    client_ = new Keyed(make(wanted, crypto::KeyAlgorithm::kP256, authority_));
    save("ca.pem", authority_->certificate);
    save("server.pem", server_->certificate + server_->private_key);
    save("client.pem", client_->certificate + client_->private_key);
  }
  static void TearDownTestSuite() { std::filesystem::remove_all(directory_); }
  static void save(const std::string& name, const std::string& text) { std::ofstream(file(name)) << text; }
  static std::string file(const std::string& name) { return directory_ + "/" + name; }

  void SetUp() override {
    signal(SIGPIPE, SIG_IGN);
    listener_ = Descriptor(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in address = loopback(0);
    socklen_t size = sizeof(address);
    ASSERT_EQ(bind(listener_.get(), reinterpret_cast<sockaddr*>(&address), size), 0);
    ASSERT_EQ(listen(listener_.get(), 5), 0);
    ASSERT_EQ(getsockname(listener_.get(), reinterpret_cast<sockaddr*>(&address), &size), 0);
    port_ = std::to_string(ntohs(address.sin_port));
  }
  Connection accept(bool client_auth) {
    EXPECT_TRUE(wait_for(listener_.get(), POLLIN));
    const auto context = Context::server(identity(*server_), client_auth ? authority_->certificate : "", now);
    return {Descriptor(accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC)),
            std::move(*Endpoint::accept(*context))};
  }
  std::vector<std::string> s_client(std::vector<std::string> more) {
    std::vector<std::string> words = {
        "openssl",      "s_client",         "-connect",    "127.0.0.1:" + port_,   "-CAfile",
        file("ca.pem"), "-verify_hostname", "server.test", "-verify_return_error", "-quiet",
        "-no_ign_eof"};
    words.insert(words.end(), more.begin(), more.end());
    return words;
  }

  static inline std::string directory_;
  static inline Keyed *authority_, *server_, *client_;
  Descriptor listener_;
  std::string port_;
};

TEST_F(RealPeers, OpensslClient) {
  for (const bool client_auth : {false, true}) {
    Program client(
        s_client(client_auth ? std::vector<std::string>{"-cert", file("client.pem")} : std::vector<std::string>{}));
    Connection connection = accept(client_auth);
    connection.open();
    ASSERT_EQ(connection.end.state(), State::kOpen) << connection.end.failure().detail << client.printed_until("\1");
    EXPECT_EQ(connection.end.peer_name(), client_auth ? "/CN=a client" : "");
    client.say("hello\n");
    EXPECT_EQ(connection.read_until("\n"), "hello\n");
    connection.write_all("welcome\n");
    EXPECT_NE(client.printed_until("welcome\n").find("welcome\n"), std::string::npos);
    // Megabytes, in whatever pieces TCP makes of them.
    const std::string large(3'000'000, 'L');
    connection.write_all(large + "\nend\n");
    EXPECT_GE(client.printed_until("\nend\n").size(), large.size());
    client.end_input();  // s_client says close_notify
    connection.read_until("\1");
    EXPECT_EQ(connection.end.state(), State::kPeerClosed);
    EXPECT_EQ(client.status(), 0);
  }
}

TEST_F(RealPeers, OpensslClientRenewsItsKeys) {
  auto words = s_client({});
  std::erase(words, "-quiet");  // which ignores commands
  Program client(words);
  Connection connection = accept(false);
  connection.open();
  std::string got;
  for (int round = 0; round < 3; ++round) {
    client.say("K\n");  // update and ask for ours
    EXPECT_TRUE(client.printed_until("KEYUPDATE").contains("KEYUPDATE"));
    client.forget();  // the next command must be a read of its own
    client.say("line " + std::to_string(round) + "\n");
    connection.read_until(std::to_string(round) + "\n");
    connection.write_all("answer " + std::to_string(round) + "\n");
    EXPECT_TRUE(client.printed_until("answer " + std::to_string(round)).contains("answer " + std::to_string(round)));
  }
  EXPECT_NE(connection.end.state(), State::kFailed) << connection.end.failure().detail;
}

TEST_F(RealPeers, OpensslClientsThatAreRefused) {
  struct Row {
    std::vector<std::string> words;
    FailureKind kind;
    const char* alert;
  };
  for (const Row& row : {Row{{}, FailureKind::kNoCertificate, "alert number 116"},
                         Row{{"-cert", file("server.pem")}, FailureKind::kWrongUse, "alert unsupported certificate"},
                         Row{{"-tls1_2"}, FailureKind::kProtocol, "alert protocol version"}}) {
    Program client(s_client(row.words));
    Connection connection = accept(true);
    EXPECT_TRUE(connection.end.write(as_bytes("not for you")));
    connection.open();
    EXPECT_EQ(connection.end.failure().kind, row.kind) << connection.end.failure().detail;
    connection.hang_up();
    client.end_input();
    client.status();
    EXPECT_TRUE(client.printed().contains(row.alert)) << client.printed();
    EXPECT_FALSE(client.printed().contains("not for you"));
  }
}

TEST_F(RealPeers, Curl) {
  if (std::system("curl --version >/dev/null 2>&1") != 0) GTEST_SKIP() << "no curl";
  const std::string url = "server.test:" + port_;
  Program client({"curl", "-sS", "--max-time", "20", "--resolve", url + ":127.0.0.1", "--cacert", file("ca.pem"),
                  "--cert", file("client.pem"), "https://" + url + "/"});
  Connection connection = accept(true);
  EXPECT_TRUE(connection.read_until("\r\n\r\n").starts_with("GET / HTTP/")) << connection.end.failure().detail;
  connection.write_all("HTTP/1.1 200 OK\r\nContent-Length: 9\r\nConnection: close\r\n\r\nprotected");
  connection.end.close_write();
  connection.hang_up();
  EXPECT_EQ(client.status(), 0);
  EXPECT_EQ(client.printed(), "protected");

  Program plain({"curl", "-sS", "--max-time", "20", "--resolve", url + ":127.0.0.1", "http://" + url + "/"});
  Connection refused = accept(true);
  refused.open();
  EXPECT_EQ(refused.end.failure().kind, FailureKind::kPlainText);
  EXPECT_EQ(refused.end.failure().detail, "expected TLS, found an HTTP request");
  refused.hang_up();
  EXPECT_NE(plain.status(), 0);
}

TEST_F(RealPeers, OpensslServer) {
  struct Row {
    std::vector<std::string> words;
    const char* name;
    FailureKind kind;
  };
  for (const Row& row :
       {Row{{"-Verify", "1", "-verify_return_error"}, "server.test", FailureKind::kNone},
        Row{{}, "other.test", FailureKind::kWrongName}, Row{{"-tls1_2"}, "server.test", FailureKind::kProtocol},
        Row{{"-groups", "P-384"}, "server.test", FailureKind::kNone}}) {  // HelloRetryRequest
    std::vector<std::string> words = {"openssl", "s_server",         "-accept", "127.0.0.1:0",  "-naccept", "1",
                                      "-cert",   file("server.pem"), "-CAfile", file("ca.pem"), "-rev"};
    words.insert(words.end(), row.words.begin(), row.words.end());
    Program server(words);
    const std::string printed = server.printed_until("ACCEPT 127.0.0.1:");
    const size_t at = printed.find("ACCEPT 127.0.0.1:");
    ASSERT_NE(at, std::string::npos) << printed;
    const sockaddr_in address = loopback(std::atoi(printed.c_str() + at + 17));
    Descriptor socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    ASSERT_EQ(connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)), 0);
    const auto context = Context::client(identity(*client_), authority_->certificate, now);
    Connection connection(std::move(socket), std::move(*Endpoint::connect(*context, row.name)));
    connection.write_all("drawer\n");  // before the handshake
    connection.open();
    EXPECT_EQ(name_of(connection.end.failure().kind), std::string(name_of(row.kind)))
        << connection.end.failure().detail;
    if (row.kind != FailureKind::kNone) continue;
    EXPECT_EQ(connection.read_until("\n"), "reward\n") << connection.end.failure().detail;
    connection.end.close_write();
    connection.hang_up();
  }
}

}  // namespace
}  // namespace redoubt::tls
