// The echo socket on loopback, without JavaScript: built with the sanitizers, which Node itself is not. Exits with 77 where
// this host lets nobody open an ICMP socket.
#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <vector>

#include "../src/echo_socket.h"

using causeway::EchoEvent;
using causeway::EchoEventKind;
using causeway::EchoRequest;
using causeway::EchoSocket;
using causeway::Family;

namespace {

constexpr size_t kEventsMax = 512;

void Expect(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "not so: %s\n", what);
  std::exit(1);
}

EchoRequest To(const char* text, uint32_t token, uint16_t bytes = 64) {
  EchoRequest request{};
  if (inet_pton(AF_INET, text, request.address) != 1) inet_pton(AF_INET6, text, request.address);
  request.token = token;
  request.timeout_ms = 1000;
  request.bytes = bytes;
  return request;
}

// Polls until so many events came, or for two seconds.
std::vector<EchoEvent> Wait(EchoSocket* socket, size_t wanted) {
  std::vector<EchoEvent> all;
  EchoEvent events[kEventsMax];
  for (int turn = 0; turn < 200 && all.size() < wanted; turn++) {
    const size_t got = socket->Poll(events, kEventsMax);
    all.insert(all.end(), events, events + got);
    if (got == 0) poll(nullptr, 0, 10);
  }
  return all;
}

std::unique_ptr<EchoSocket> Open(Family family, uint32_t capacity) {
  std::string error;
  auto socket = EchoSocket::Open({family, capacity, false}, &error);
  if (socket == nullptr) {
    std::fprintf(stderr, "%s\n", error.c_str());
    std::exit(77);
  }
  return socket;
}

// Every sequence number is used more than once.
void AnswersEveryRequest(Family family, const char* address) {
  auto socket = Open(family, 64);
  for (uint32_t round = 0; round < 2000; round++) {
    std::vector<EchoRequest> requests;
    for (uint32_t at = 0; at < 64; at++) requests.push_back(To(address, round * 64 + at));
    std::vector<int32_t> results(requests.size(), -1);
    socket->Send(requests.data(), requests.size(), results.data());
    for (const int32_t result : results) Expect(result == 0, "a request was sent");
    const auto events = Wait(socket.get(), requests.size());
    Expect(events.size() == requests.size(), "every request has one event");
    for (const EchoEvent& event : events) {
      Expect(event.kind == EchoEventKind::kReply, "the event is a reply");
      Expect(event.token / 64 == round, "the reply is of this round");
      Expect(event.rtt_ns > 0 && event.rtt_ns < 1'000'000'000, "the round trip is measured");
    }
  }
  Expect(socket->in_flight() == 0, "nothing is in flight");
  Expect(socket->stats().stamped == socket->stats().sent, "every request has a kernel stamp");
}

void BoundsWhatIsInFlight() {
  auto socket = Open(Family::kIpv4, 16);
  std::vector<EchoRequest> requests(40, To("127.0.0.1", 7));
  std::vector<int32_t> results(requests.size(), -1);
  socket->Send(requests.data(), requests.size(), results.data());
  for (size_t at = 0; at < results.size(); at++) {
    Expect(results[at] == (at < 16 ? 0 : EAGAIN), "sixteen are sent, the rest is refused");
  }
  Expect(Wait(socket.get(), 16).size() == 16, "sixteen are answered");
}

void RefusesWhatCantBeSent() {
  auto socket = Open(Family::kIpv4, 64);
  EchoRequest requests[] = {To("127.0.0.1", 1), To("127.0.0.1", 2, 7), To("255.255.255.255", 3),
                            To("127.0.0.1", 4, 65'508), To("127.0.0.1", 5), To("127.0.0.1", 6, 60'000)};
  requests[5].may_fragment = 1;
  int32_t results[6] = {};
  socket->Send(requests, 6, results);
  Expect(results[0] == 0 && results[4] == 0, "good requests are sent beside bad ones");
  Expect(results[1] == EMSGSIZE && results[3] == EMSGSIZE, "sizes out of bounds are refused");
  Expect(results[2] == EACCES, "broadcast is refused by the kernel");
  Expect(results[5] == 0, "a large request may be fragmented");
  Expect(Wait(socket.get(), 3).size() == 3, "what was sent is answered");
}

}  // namespace

int main() {
  AnswersEveryRequest(Family::kIpv4, "127.0.0.1");
  AnswersEveryRequest(Family::kIpv6, "::1");
  BoundsWhatIsInFlight();
  RefusesWhatCantBeSent();
  std::printf("ok\n");
  return 0;
}
