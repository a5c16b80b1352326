// SPDX-License-Identifier: Apache-2.0
//
// What las.sh runs against LAS: a static program, so that it is all that it can execute, which asks for evidence in the
// right way or in a wrong one. Two copies of it with different bytes stand for the genuine program and for the attacker's.
//
//   attacker SOCKET MODE [ARGUMENT...]      prints "evidence HEX", or "refused CHECK"; exit status 0 for both
//
// Every mode is a row of kModes. Those that need LAS to stand still between two steps stop it (SIGSTOP to the process that
// LAS_PID names) and let the next image continue it, so that a race is always lost by LAS. One
// file, since what is copied is one program.
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "las/client.h"
#include "wire/las_protocol.h"

namespace {

using namespace redoubt;

std::string own_path, socket_path;
std::vector<std::string> arguments;

[[noreturn]] void give_up(const std::string& why) {
    std::printf("failed %s\n", why.c_str());
    std::exit(1);
}

void must(bool good, const char* what) {
    if (!good) give_up(std::string(what) + ": " + std::strerror(errno));
}

las::Descriptor connect() {
    auto connection = las::connect_to_las(socket_path);
    if (!connection) give_up(connection.error().message);
    return *std::move(connection);
}

int print(const Result<las::LasAnswer, Error>& answer) {
    if (!answer) give_up(answer.error().message);
    if (answer->evidence.empty()) {
        std::printf("refused %s (expected %s, found %s; %s)\n", answer->check.c_str(), answer->expected.c_str(),
                    answer->actual.c_str(), answer->remedy.c_str());
    } else {
        std::printf("evidence ");
        for (const uint8_t byte : answer->evidence) std::printf("%02x", byte);
        std::printf("\n");
    }
    return 0;
}

ByteArray<64> report_data() {
    ByteArray<64> data;
    data.fill(0xDA);
    return data;
}

int ask(const las::Descriptor& connection) { return print(las::ask_las(connection, report_data(), false)); }

Bytes receive(const las::Descriptor& connection) {
    Bytes packet(wire::kLasLargestPacket);
    const ssize_t size = recv(connection.get(), packet.data(), packet.size(), 0);
    if (size <= 0) give_up("LAS closed the connection");
    packet.resize(static_cast<size_t>(size));
    return packet;
}

// The answer that follows, decoded.
int print_reply(const las::Descriptor& connection) {
    const Bytes packet = receive(connection);
    wire::LasReply reply;
    if (!wire::decode(packet, reply)) give_up("no reply");
    las::LasAnswer answer{Bytes(reply.evidence.begin(), reply.evidence.end()),
                          std::string(reply.problem.check),
                          std::string(reply.problem.expected),
                          std::string(reply.problem.actual),
                          std::string(reply.problem.remedy),
                          std::string(reply.platform)};
    return print(answer);
}

wire::LasRequest take_challenge(const las::Descriptor& connection) {
    const Bytes packet = receive(connection);
    wire::LasChallenge challenge;
    wire::LasReply reply;
    if (wire::decode(packet, challenge) && challenge.version == wire::kLasVersion) {
        return {wire::kLasVersion, challenge.challenge, report_data(), false};
    }
    // Refused at once: that is an answer too.
    if (!wire::decode(packet, reply)) give_up("no challenge");
    std::printf("refused %s\n", std::string(reply.problem.check).c_str());
    std::exit(0);
}

void send_packet(const las::Descriptor& connection, const Bytes& packet) {
    must(send(connection.get(), packet.data(), packet.size(), MSG_NOSIGNAL) >= 0, "send");
}

void answer(const las::Descriptor& connection) { send_packet(connection, wire::encode(take_challenge(connection))); }

pid_t las_pid() { return std::atoi(std::getenv("LAS_PID")); }

// Returns when every thread of LAS stands still.
void stop_las() {
    namespace fs = std::filesystem;
    must(kill(las_pid(), SIGSTOP) == 0, "kill");
    for (bool all = false; !all; sched_yield()) {
        all = true;
        for (const auto& task : fs::directory_iterator("/proc/" + std::to_string(las_pid()) + "/task")) {
            std::ifstream file(task.path() / "stat");
            const std::string text{std::istreambuf_iterator<char>(file), {}};
            const size_t name_end = text.rfind(')');
            if (name_end != std::string::npos && text.compare(name_end, 3, ") T") != 0) all = false;
        }
    }
}
void continue_las() { kill(las_pid(), SIGCONT); }

// Becomes another program (or this one again) that inherits the connection.
[[noreturn]] void become(const std::string& program, const las::Descriptor& connection, std::vector<std::string> rest) {
    fcntl(connection.get(), F_SETFD, 0);
    std::vector<std::string> all = {program, socket_path};
    all.insert(all.end(), rest.begin(), rest.end());
    std::vector<char*> argv;
    for (std::string& one : all) argv.push_back(one.data());
    argv.push_back(nullptr);
    execv(program.c_str(), argv.data());
    give_up("execv");
}

las::Descriptor inherited(size_t argument) { return las::Descriptor(std::stoi(arguments.at(argument))); }

// --- modes ---

int genuine() { return ask(connect()); }

int debug() { return print(las::ask_las(connect(), report_data(), true)); }

// ARGUMENT: the genuine program. Connects, sends a child ahead with the connection, becomes the genuine program.
int exec_first() {
    const las::Descriptor connection = connect();
    int ready[2];
    must(pipe(ready) == 0, "pipe");
    stop_las();
    const pid_t child = fork();
    if (child == 0) {
        char byte;
        close(ready[1]);
        static_cast<void>(!read(ready[0], &byte, 1));  // closed by the execve
        continue_las();
        answer(connection);
        std::exit(print_reply(connection));
    }
    fcntl(ready[1], F_SETFD, FD_CLOEXEC);
    close(ready[0]);
    become(arguments.at(0), connection, {"wait-for-child"});
}
int wait_for_child() {
    int status;
    must(wait(&status) > 0, "wait");
    return WEXITSTATUS(status);
}

// ARGUMENT: the genuine program. Answers the challenge as itself, and is the genuine program when LAS looks again.
int exec_between() {
    const las::Descriptor connection = connect();
    const Bytes request = wire::encode(take_challenge(connection));
    stop_las();
    send_packet(connection, request);
    become(arguments.at(0), connection, {"take-reply", std::to_string(connection.get())});
}
int take_reply() {
    continue_las();
    return print_reply(inherited(0));
}

// ARGUMENTS: the attacker's program. Genuine when LAS looks, the attacker when it answers, genuine when LAS looks again.
int exec_twice() {
    const las::Descriptor connection = connect();
    char byte;
    must(recv(connection.get(), &byte, 1, MSG_PEEK) == 1, "recv");  // LAS has measured and sent its challenge
    become(arguments.at(0), connection, {"answer-and-return", std::to_string(connection.get()), own_path});
}
// The same, with a helper that keeps the first address space alive.
int exec_twice_shared() {
    static uint8_t stack[16384];
    const auto wait = [](void*) -> int {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        for (;;) pause();
    };
    must(clone(wait, stack + sizeof(stack), CLONE_VM | SIGCHLD, nullptr) > 0, "clone");
    return exec_twice();
}
int answer_and_return() {
    const las::Descriptor connection = inherited(0);
    const Bytes request = wire::encode(take_challenge(connection));
    stop_las();
    send_packet(connection, request);
    become(arguments.at(1), connection, {"take-reply", std::to_string(connection.get())});
}

int traced() {
    const pid_t child = fork();
    if (child == 0) {
        must(ptrace(PTRACE_TRACEME, 0, nullptr, nullptr) == 0, "ptrace");
        std::exit(genuine());
    }
    return wait_for_child();
}

// The tracer comes after the first measurement.
int traced_later() {
    const las::Descriptor connection = connect();
    const wire::LasRequest request = take_challenge(connection);
    must(ptrace(PTRACE_TRACEME, 0, nullptr, nullptr) == 0, "ptrace");
    send_packet(connection, wire::encode(request));
    return print_reply(connection);
}

// Another user gets evidence of what it runs, too.
int as_nobody() {
    must(setgid(65534) == 0 && setuid(65534) == 0, "setuid");
    return genuine();
}

// Connected as one user, asks as another: the same process, and a process that got the connection.
int changes_user() {
    const las::Descriptor connection = connect();
    const wire::LasRequest request = take_challenge(connection);
    must(setgid(65534) == 0 && setuid(65534) == 0, "setuid");
    send_packet(connection, wire::encode(request));
    return print_reply(connection);
}
int passes_connection() {
    const las::Descriptor connection = connect();
    const pid_t child = fork();
    if (child == 0) {
        must(setgid(65534) == 0 && setuid(65534) == 0, "setuid");
        answer(connection);
        std::exit(print_reply(connection));
    }
    return wait_for_child();
}

int deleted() {
    must(unlink(own_path.c_str()) == 0, "unlink");
    return genuine();
}

// ARGUMENT: another program. Takes this one's place after the first measurement; the old file lives on under another name.
int replaced() {
    const las::Descriptor connection = connect();
    const wire::LasRequest request = take_challenge(connection);
    must(link(own_path.c_str(), (own_path + ".old").c_str()) == 0, "link");
    must(rename(arguments.at(0).c_str(), own_path.c_str()) == 0, "rename");
    send_packet(connection, wire::encode(request));
    return print_reply(connection);
}

void map_foreign_code() {
    must(mmap(nullptr, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) != MAP_FAILED, "mmap");
}
int foreign_code() {
    map_foreign_code();
    return genuine();
}
int foreign_code_later() {
    const las::Descriptor connection = connect();
    const wire::LasRequest request = take_challenge(connection);
    map_foreign_code();
    send_packet(connection, wire::encode(request));
    return print_reply(connection);
}

// Its own code changed, and the page readable and executable again as if nothing had been.
int patched_code() {
    auto* page = reinterpret_cast<uint8_t*>(reinterpret_cast<uintptr_t>(&patched_code) & ~uintptr_t{4095});
    must(mprotect(page, 4096, PROT_READ | PROT_WRITE | PROT_EXEC) == 0, "mprotect");
    *reinterpret_cast<volatile uint8_t*>(page) = *page;
    must(mprotect(page, 4096, PROT_READ | PROT_EXEC) == 0, "mprotect");
    return genuine();
}

// The same with the vDSO, which is the kernel's code until somebody writes to it. The kernel does not split it, so its size is tried.
int patched_vdso() {
    auto* start = reinterpret_cast<uint8_t*>(getauxval(AT_SYSINFO_EHDR));
    size_t size = 4096;
    while (size < 65536 && mprotect(start, size, PROT_READ | PROT_WRITE | PROT_EXEC) != 0) size += 4096;
    must(size < 65536, "mprotect");
    *const_cast<volatile uint8_t*>(start) = *start;
    must(mprotect(start, size, PROT_READ | PROT_EXEC) == 0, "mprotect");
    return genuine();
}

int wrong_challenge() {
    const las::Descriptor connection = connect();
    wire::LasRequest request = take_challenge(connection);
    request.challenge[31] ^= 1;
    send_packet(connection, wire::encode(request));
    return print_reply(connection);
}

// The challenge of another connection.
int replayed_challenge() {
    const las::Descriptor one = connect(), other = connect();
    const wire::LasRequest request = take_challenge(one);
    static_cast<void>(take_challenge(other));
    send_packet(other, wire::encode(request));
    return print_reply(other);
}

// ARGUMENT: the size; 0 sends nothing but the end.
int junk() {
    const las::Descriptor connection = connect();
    Bytes packet(std::stoul(arguments.at(0)), 0x41);
    take_challenge(connection);
    if (packet.empty()) {
        shutdown(connection.get(), SHUT_WR);
    } else {
        send_packet(connection, packet);
    }
    return print_reply(connection);
}

int wrong_version() {
    const las::Descriptor connection = connect();
    wire::LasRequest request = take_challenge(connection);
    request.version = 2;
    send_packet(connection, wire::encode(request));
    return print_reply(connection);
}

// A good request with descriptors that nobody asked for.
int with_descriptors() {
    const las::Descriptor connection = connect();
    Bytes packet = wire::encode(take_challenge(connection));
    iovec part{packet.data(), packet.size()};
    alignas(cmsghdr) char control[CMSG_SPACE(4 * sizeof(int))] = {};
    msghdr message{};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    message.msg_control = control;
    message.msg_controllen = sizeof(control);
    cmsghdr* header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(4 * sizeof(int));
    const int fds[] = {0, 1, 2, 0};
    std::memcpy(CMSG_DATA(header), fds, sizeof(fds));
    must(sendmsg(connection.get(), &message, MSG_NOSIGNAL) > 0, "sendmsg");
    return print_reply(connection);
}

int never_answers() {
    const las::Descriptor connection = connect();
    take_challenge(connection);
    return print_reply(connection);
}

// A child that is nobody takes every conversation there is for one user and more; meanwhile root asks for its evidence.
int crowd() {
    int told[2], finish[2];
    must(pipe(told) == 0 && pipe(finish) == 0, "pipe");
    const pid_t child = fork();
    if (child == 0) {
        must(setgid(65534) == 0 && setuid(65534) == 0, "setuid");
        std::vector<las::Descriptor> held;
        uint8_t busy = 0;
        for (int count = 0; count < 100; ++count) {
            held.push_back(connect());
            const Bytes packet = receive(held.back());
            wire::LasReply reply;
            if (wire::decode(packet, reply) && reply.problem.check == "las.busy") ++busy;
        }
        must(write(told[1], &busy, 1) == 1, "write");
        char byte;
        close(finish[1]);
        static_cast<void>(!read(finish[0], &byte, 1));
        std::exit(0);
    }
    uint8_t busy = 0;
    must(read(told[0], &busy, 1) == 1, "read");
    std::printf("busy %d\n", busy);
    genuine();
    close(finish[1]);
    return wait_for_child();
}

// ARGUMENT: how many conversations, one after the other. Prints how long one takes.
int measure_speed() {
    const int count = std::stoi(arguments.at(0));
    timespec start{}, end{};
    clock_gettime(CLOCK_MONOTONIC, &start);
    for (int index = 0; index < count; ++index) {
        const auto answered = las::ask_las(connect(), report_data(), false);
        if (!answered || answered->evidence.empty()) give_up("no evidence");
    }
    clock_gettime(CLOCK_MONOTONIC, &end);
    const double seconds =
        static_cast<double>(end.tv_sec - start.tv_sec) + 1e-9 * static_cast<double>(end.tv_nsec - start.tv_nsec);
    std::printf("%.2f ms each\n", seconds * 1000 / count);
    return 0;
}

struct Mode {
    const char* name;
    int (*run)();
};
constexpr Mode kModes[] = {
    {"genuine", genuine},
    {"debug", debug},
    {"exec-first", exec_first},
    {"wait-for-child", wait_for_child},
    {"exec-between", exec_between},
    {"take-reply", take_reply},
    {"exec-twice", exec_twice},
    {"exec-twice-shared", exec_twice_shared},
    {"answer-and-return", answer_and_return},
    {"traced", traced},
    {"traced-later", traced_later},
    {"as-nobody", as_nobody},
    {"changes-user", changes_user},
    {"passes-connection", passes_connection},
    {"deleted", deleted},
    {"replaced", replaced},
    {"foreign-code", foreign_code},
    {"foreign-code-later", foreign_code_later},
    {"patched-code", patched_code},
    {"patched-vdso", patched_vdso},
    {"wrong-challenge", wrong_challenge},
    {"replayed-challenge", replayed_challenge},
    {"junk", junk},
    {"wrong-version", wrong_version},
    {"with-descriptors", with_descriptors},
    {"never-answers", never_answers},
    {"crowd", crowd},
    {"speed", measure_speed},
};

}  // namespace

int main(int argc, char** argv) {
    if (argc < 3) return 2;
    own_path = argv[0];
    socket_path = argv[1];
    arguments.assign(argv + 3, argv + argc);
    const Mode* mode =
        std::ranges::find_if(kModes, [&](const Mode& one) { return std::strcmp(one.name, argv[2]) == 0; });
    return mode == std::end(kModes) ? 2 : mode->run();
}
