// What the kernel knows of a TCP connection.
#ifndef CAUSEWAY_NATIVE_TCP_INFO_H_
#define CAUSEWAY_NATIVE_TCP_INFO_H_

#include <cstdint>

namespace causeway {

struct TcpInfo {
  // Smoothed round-trip time, and its variation.
  uint32_t rtt_us;
  uint32_t rtt_variation_us;
  // Segments that were sent again, the SYN among them.
  uint32_t retransmits;
  uint32_t send_mss;
  uint32_t path_mtu;
};

// Reads TCP_INFO of a connection; 0, or the errno.
int ReadTcpInfo(int fd, TcpInfo* info);

}  // namespace causeway

#endif  // CAUSEWAY_NATIVE_TCP_INFO_H_
