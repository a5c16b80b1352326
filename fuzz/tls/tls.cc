// SPDX-License-Identifier: Apache-2.0
//
// What a stranger can send to an endpoint. The first byte of the input chooses:
//
//   0  the rest goes to a server that requires client certificates    1  to a client
//   2  a whole, good handshake with such a server, in which the rest changes bytes of the client's: pairs of a distance to the
//      next byte to be changed and what is XORed to it
//   3  to the client's side of the same, changing bytes of the server's
//
// Whatever comes, nothing is ever read from a peer that was not verified, what the program wrote early does not leave in the
// clear, and what waits to be sent stays small.
#include <algorithm>

#include "fuzz/target.h"
#include "tls/test_peers.h"

using namespace redoubt;
using namespace redoubt::tls;

namespace {

constexpr std::string_view kEarly = "what the program wrote at once";
constexpr size_t kMostOutput = size_t{64} * 1024;

struct Setting {
  test::Keyed authority = test::make_authority("an authority");
  test::Keyed server = test::make_server(authority), client = test::make_client(authority);
  std::shared_ptr<Context> at_server = *Context::server(identity(server), authority.certificate, test::clock);
  std::shared_ptr<Context> at_client = *Context::client(identity(client), authority.certificate, test::clock);
};
const Setting& setting() {
  static const Setting made;
  return made;
}

void check(Endpoint& end) {
  FUZZ_CHECK(end.output().size() <= kMostOutput);
  FUZZ_CHECK(!as_text(end.output()).contains(kEarly));
  const size_t room = end.input_room().size();
  end.input_added(0);
  FUZZ_CHECK(room == 0 || room > size_t{16} * 1024);
  FUZZ_CHECK((end.state() == State::kFailed) == (end.failure().kind != FailureKind::kNone));
  for (const char character : end.failure().detail) FUZZ_CHECK(character >= ' ' && character <= '~');
}

void check_closed(Endpoint& end) {
  uint8_t byte = 0;
  FUZZ_CHECK(end.state() != State::kOpen && end.state() != State::kPeerClosed);
  FUZZ_CHECK(!end.read({&byte, 1}) && !end.peek({&byte, 1}) && end.readable() == 0);
  end.input_ended();
  FUZZ_CHECK(end.state() == State::kFailed);
  FUZZ_CHECK(end.is_readable() && !end.write(as_bytes("x")));
  end.close_write();
}

void feed_raw(Endpoint end, ByteView bytes) {
  (void)end.write(as_bytes(kEarly));
  for (ByteView rest = bytes; !rest.empty();) {
    const size_t size = std::min<size_t>(rest.size(), 1 + rest[0]);  // some pieces are small
    const size_t taken = test::feed(end, rest.first(size));
    check(end);
    if (taken == 0) break;
    rest = rest.subspan(taken);
  }
  check_closed(end);
}

class Changes {
 public:
  explicit Changes(ByteView script) : script_(script) { next(); }
  Bytes apply(ByteView bytes) {
    Bytes changed(bytes.begin(), bytes.end());
    for (uint8_t& byte : changed) {
      if (left_-- != 0) continue;
      byte ^= mask_;
      next();
    }
    return changed;
  }

 private:
  void next() {
    if (script_.size() < 3) {
      left_ = SIZE_MAX;
      return;
    }
    left_ = script_[0] * 8 + script_[1];
    mask_ = script_[2];
    script_ = script_.subspan(3);
  }
  ByteView script_;
  size_t left_ = 0;
  uint8_t mask_ = 0;
};

void meddle(ByteView script, bool with_client) {
  Endpoint server = std::move(*Endpoint::accept(setting().at_server));
  Endpoint client = std::move(*Endpoint::connect(setting().at_client, "server.test"));
  Endpoint &source = with_client ? client : server, &target = with_client ? server : client;
  (void)target.write(as_bytes(kEarly));
  Changes changes(script);
  for (int round = 0; round < 4; ++round) {
    const Bytes changed = changes.apply(source.output());
    source.output_taken(source.output().size());
    test::feed(target, changed);
    check(target);
    test::move(target, source);
  }
  // A change before the end of the handshake breaks it, since the transcript is authenticated (RFC 8446, 4.4.4), but for the
  // version in the header of a record (5.1). Nobody wrote anything to the target.
  uint8_t byte = 0;
  FUZZ_CHECK(!target.read({&byte, 1}));
  target.input_ended();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const ByteView rest(data + 1, size - 1);
  switch (data[0] % 4) {
    case 0: feed_raw(std::move(*Endpoint::accept(setting().at_server)), rest); break;
    case 1: feed_raw(std::move(*Endpoint::connect(setting().at_client, "server.test")), rest); break;
    case 2: meddle(rest, true); break;
    default: meddle(rest, false); break;
  }
  return 0;
}

std::vector<std::string> fuzz_seeds() {
  Endpoint server = std::move(*Endpoint::accept(setting().at_server));
  Endpoint client = std::move(*Endpoint::connect(setting().at_client, "server.test"));
  const std::string hello(as_text(client.output()));
  test::move(client, server);
  const std::string flight(as_text(server.output()));
  test::move(server, client);
  const std::string finish(as_text(client.output()));
  using std::string_literals::operator""s;
  return {"\0"s + hello,
          "\0"s + hello + finish,
          "\1"s + flight,
          "\0GET / HTTP/1.1\r\n\r\n"s,
          "\1\x15\x03\x03\0\x02\x02\x28"s,
          "\2"s + "\x02\x05\x01"s,
          "\2"s + "\x40\x05\x80\x20\x01\x01"s,
          "\3"s + "\x10\x05\x01"s,
          "\3"s + "\x50\x05\x80\x20\x01\x01"s};
}
