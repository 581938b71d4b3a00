#include "wire.h"

#include <netinet/in.h>
#include <netinet/ip_icmp.h>
#include <netinet/icmp6.h>
#include <sys/socket.h>
#include <time.h>

// After time.h, which it needs and does not include.
#include <linux/errqueue.h>

#include <cstring>

namespace causeway {
namespace {

constexpr uint8_t kIpv4MinWords = 5;
// The year 2242: nanoseconds beyond don't fit.
constexpr int64_t kSecondsMax = INT32_MAX * int64_t{4};

bool ReadEcho(uint8_t type, const uint8_t* data, size_t length, Echo* echo) {
  if (length < kEchoHeaderBytes || data[0] != type || data[1] != 0) return false;
  echo->id = static_cast<uint16_t>(data[4] << 8 | data[5]);
  echo->sequence = static_cast<uint16_t>(data[6] << 8 | data[7]);
  return true;
}

template <typename T>
bool CopyPayload(const cmsghdr& header, const uint8_t* payload, T* value) {
  if (header.cmsg_len < CMSG_LEN(sizeof(T))) return false;
  std::memcpy(value, payload, sizeof(T));
  return true;
}

// The sockaddr behind a sock_extended_err.
void ReadOffender(const cmsghdr& header, const uint8_t* payload, Control* control) {
  const size_t at = sizeof(sock_extended_err);
  const size_t length = header.cmsg_len - CMSG_LEN(0);
  sa_family_t family = 0;
  if (length < at + sizeof(sockaddr_in)) return;
  std::memcpy(&family, payload + at, sizeof(family));
  if (family == AF_INET) {
    sockaddr_in address;
    std::memcpy(&address, payload + at, sizeof(address));
    std::memcpy(control->offender, &address.sin_addr, 4);
    control->has_offender = true;
  } else if (family == AF_INET6 && length >= at + sizeof(sockaddr_in6)) {
    sockaddr_in6 address;
    std::memcpy(&address, payload + at, sizeof(address));
    std::memcpy(control->offender, &address.sin6_addr, 16);
    control->has_offender = true;
  }
}

void ReadError(const cmsghdr& header, const uint8_t* payload, Control* control) {
  sock_extended_err error;
  if (!CopyPayload(header, payload, &error)) return;
  control->has_error = true;
  control->error_number = error.ee_errno;
  control->origin = error.ee_origin;
  control->type = error.ee_type;
  control->code = error.ee_code;
  control->info = error.ee_info;
  control->data = error.ee_data;
  ReadOffender(header, payload, control);
}

void ReadOne(const cmsghdr& header, const uint8_t* payload, Control* control) {
  if (header.cmsg_level == SOL_SOCKET && header.cmsg_type == SCM_TIMESTAMPING) {
    // The first of three is the software stamp.
    timespec stamp;
    if (!CopyPayload(header, payload, &stamp)) return;
    if (stamp.tv_sec <= 0 || stamp.tv_sec > kSecondsMax) return;
    if (stamp.tv_nsec < 0 || stamp.tv_nsec >= 1'000'000'000) return;
    control->has_stamp = true;
    control->stamp_ns = int64_t{stamp.tv_sec} * 1'000'000'000 + stamp.tv_nsec;
    return;
  }
  const bool is_ipv4 = header.cmsg_level == IPPROTO_IP;
  const bool is_ipv6 = header.cmsg_level == IPPROTO_IPV6;
  if ((is_ipv4 && header.cmsg_type == IP_RECVERR) || (is_ipv6 && header.cmsg_type == IPV6_RECVERR)) {
    ReadError(header, payload, control);
  } else if ((is_ipv4 && header.cmsg_type == IP_TTL) ||
             (is_ipv6 && header.cmsg_type == IPV6_HOPLIMIT)) {
    control->has_ttl = CopyPayload(header, payload, &control->ttl);
  }
}

}  // namespace

bool ReadEchoReply(Family family, const uint8_t* data, size_t length, Echo* echo) {
  return ReadEcho(family == Family::kIpv4 ? ICMP_ECHOREPLY : ICMP6_ECHO_REPLY, data, length, echo);
}

bool ReadEchoRequest(Family family, const uint8_t* data, size_t length, Echo* echo) {
  return ReadEcho(family == Family::kIpv4 ? ICMP_ECHO : ICMP6_ECHO_REQUEST, data, length, echo);
}

size_t Ipv4HeaderBytes(const uint8_t* data, size_t length) {
  if (length < kIpv4MinWords * 4 || data[0] >> 4 != 4) return 0;
  const size_t bytes = (data[0] & 0x0f) * 4;
  return bytes < kIpv4MinWords * 4 || bytes > length ? 0 : bytes;
}

uint16_t Checksum(const uint8_t* data, size_t length) {
  uint32_t sum = 0;
  for (size_t at = 0; at + 1 < length; at += 2) sum += static_cast<uint32_t>(data[at] << 8 | data[at + 1]);
  if (length % 2 == 1) sum += static_cast<uint32_t>(data[length - 1] << 8);
  while (sum >> 16 != 0) sum = (sum & 0xffff) + (sum >> 16);
  return static_cast<uint16_t>(~sum);
}

void WriteEchoRequest(Family family, Echo echo, uint8_t* data, size_t length) {
  const bool is_ipv4 = family == Family::kIpv4;
  data[0] = is_ipv4 ? ICMP_ECHO : ICMP6_ECHO_REQUEST;
  data[1] = 0;
  data[2] = 0;
  data[3] = 0;
  data[4] = static_cast<uint8_t>(echo.id >> 8);
  data[5] = static_cast<uint8_t>(echo.id);
  data[6] = static_cast<uint8_t>(echo.sequence >> 8);
  data[7] = static_cast<uint8_t>(echo.sequence);
  if (!is_ipv4) return;
  const uint16_t checksum = Checksum(data, length);
  data[2] = static_cast<uint8_t>(checksum >> 8);
  data[3] = static_cast<uint8_t>(checksum);
}

Control ReadControl(const uint8_t* control, size_t length) {
  Control result;
  size_t at = 0;
  // By hand instead of CMSG_NXTHDR, which differs between libcs in what it checks.
  while (length >= sizeof(cmsghdr) && at <= length - sizeof(cmsghdr)) {
    cmsghdr header;
    std::memcpy(&header, control + at, sizeof(header));
    if (header.cmsg_len < CMSG_LEN(0) || header.cmsg_len > length - at) break;
    ReadOne(header, control + at + CMSG_LEN(0), &result);
    const size_t step = CMSG_SPACE(header.cmsg_len - CMSG_LEN(0));
    if (step > length - at) break;
    at += step;
  }
  return result;
}

}  // namespace causeway
