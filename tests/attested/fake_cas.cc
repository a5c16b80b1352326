// SPDX-License-Identifier: Apache-2.0
//
// A CAS and a LAS for tests of the attested start: they speak the protocols, check the binding, and give every client the
// configuration of the command line. Its state and its answers are one program, so one file. Nothing is attested. With hostile=NAME they answer what a hostile CAS might.
//
//   fake_cas LAS-SOCKET key=value... -- PROGRAM ARG...
//
// Keys: code=PATH (a file of the manifest, with the links that lead to it), wrong=PATH (with another hash), directory=PATH
// (of the host), device=PATH, env=NAME=VALUE, file=PATH=CONTENT (injected), template=PATH (from disk; "@@" is filled), pwd=PATH, discard,
// feature=NAME, hostile=NAME,
//   volume=NAME=PATH[,option...]   a mounted volume; options: ephemeral, no-protection, authenticated, key=HEX. Its state is kept while
//                                  this runs, as CAS keeps it: leases, the first tag, later tags
//   default=refuse|unprotected, listen=ADDRESS[,option...], connect=ADDRESS[,option...]   network rules; options: off (tls: off),
//                                  identity=FILE (PEM: chain and key), authority=FILE (PEM), name=SERVER-NAME
//   tags=HOW[:N[:COUNT]]           what happens to tags from the N-th on (COUNT of them; default: all): keep (default), refuse (as
//                                  not later), lease (refused for their lease), lose (the connection ends before the tag is kept),
//                                  cut (after), late (answered after three seconds). A line "tag ..." for each
// Prints "ADDRESS KEY" when it listens, then a line for everything it sees, until its input ends.
#include <arpa/inet.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstring>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "attest/report_data.h"
#include "crypto/ecdsa.h"
#include "crypto/hash.h"
#include "crypto/hex.h"
#include "tests/attested/fake_las.h"
#include "tests/attested/fake_settings.h"
#include "wire/attest_protocol.h"
#include "wire/instance_protocol.h"

namespace {

using namespace redoubt;
using namespace redoubt::fake;

struct Connection {
    SSL* tls;
    ByteArray<32> exporter{};
    ByteArray<32> key{};
    ByteArray<32> nonce{};
    ByteArray<32> instance_exporter{};
    std::optional<ByteArray<64>> instance = {};  // its key, once it is known

    bool write(std::string_view bytes) {
        while (!bytes.empty()) {
            const int written = SSL_write(tls, bytes.data(), static_cast<int>(std::min<size_t>(bytes.size(), 1 << 20)));
            if (written <= 0) return false;
            bytes.remove_prefix(static_cast<size_t>(written));
        }
        return true;
    }
    bool answer(int status, std::string_view body, std::string_view type = wire::kWireType) {
        return write("HTTP/1.1 " + std::to_string(status) + " X\r\nServer: fake\r\nContent-Type: " + std::string(type) +
                     "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + std::string(body));
    }
    template <typename Message>
    bool answer(const Message& message) {
        const Bytes bytes = wire::encode(message);
        return answer(200, as_text(bytes));
    }
};

// Answers that no CAS gives, for every step. True when it said something.
bool hostile_answer(Connection& c) {
    const std::string& how = settings.hostile;
    const std::string head = "HTTP/1.1 200 OK\r\nContent-Type: application/vnd.redoubt.wire\r\n";
    struct Lie {
        const char* name;
        std::string text;
    };
    const std::vector<Lie> lies = {
        {"garbage", std::string(3000, '\xff')},
        {"zeroes", std::string(100, '\0')},
        {"http10", "HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n"},
        {"interim", "HTTP/1.1 100 Continue\r\n\r\n"},
        {"no-length", head + "\r\n"},
        {"two-lengths", head + "Content-Length: 1\r\nContent-Length: 2\r\n\r\nab"},
        {"negative-length", head + "Content-Length: -1\r\n\r\n"},
        {"huge-length", head + "Content-Length: 99999999999999999999\r\n\r\n"},
        {"large-length", head + "Content-Length: 16777217\r\n\r\n"},
        {"chunked", head + "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n"},
        {"folded", head + " folded: line\r\nContent-Length: 0\r\n\r\n"},
        {"endless-head", head + std::string(100000, 'a')},
        {"more-than-length", head + "Content-Length: 1\r\n\r\nabc"},
        {"cut-body", head + "Content-Length: 100\r\n\r\nabc"},
        {"closes", ""},
        {"wire-garbage", head + "Content-Length: 4\r\n\r\n\xff\xff\xff\xff"},
        {"wire-bomb", head + "Content-Length: 6\r\n\r\n" + std::string("\1\0\xff\xff\xff\xff", 6)},
        {"empty", head + "Content-Length: 0\r\n\r\n"},
        {"plain-500", "HTTP/1.1 500 X\r\nContent-Length: 3\r\n\r\nno\n"},
        {"garbage-403",
         "HTTP/1.1 403 X\r\nContent-Type: application/vnd.redoubt.wire\r\nContent-Length: 4\r\n\r\n\xff\xff\xff\xff"},
    };
    for (const Lie& lie : lies) {
        if (how != lie.name) continue;
        c.write(lie.text);
        SSL_shutdown(c.tls);
        return true;
    }
    return false;
}

void refuse(Connection& c, const std::string& check, const std::string& actual) {
    const Bytes body = wire::encode(wire::Problem{
        .check = check, .expected = "what the session says", .actual = actual, .remedy = "change one of the two"});
    c.answer(403, as_text(body));
}

void answer_attest(Connection& c, ByteView body) {
    wire::AttestRequest request;
    if (!wire::decode(body, request)) return refuse(c, "request.form", "another message");
    const attest::ChannelBinding binding = {
        .exporter = c.exporter, .instance_key = request.instance_key, .cas_key = c.key, .nonce = c.nonce};
    const auto expected = attest::report_data_of(binding);
    if (request.evidence.size() != 65 || !std::ranges::equal(request.evidence.first(64), expected)) {
        return refuse(c, "evidence.report_data", "of another connection");
    }
    c.instance = request.instance_key;
    say("attested session=" + std::string(request.session) + " service=" + std::string(request.service) +
        " password=" + std::string(request.one_time_password) + " token=" + std::string(request.service_access_token) +
        " debug=" + std::to_string(request.evidence[64]));
    for (const auto argument : request.host_arguments) say("argument " + std::string(argument));
    for (const auto& variable : request.host_environment)
        say("variable " + std::string(variable.name) + "=" + std::string(variable.value));
    if (settings.hostile == "refuses") return refuse(c, "session.\x1b]0;owned\x07", "\x1b[31mred\nline");
    wire::CodeManifest manifest;
    for (const auto& [path, code] : settings.code) {
        manifest.code.push_back({.path = path,
                                 .kind = code.is_link ? wire::CodeKind::kLink : wire::CodeKind::kFile,
                                 .sha256 = code.sha256,
                                 .target = code.target});
    }
    for (const auto& text : settings.directories) manifest.host_directories.push_back(text);
    for (const auto& text : settings.devices) manifest.host_devices.push_back(text);
    for (const auto& text : settings.features) manifest.required_features.push_back(text);
    if (settings.hostile == "manifest-relative") manifest.code.push_back({.path = "../x", .target = {}});
    if (settings.hostile == "manifest-version") manifest.version = 9;
    c.answer(manifest);
}

void answer_configuration(Connection& c, ByteView body) {
    wire::CodeReport report;
    if (!wire::decode(body, report)) return refuse(c, "request.form", "another message");
    if (!report.verified) {
        say("code " + std::string(report.path) + " is not " + std::string(report.problem.expected) + " but " +
            std::string(report.problem.actual));
        return refuse(c, "code.hash", std::string(report.path));
    }
    wire::Configuration configuration;
    configuration.session_hash = "00";
    for (const auto& text : settings.arguments) configuration.arguments.push_back(text);
    for (const auto& [name, value] : settings.environment) configuration.environment.push_back({name, value});
    configuration.working_directory = settings.directory;
    if (settings.discard) configuration.standard_streams = wire::StandardStreams::kDiscard;
    for (const auto& [path, content] : settings.files) {
        configuration.injected_files.push_back({.path = path, .permission = 0644, .content = as_bytes(content)});
    }
    for (const auto& path : settings.templates) {
        configuration.injected_files.push_back({.path = path, .permission = 0644, .from_disk = true, .content = {}});
    }
    std::unique_lock lock(volumes_lock);
    for (FakeVolume& volume : settings.volumes) {
        ++volume.given.lease;
        volume.leases.emplace_back(volume.given.lease, *c.instance);
        wire::MountedVolume& given = configuration.volumes.emplace_back(volume.given);
        given.name = volume.name;
        given.mount_path = volume.path;
        given.initialise = !volume.initialised;
        say("lease " + volume.name + " " + std::to_string(given.lease) + (given.initialise ? " initialise" : "") +
            " tag " + std::to_string(given.tag.sequence));
    }
    lock.unlock();
    wire::Network& network = configuration.network;
    network.is_given = !settings.network_default.empty() || !settings.listen.empty() || !settings.connect.empty();
    network.refuses_unnamed = settings.network_default != "unprotected";
    for (const FakeRule& rule : settings.listen) {
        network.listen.push_back({.address = rule.address,
                                  .tls = rule.tls,
                                  .identity = {rule.certificates, rule.private_key},
                                  .client_authority = rule.authority});
    }
    for (const FakeRule& rule : settings.connect) {
        network.connect.push_back({.address = rule.address,
                                   .tls = rule.tls,
                                   .identity = {rule.certificates, rule.private_key},
                                   .server_authority = rule.authority,
                                   .server_name = rule.name});
    }
    const std::string& how = settings.hostile;
    if (how == "volume-relative" && !configuration.volumes.empty()) configuration.volumes[0].mount_path = "../x";
    if (how == "volume-proc" && !configuration.volumes.empty()) configuration.volumes[0].mount_path = "/proc";
    if (how == "volume-twice" && !configuration.volumes.empty())
        configuration.volumes.push_back(configuration.volumes[0]);
    if (how == "listen-garbage")
        network.listen.push_back({.address = "nonsense", .identity = {"x", "y"}, .client_authority = {}});
    if (how == "no-arguments") configuration.arguments.clear();
    if (how == "empty-argument") configuration.arguments = {""};
    if (how == "nul-argument") configuration.arguments.push_back(std::string_view("a\0b", 3));
    if (how == "nul-variable") configuration.environment.push_back({"A", std::string_view("a\0b", 3)});
    if (how == "equals-variable") configuration.environment.push_back({"A=B", "c"});
    if (how == "inject-proc") configuration.injected_files.push_back({.path = "/proc/self/mem", .content = {}});
    if (how == "inject-relative") configuration.injected_files.push_back({.path = "../../x", .content = {}});
    if (how == "large-configuration") configuration.session_hash = std::string_view(new char[3 << 20](), 3 << 20);
    c.answer(configuration);
}

void answer_templates(Connection& c, ByteView body) {
    wire::TemplateRequest request;
    if (!wire::decode(body, request)) return refuse(c, "request.form", "another message");
    wire::TemplateReply reply;
    std::vector<std::string> texts;
    texts.reserve(request.templates.size());
    for (const auto& each : request.templates) {
        std::string text(as_text(each.text));
        for (size_t at; (at = text.find("@@")) != std::string::npos;) text.replace(at, 2, "filled");
        texts.push_back(text);
        reply.filled.push_back({.path = each.path, .text = as_bytes(texts.back())});
    }
    if (settings.hostile == "template-other") reply.filled.front().path = "/etc/passwd";
    if (settings.hostile == "template-missing") reply.filled.clear();
    c.answer(reply);
}

bool introduce(Connection& c, ByteView body) {
    wire::InstanceHello hello;
    if (!wire::decode(body, hello)) return refuse(c, "request.form", "another message"), false;
    Bytes message;
    for (const ByteView part :
         {as_bytes(wire::kInstanceSignatureLabel), ByteView(c.instance_exporter), ByteView(c.key), ByteView(c.nonce)}) {
        message.insert(message.end(), part.begin(), part.end());
    }
    const auto key = crypto::P256PublicKey::from_coordinates(hello.instance_key);
    if (!key || !key->verifies(message, hello.signature)) return refuse(c, "instance.signature", "another"), false;
    c.instance = hello.instance_key;
    return c.answer(200, "");
}

// False: the connection is over.
bool answer_tag(Connection& c, ByteView body) {
    wire::VolumeTagRequest request;
    if (!wire::decode(body, request) || !c.instance) return refuse(c, "request.form", "another message"), false;
    std::unique_lock lock(volumes_lock);
    const bool misbehave = ++tag_count >= settings.tags_from && tag_count - settings.tags_from < settings.tags_count;
    const std::string how = misbehave ? settings.tags : "keep";
    const auto volume =
        std::ranges::find_if(settings.volumes, [&](const FakeVolume& one) { return one.given.id == request.volume; });
    if (volume == settings.volumes.end()) return refuse(c, "volume.unknown", "another"), false;
    say("tag " + volume->name + " lease " + std::to_string(request.lease) + " sequence " +
        std::to_string(request.tag.sequence) + " " + how);
    const auto lease = std::ranges::find(volume->leases, std::pair(request.lease, *c.instance));
    if (lease == volume->leases.end() || how == "lease") return refuse(c, "volume.lease", "an older one"), false;
    if (how == "refuse") return refuse(c, "volume.tag", "not later"), false;
    if (how == "lose") return false;
    wire::VolumeTag& kept = volume->given.tag;
    const bool repeated = volume->initialised && kept.sequence == request.tag.sequence && kept.mac == request.tag.mac;
    const bool later = !volume->initialised || request.tag.sequence > kept.sequence ||
                       volume->given.updates == wire::VolumeUpdates::kNoRollbackProtection;
    if (!repeated && !later) return refuse(c, "volume.tag", "not later"), false;
    if (!repeated && volume->initialised && volume->given.updates == wire::VolumeUpdates::kEphemeral)
        return refuse(c, "volume.ephemeral", "a tag"), false;
    if (!repeated) volume->leases = {*lease};
    kept = request.tag;
    volume->initialised = true;
    lock.unlock();
    if (how == "cut") return false;
    if (how == "late") std::this_thread::sleep_for(std::chrono::seconds(3));
    return c.answer(200, "");
}

// One request from the connection. False at its end.
bool receive(Connection& c, std::string& path, std::string& body) {
    std::string bytes;
    while (bytes.find("\r\n\r\n") == std::string::npos) {
        char piece[16384];
        const int size = SSL_read(c.tls, piece, sizeof(piece));
        if (size <= 0) return false;
        bytes.append(piece, static_cast<size_t>(size));
    }
    const size_t at = bytes.find("Content-Length: ");
    const size_t length = std::stoul(bytes.substr(at + 16));
    path = bytes.substr(5, bytes.find(' ', 5) - 5);
    body = bytes.substr(bytes.find("\r\n\r\n") + 4);
    while (body.size() < length) {
        char piece[16384];
        const int size = SSL_read(c.tls, piece, sizeof(piece));
        if (size <= 0) return false;
        body.append(piece, static_cast<size_t>(size));
    }
    return true;
}

void serve(SSL_CTX* context, const ByteArray<32>& key, int fd) {
    Connection c = {.tls = SSL_new(context)};
    c.key = key;
    c.nonce.fill(5);
    SSL_set_fd(c.tls, fd);
    if (settings.hostile == "no-tls") {
        (void)!write(fd, "HTTP/1.1 400 X\r\n\r\n", 18);
    } else if (settings.hostile != "closes-early" && SSL_accept(c.tls) == 1) {
        SSL_export_keying_material(c.tls, c.exporter.data(), 32, attest::kExporterLabel,
                                   std::strlen(attest::kExporterLabel), nullptr, 0, 0);
        SSL_export_keying_material(c.tls, c.instance_exporter.data(), 32, wire::kInstanceExporterLabel,
                                   std::strlen(wire::kInstanceExporterLabel), nullptr, 0, 0);
        if (settings.hostile == "other-exporter") c.exporter[0] ^= 1;
        std::string path, body;
        while (receive(c, path, body)) {
            say("POST " + path);
            if (hostile_answer(c)) break;
            if (path == "/v1/attest/challenge") {
                wire::ChallengeReply reply;
                reply.nonce = c.nonce;
                if (settings.hostile == "challenge-version") reply.version = 9;
                c.answer(reply);
            } else if (path == "/v1/attest") {
                answer_attest(c, as_bytes(body));
            } else if (path == "/v1/attest/configuration") {
                answer_configuration(c, as_bytes(body));
            } else if (path == "/v1/attest/templates") {
                answer_templates(c, as_bytes(body));
            } else if (path == "/v1/instance/challenge") {
                wire::ChallengeReply reply;
                reply.nonce = c.nonce;
                c.answer(reply);
            } else if (path == "/v1/instance") {
                if (!introduce(c, as_bytes(body))) break;
            } else if (path == "/v1/volumes/tag") {
                if (!answer_tag(c, as_bytes(body))) break;
            } else {
                break;
            }
        }
        say("end");
    }
    SSL_free(c.tls);
    close(fd);
}

SSL_CTX* make_context(ByteArray<32>& key_hash) {
    EVP_PKEY* key = settings.hostile == "rsa" ? EVP_PKEY_Q_keygen(nullptr, nullptr, "RSA", size_t{2048})
                                              : EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-256");
    X509* certificate = X509_new();
    ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1);
    X509_gmtime_adj(X509_getm_notBefore(certificate), 0);
    X509_gmtime_adj(X509_getm_notAfter(certificate), 3600);
    X509_set_pubkey(certificate, key);
    X509_sign(certificate, key, EVP_sha256());
    unsigned char* encoded = nullptr;
    const int size = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(certificate), &encoded);
    key_hash = crypto::sha256(ByteView(encoded, static_cast<size_t>(size)));
    SSL_CTX* context = SSL_CTX_new(TLS_server_method());
    if (settings.hostile == "tls12") SSL_CTX_set_max_proto_version(context, TLS1_2_VERSION);
    SSL_CTX_use_certificate(context, certificate);
    SSL_CTX_use_PrivateKey(context, key);
    return context;
}

}  // namespace

int main(int argc, char** argv) {
    if (!read_settings(argc, argv)) return 2;
    signal(SIGPIPE, SIG_IGN);
    const int las = socket(AF_UNIX, SOCK_SEQPACKET, 0);
    sockaddr_un las_address{};
    las_address.sun_family = AF_UNIX;
    std::strncpy(las_address.sun_path, settings.las.c_str(), sizeof(las_address.sun_path) - 1);
    const int on = 1;
    setsockopt(las, SOL_SOCKET, SO_PASSCRED, &on, sizeof(on));
    if (bind(las, reinterpret_cast<sockaddr*>(&las_address), sizeof(las_address)) != 0 || listen(las, 64) != 0)
        return 2;
    std::thread(serve_las, las).detach();

    ByteArray<32> key;
    SSL_CTX* context = make_context(key);
    const int listener = socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(address);
    if (bind(listener, reinterpret_cast<sockaddr*>(&address), size) != 0 || listen(listener, 64) != 0) return 2;
    getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size);
    say("127.0.0.1:" + std::to_string(ntohs(address.sin_port)) + " " + crypto::to_hex(key));

    pollfd polled[2] = {{.fd = listener, .events = POLLIN, .revents = 0}, {.fd = 0, .events = POLLIN, .revents = 0}};
    while (poll(polled, 2, -1) > 0) {
        if (polled[1].revents != 0) break;
        std::thread(serve, context, key, accept(listener, nullptr, nullptr)).detach();
    }
    unlink(settings.las.c_str());
    std::_Exit(0);
}
