#include "tcp_info.h"

#include <errno.h>
#include <netinet/in.h>
#include <sys/socket.h>

// Not netinet/tcp.h, which defines the same structures.
#include <linux/tcp.h>

#include <cstddef>

namespace causeway {

int ReadTcpInfo(int fd, TcpInfo* info) {
  tcp_info raw{};
  socklen_t length = sizeof(raw);
  if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, &raw, &length) != 0) return errno;
  // Kernels write as much as they know: what is read here has been there since 2.6.
  if (length < offsetof(tcp_info, tcpi_total_retrans) + sizeof(raw.tcpi_total_retrans)) return ENOTSUP;
  info->rtt_us = raw.tcpi_rtt;
  info->rtt_variation_us = raw.tcpi_rttvar;
  info->retransmits = raw.tcpi_total_retrans;
  info->send_mss = raw.tcpi_snd_mss;
  info->path_mtu = raw.tcpi_pmtu;
  return 0;
}

}  // namespace causeway
