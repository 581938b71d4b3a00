// What the kernel hands over with an ICMP packet, read without trusting a byte of it. Pure: no socket, no clock.
#ifndef CAUSEWAY_NATIVE_WIRE_H_
#define CAUSEWAY_NATIVE_WIRE_H_

#include <cstddef>
#include <cstdint>

namespace causeway {

enum class Family : uint8_t { kIpv4, kIpv6 };

// Bytes of an ICMP echo header: type, code, checksum, identifier, sequence number (RFC 792, RFC 4443 4.1).
inline constexpr size_t kEchoHeaderBytes = 8;

struct Echo {
  uint16_t id = 0;
  uint16_t sequence = 0;
};

// Reads an echo reply that starts at the ICMP header. False for every other message and for a truncated one.
bool ReadEchoReply(Family family, const uint8_t* data, size_t length, Echo* echo);

// Reads an echo request that starts at the ICMP header, as the error queue quotes it.
bool ReadEchoRequest(Family family, const uint8_t* data, size_t length, Echo* echo);

// Bytes of the IPv4 header that a packet starts with; 0 when there is none.
size_t Ipv4HeaderBytes(const uint8_t* data, size_t length);

// Writes an echo request of `length` bytes, at least kEchoHeaderBytes: header, then the payload that is there already.
// The checksum is that of IPv4; the kernel makes that of ICMPv6 itself.
void WriteEchoRequest(Family family, Echo echo, uint8_t* data, size_t length);

// Internet checksum, RFC 1071.
uint16_t Checksum(const uint8_t* data, size_t length);

// What control messages say of one packet.
struct Control {
  // Nanoseconds since 1970 of the kernel's software stamp: when it was received, or sent for a stamp of the error queue.
  bool has_stamp = false;
  int64_t stamp_ns = 0;
  bool has_ttl = false;
  int ttl = 0;
  // sock_extended_err of the error queue.
  bool has_error = false;
  uint32_t error_number = 0;
  uint8_t origin = 0;
  uint8_t type = 0;
  uint8_t code = 0;
  uint32_t info = 0;
  uint32_t data = 0;
  // Who sent the ICMP error: four bytes or sixteen.
  bool has_offender = false;
  uint8_t offender[16] = {};
};

// Reads what recvmsg() put into a control buffer; unknown and truncated messages are passed over.
Control ReadControl(const uint8_t* control, size_t length);

}  // namespace causeway

#endif  // CAUSEWAY_NATIVE_WIRE_H_
