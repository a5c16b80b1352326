// SPDX-License-Identifier: Apache-2.0
//
// An attester that is no runtime: it makes evidence with the quoting key of a simulated platform and asks CAS for a service's
// configuration, as wire/attest_protocol.h says. Honest, it measures how many provisionings CAS does in a second; with --fault
// it is the attacker of tests/attack/attested_evidence.sh. Only tests and benchmarks build it.
// The faults stand beside the honest steps that they change, so it is one file.
//
//   attester --cas 127.0.0.1:PORT --simulated DIR --mrenclave HEX --session S/SERVICE [--fault NAME] [--count N] [--threads N]
//            [--debug] [--host-argument A]...
//
// Prints what CAS answered: "configuration: N arguments" or "refused: CHECK: expected ..., found ...". With --count more than 1: the
// provisionings a second. Exit status: 0 a configuration was given every time, 1 it was refused, 2 anything else.
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <sys/socket.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "attest/report_data.h"
#include "attest/simulated/directory.h"
#include "attest/simulated/evidence_source.h"
#include "crypto/hash.h"
#include "crypto/hex.h"
#include "crypto/signing_key.h"
#include "wire/attest_protocol.h"
#include "wire/instance_protocol.h"

namespace redoubt {
namespace {

struct Options {
    std::string cas, simulated, mrenclave, session, fault;
    unsigned count = 1, threads = 1;
    bool debug = false;
    std::vector<std::string> host_arguments;
    unsigned tags = 0;       // to send after the configuration, by each thread
    bool reconnect = false;  // on another connection
    bool each_tag = false;   // prints each one that was acknowledged
};

// Each makes the evidence, or how it is presented, wrong in one way.
constexpr std::string_view kFaults[] = {
    "relay",         // a genuine quote for another connection to the same CAS
    "replay",        // a quote that was accepted once, presented on a new connection
    "other-key",     // a quote for another instance key
    "other-cas",     // a quote that was meant for another CAS
    "old-nonce",     // a quote for another challenge
    "tampered",      // one bit of the report
    "signature",     // one bit of the signature
    "truncated",     // the last byte missing
    "empty",         // no evidence
    "no-challenge",  // POST /v1/attest first
    "skip-code",     // asks for the configuration without attesting
    "code-wrong",    // reports that a file is not as the session says
    "attest-twice",  // a second attestation on one connection
};

[[noreturn]] void die(const std::string& why) {
    std::fprintf(stderr, "attester: %s\n", why.c_str());
    std::exit(2);
}

struct Answer {
    int status = 0;
    Bytes body;
};

// One TLS connection to CAS, and HTTP/1.1 on it.
class Connection {
   public:
    explicit Connection(const std::string& address) {
        static SSL_CTX* const context = [] {
            SSL_CTX* made = SSL_CTX_new(TLS_client_method());
            SSL_CTX_set_min_proto_version(made, TLS1_3_VERSION);
            return made;
        }();
        const size_t colon = address.rfind(':');
        sockaddr_in peer{};
        peer.sin_family = AF_INET;
        peer.sin_port = htons(static_cast<uint16_t>(std::stoi(address.substr(colon + 1))));
        if (inet_pton(AF_INET, address.substr(0, colon).c_str(), &peer.sin_addr) != 1) die("--cas: expected IP:PORT");
        fd_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        if (connect(fd_, reinterpret_cast<sockaddr*>(&peer), sizeof(peer)) != 0) die("cannot connect to " + address);
        const int on = 1;
        setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
        ssl_ = SSL_new(context);
        SSL_set_fd(ssl_, fd_);
        if (SSL_connect(ssl_) != 1) die("no TLS 1.3 with " + address);
    }
    ~Connection() {
        SSL_shutdown(ssl_);
        SSL_free(ssl_);
        close(fd_);
    }
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;

    ByteArray<32> exporter(std::string_view label = attest::kExporterLabel) const {
        ByteArray<32> material;
        if (SSL_export_keying_material(ssl_, material.data(), material.size(), label.data(), label.size(), nullptr, 0,
                                       0) != 1) {
            die("no exporter");
        }
        return material;
    }

    ByteArray<32> peer_key() const {
        X509* certificate = SSL_get1_peer_certificate(ssl_);
        uint8_t* der = nullptr;
        const int size = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(certificate), &der);
        const auto digest = crypto::sha256(ByteView(der, static_cast<size_t>(size)));
        OPENSSL_free(der);
        X509_free(certificate);
        return digest;
    }

    Answer post(const std::string& path, ByteView body) {
        std::string request = "POST " + path +
                              " HTTP/1.1\r\nHost: cas\r\nContent-Type: " + std::string(wire::kWireType) +
                              "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n";
        request.append(as_text(body));
        if (SSL_write(ssl_, request.data(), static_cast<int>(request.size())) <= 0) return {};
        std::string head;
        size_t end;
        while ((end = head.find("\r\n\r\n")) == std::string::npos) {
            if (!read_more(head)) return {};
        }
        Answer answer;
        answer.status = std::atoi(head.c_str() + std::string_view("HTTP/1.1 ").size());
        std::string lower = head.substr(0, end);
        for (char& c : lower) c = static_cast<char>(std::tolower(c));
        const size_t length = lower.find("content-length:");
        const size_t size = length == std::string::npos ? 0 : std::strtoul(lower.c_str() + length + 15, nullptr, 10);
        std::string rest = head.substr(end + 4);
        while (rest.size() < size && read_more(rest)) {
        }
        answer.body.assign(rest.begin(), rest.end());
        return answer;
    }

   private:
    bool read_more(std::string& text) {
        char chunk[16384];
        const int got = SSL_read(ssl_, chunk, sizeof(chunk));
        if (got <= 0) return false;
        text.append(chunk, static_cast<size_t>(got));
        return true;
    }

    int fd_;
    SSL* ssl_;
};

ByteArray<32> challenge(Connection& connection) {
    const Answer answer = connection.post("/v1/attest/challenge", {});
    wire::ChallengeReply reply;
    if (answer.status != 200 || !wire::decode(answer.body, reply))
        die("no challenge: HTTP " + std::to_string(answer.status));
    return reply.nonce;
}

std::string describe(const Answer& answer) {
    wire::Problem problem;
    if (!wire::decode(answer.body, problem)) return "refused: HTTP " + std::to_string(answer.status);
    return "refused: " + std::string(problem.check) + ": expected " + std::string(problem.expected) + ", found " +
           std::string(problem.actual) + "; " + std::string(problem.remedy);
}

class Attester {
   public:
    Attester(const Options& options, const attest::EvidenceSource& source) : options_(options), source_(source) {
        const auto measurement = crypto::array_from_hex<32>(options.mrenclave);
        if (!measurement) die("--mrenclave: expected 64 hexadecimal digits");
        claims_.executable_sha256 = *measurement;
        claims_.debug = options.debug;
        const size_t slash = options.session.rfind('/');
        if (slash == std::string::npos) die("--session: expected SESSION/SERVICE");
        session_ = options.session.substr(0, slash);
        service_ = options.session.substr(slash + 1);
        auto key = crypto::P256SigningKey::generate();
        if (!key) die("no instance key");
        instance_key_ = key->public_key().coordinates();
        key_.emplace(*std::move(key));
    }

    // Sends tags; the number of those that were acknowledged, and why the next was not. `times`: of each, in microseconds.
    unsigned send_tags(std::string& text, std::vector<double>& times) const {
        Connection first(options_.cas);
        std::string given;
        Answer answer;
        if (auto refused = ask_on(first, given, "", nullptr, &answer)) {
            text = *refused;
            return 0;
        }
        wire::Configuration configuration;
        if (!wire::decode(answer.body, configuration)) die("the configuration does not decode");
        if (configuration.volumes.empty()) die("the service has no volume");
        const wire::MountedVolume& volume = configuration.volumes.front();
        std::optional<Connection> second;
        if (options_.reconnect) {
            second.emplace(options_.cas);
            if (auto refused = introduce(*second)) {
                text = *refused;
                return 0;
            }
        }
        Connection& connection = second ? *second : first;
        if (options_.each_tag)
            std::printf("given lease=%lu initialise=%d tag=%lu\n", static_cast<unsigned long>(volume.lease),
                        volume.initialise ? 1 : 0, static_cast<unsigned long>(volume.tag.sequence));
        for (unsigned sent = 0; sent < options_.tags; ++sent) {
            const uint64_t sequence = volume.tag.sequence + 1 + sent;
            wire::VolumeTagRequest request{
                .volume = volume.id, .lease = volume.lease, .tag = {sequence, {static_cast<uint8_t>(sequence)}}};
            const auto begin = std::chrono::steady_clock::now();
            const Answer reply = connection.post("/v1/volumes/tag", wire::encode(request));
            times.push_back(
                std::chrono::duration<double, std::micro>(std::chrono::steady_clock::now() - begin).count());
            if (reply.status != 200) {
                text = describe(reply);
                return sent;
            }
            if (options_.each_tag) std::printf("kept %lu\n", static_cast<unsigned long>(sequence));
            if (options_.each_tag) std::fflush(stdout);
        }
        return options_.tags;
    }

    // nullopt: a configuration was given, `text` says what is in it.
    std::optional<std::string> provision(std::string& text) const {
        const std::string& fault = options_.fault;
        if (fault == "replay") {
            std::string first;
            if (auto refused = ask(first, "", nullptr)) return refused;
            return ask(text, "replay", &last_quote_);
        }
        return ask(text, fault, nullptr);
    }

   private:
    Bytes quote(const attest::ChannelBinding& binding) const {
        auto evidence = source_.evidence(claims_, attest::report_data_of(binding));
        if (!evidence) die("no quote: " + evidence.error().message);
        return *evidence;
    }

    std::optional<std::string> introduce(Connection& connection) const {
        const Answer answer = connection.post("/v1/instance/challenge", {});
        wire::ChallengeReply challenged;
        if (answer.status != 200 || !wire::decode(answer.body, challenged)) return describe(answer);
        const ByteArray<32> exporter = connection.exporter(wire::kInstanceExporterLabel);
        const ByteArray<32> cas_key = connection.peer_key();
        Bytes message;
        for (const ByteView part : {as_bytes(wire::kInstanceSignatureLabel), ByteView(exporter), ByteView(cas_key),
                                    ByteView(challenged.nonce)}) {
            message.insert(message.end(), part.begin(), part.end());
        }
        const auto signature = key_->sign(message);
        if (!signature) die("cannot sign");
        const Answer done = connection.post(
            "/v1/instance", wire::encode(wire::InstanceHello{.instance_key = instance_key_, .signature = *signature}));
        return done.status == 200 ? std::nullopt : std::optional(describe(done));
    }

    std::optional<std::string> ask(std::string& text, const std::string& fault, const Bytes* kept) const {
        Connection connection(options_.cas);
        return ask_on(connection, text, fault, kept, nullptr);
    }

    std::optional<std::string> ask_on(Connection& connection, std::string& text, const std::string& fault,
                                      const Bytes* kept, Answer* whole) const {
        if (fault == "skip-code")
            return finish(connection, text, wire::CodeReport{.verified = true, .path = {}, .problem = {}}, whole);
        attest::ChannelBinding binding{connection.exporter(), instance_key_, connection.peer_key(), {}};
        if (fault != "no-challenge") binding.nonce = challenge(connection);
        if (fault == "relay") {
            Connection other(options_.cas);
            binding.exporter = other.exporter();
        }
        if (fault == "old-nonce") {
            Connection other(options_.cas);
            binding.nonce = challenge(other);
        }
        if (fault == "other-key") binding.instance_key[0] ^= 1;
        if (fault == "other-cas") binding.cas_key[0] ^= 1;
        Bytes evidence = kept != nullptr ? *kept : quote(binding);
        if (fault.empty()) last_quote_ = evidence;
        if (fault == "tampered") evidence[48 + 64] ^= 1;  // MRENCLAVE in the report
        if (fault == "signature") evidence[436 + 8] ^= 1;
        if (fault == "truncated") evidence.pop_back();
        if (fault == "empty") evidence.clear();

        wire::AttestRequest request;
        request.session = session_;
        request.service = service_;
        request.instance_key = instance_key_;
        request.evidence = evidence;
        for (const std::string& argument : options_.host_arguments) request.host_arguments.push_back(argument);
        const Answer answer = connection.post("/v1/attest", wire::encode(request));
        if (answer.status != 200) return describe(answer);
        if (fault == "attest-twice") {
            const Answer again = connection.post("/v1/attest", wire::encode(request));
            if (again.status != 200) return describe(again);
        }
        wire::CodeReport report{.verified = true, .path = {}, .problem = {}};
        if (fault == "code-wrong") {
            report = {.verified = false,
                      .path = "/usr/bin/example",
                      .problem = {
                          .check = "code.hash", .expected = "the session's", .actual = "another", .remedy = "measure"}};
        }
        return finish(connection, text, report, whole);
    }

    static std::optional<std::string> finish(Connection& connection, std::string& text, const wire::CodeReport& report,
                                             Answer* whole) {
        const Answer answer = connection.post("/v1/attest/configuration", wire::encode(report));
        if (answer.status != 200) return describe(answer);
        wire::Configuration configuration;
        if (!wire::decode(answer.body, configuration)) die("the configuration does not decode");
        text = "configuration: " + std::to_string(configuration.arguments.size()) + " arguments";
        if (whole != nullptr) *whole = answer;
        return std::nullopt;
    }

    const Options& options_;
    const attest::EvidenceSource& source_;
    attest::ProcessClaims claims_{};
    std::string session_, service_;
    ByteArray<64> instance_key_;
    std::optional<crypto::P256SigningKey> key_;
    mutable Bytes last_quote_;
};

// Each thread is an instance: of its own session where the session's name has a %, which becomes the thread's number.
int run_tags(const Options& options, const attest::EvidenceSource& source) {
    std::atomic<unsigned> kept = 0;
    std::mutex lock;
    std::vector<double> all_times;  // guarded by lock
    const auto begin = std::chrono::steady_clock::now();
    {
        std::vector<std::jthread> threads;
        for (unsigned index = 0; index < options.threads; ++index) {
            threads.emplace_back([&, index] {
                Options own = options;
                if (const size_t at = own.session.find('%'); at != std::string::npos)
                    own.session.replace(at, 1, std::to_string(index));
                std::string text;
                std::vector<double> times;
                kept += Attester(own, source).send_tags(text, times);
                const std::lock_guard guard(lock);
                all_times.insert(all_times.end(), times.begin(), times.end());
                if (!text.empty()) std::puts(text.c_str());
            });
        }
    }
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
    std::ranges::sort(all_times);
    const auto of = [&](size_t percent) {
        return all_times.empty() ? 0 : all_times[(all_times.size() - 1) * percent / 100];
    };
    std::printf("%u tags kept, %.0f a second; p50 %.0f us, p99 %.0f us\n", kept.load(), kept / took.count(), of(50),
                of(99));
    return kept == options.tags * options.threads ? 0 : 1;
}

int run(const Options& options) {
    auto key = attest::simulated::read_quoting_key(options.simulated);
    if (!key) die(key.error().message);
    const attest::simulated::SimulatedSgx source(std::move(*key));
    if (options.tags > 0) return run_tags(options, source);
    std::atomic<unsigned> left = options.count, refusals = 0;
    const auto begin = std::chrono::steady_clock::now();
    std::vector<std::jthread> threads;
    for (unsigned index = 0; index < options.threads; ++index) {
        threads.emplace_back([&] {
            const Attester attester(options, source);
            while (left.fetch_sub(1) - 1 < options.count) {
                std::string text;
                const auto refused = attester.provision(text);
                if (refused) ++refusals;
                if (options.count == 1) std::puts((refused ? *refused : text).c_str());
            }
        });
    }
    threads.clear();
    if (options.count > 1) {
        const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
        std::printf("%u provisionings, %u refused, %.0f a second\n", options.count, refusals.load(),
                    options.count / took.count());
    }
    return refusals == 0 ? 0 : 1;
}

}  // namespace
}  // namespace redoubt

int main(int argc, char** argv) {
    redoubt::Options options;
    CLI::App app("asks CAS for a configuration with evidence of a simulated platform");
    app.add_option("--cas", options.cas)->required();
    app.add_option("--simulated", options.simulated)->required();
    app.add_option("--mrenclave", options.mrenclave)->required();
    app.add_option("--session", options.session)->required();
    app.add_option("--fault", options.fault)
        ->check(CLI::IsMember(std::vector<std::string>(std::begin(redoubt::kFaults), std::end(redoubt::kFaults))));
    app.add_option("--count", options.count);
    app.add_option("--threads", options.threads);
    app.add_option("--tags", options.tags);
    app.add_flag("--reconnect", options.reconnect);
    app.add_flag("--each-tag", options.each_tag);
    app.add_flag("--debug", options.debug);
    app.add_option("--host-argument", options.host_arguments);
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        return app.exit(error) == 0 ? 0 : 2;
    }
    return redoubt::run(options);
}
