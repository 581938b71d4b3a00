// Packets and control buffers that no kernel would hand over: whatever they hold, nothing outside them is read. Built with
// AddressSanitizer; with -fsanitize=fuzzer it is a libFuzzer target, otherwise it mutates packets of its own.
#include <netinet/in.h>
#include <sys/socket.h>
#include <time.h>

// After time.h, which it needs and does not include.
#include <linux/errqueue.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <vector>

#include "../src/wire.h"

using causeway::Control;
using causeway::Echo;
using causeway::Family;

// A copy of exactly its length on the heap, so that a byte beyond is a fault.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  auto copy = std::make_unique<uint8_t[]>(size);
  if (size > 0) std::memcpy(copy.get(), data, size);
  for (const Family family : {Family::kIpv4, Family::kIpv6}) {
    Echo echo;
    if (causeway::ReadEchoReply(family, copy.get(), size, &echo) && size < 8) abort();
    if (causeway::ReadEchoRequest(family, copy.get(), size, &echo) && size < 8) abort();
  }
  const size_t header = causeway::Ipv4HeaderBytes(copy.get(), size);
  if (header > size || (header != 0 && header < 20)) abort();
  causeway::Checksum(copy.get(), size);
  const Control control = causeway::ReadControl(copy.get(), size);
  if (control.has_offender && !control.has_error) abort();
  return 0;
}

#ifndef CAUSEWAY_LIBFUZZER

namespace {

uint64_t state = 0x9e3779b97f4a7c15;

uint64_t Random() {
  state ^= state << 13;
  state ^= state >> 7;
  state ^= state << 17;
  return state;
}

template <typename T>
void Append(std::vector<uint8_t>* bytes, const T& value) {
  const auto* data = reinterpret_cast<const uint8_t*>(&value);
  bytes->insert(bytes->end(), data, data + sizeof(value));
}

template <typename T>
void AppendControl(std::vector<uint8_t>* bytes, int level, int type, const T& value) {
  const size_t start = bytes->size();
  cmsghdr header{};
  header.cmsg_len = CMSG_LEN(sizeof(T));
  header.cmsg_level = level;
  header.cmsg_type = type;
  Append(bytes, header);
  Append(bytes, value);
  bytes->resize(start + CMSG_SPACE(sizeof(T)));
}

struct QuotedIpv6 {
  sock_extended_err error;
  sockaddr_in6 offender;
};

std::vector<std::vector<uint8_t>> Seeds() {
  std::vector<uint8_t> reply = {0, 0, 0, 0, 1, 2, 3, 4, 9, 9};
  std::vector<uint8_t> request = {128, 0, 0, 0, 1, 2, 3, 4};
  std::vector<uint8_t> ip(20, 0);
  ip[0] = 0x45;
  std::vector<uint8_t> control;
  timespec stamps[3] = {{1'700'000'000, 5}, {0, 0}, {0, 0}};
  AppendControl(&control, SOL_SOCKET, SCM_TIMESTAMPING, stamps);
  AppendControl(&control, IPPROTO_IP, IP_TTL, int{64});
  QuotedIpv6 quoted{};
  quoted.error.ee_origin = SO_EE_ORIGIN_ICMP6;
  quoted.offender.sin6_family = AF_INET6;
  AppendControl(&control, IPPROTO_IPV6, IPV6_RECVERR, quoted);
  // What was written is what is read.
  const Control read = causeway::ReadControl(control.data(), control.size());
  if (!read.has_stamp || read.stamp_ns != 1'700'000'000'000'000'005 || read.ttl != 64 ||
      !read.has_error || !read.has_offender || read.origin != SO_EE_ORIGIN_ICMP6) {
    std::fprintf(stderr, "a control buffer is read wrongly\n");
    abort();
  }
  return {reply, request, ip, control};
}

void Mutate(std::vector<uint8_t>* bytes) {
  for (uint64_t times = Random() % 6; times > 0 && !bytes->empty(); times--) {
    const size_t at = Random() % bytes->size();
    switch (Random() % 4) {
      case 0: (*bytes)[at] = static_cast<uint8_t>(Random()); break;
      case 1: (*bytes)[at] ^= static_cast<uint8_t>(1 << Random() % 8); break;
      case 2: bytes->resize(at); break;
      default: bytes->insert(bytes->end(), bytes->begin(), bytes->begin() + static_cast<long>(at));
    }
    if (bytes->size() > 1024) bytes->resize(1024);
  }
}

}  // namespace

int main(int count, char** arguments) {
  const long runs = count > 1 ? std::atol(arguments[1]) : 1'000'000;
  const auto seeds = Seeds();
  for (long run = 0; run < runs; run++) {
    std::vector<uint8_t> bytes = seeds[static_cast<size_t>(run) % seeds.size()];
    Mutate(&bytes);
    LLVMFuzzerTestOneInput(bytes.data(), bytes.size());
  }
  std::printf("%ld inputs\n", runs);
  return 0;
}

#endif
