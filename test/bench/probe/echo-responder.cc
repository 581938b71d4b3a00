// Answers ICMP echo half a millisecond after it came, for every address that is local: on a bare veth a reply would be in
// the socket before sendto() returns, and hide what a sender does wrong. The kernel's own answers have to be off.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/ip.h>
#include <netinet/ip_icmp.h>
#include <poll.h>
#include <sys/socket.h>
#include <time.h>

#include <cstdint>
#include <cstdio>
#include <cstring>
#include <deque>
#include <vector>

namespace {

constexpr int64_t kDelayNs = 500'000;
constexpr size_t kQueueMax = 100'000;

struct Waiting {
  int64_t due_ns;
  sockaddr_in to;
  in_addr from;
  std::vector<uint8_t> message;
};

int64_t NowNs() {
  timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec;
}

void Receive(int fd, std::deque<Waiting>* queue) {
  uint8_t packet[2048];
  for (;;) {
    sockaddr_in from{};
    socklen_t length = sizeof(from);
    const ssize_t got = recvfrom(fd, packet, sizeof(packet), MSG_DONTWAIT,
                                 reinterpret_cast<sockaddr*>(&from), &length);
    if (got < 0) return;
    iphdr header;
    if (static_cast<size_t>(got) < sizeof(header) + 8) continue;
    std::memcpy(&header, packet, sizeof(header));
    const size_t start = header.ihl * 4u;
    if (packet[start] != ICMP_ECHO || queue->size() >= kQueueMax) continue;
    std::vector<uint8_t> message(packet + start, packet + got);
    // Type 8 becomes 0: the checksum grows by 0x0800, with the carry brought round.
    message[0] = ICMP_ECHOREPLY;
    uint32_t sum = (uint32_t{message[2]} << 8 | message[3]) + 0x0800;
    sum = (sum & 0xffff) + (sum >> 16);
    message[2] = static_cast<uint8_t>(sum >> 8);
    message[3] = static_cast<uint8_t>(sum);
    in_addr own{header.daddr};
    queue->push_back({NowNs() + kDelayNs, from, own, std::move(message)});
  }
}

void Reply(int fd, Waiting& waiting) {
  iovec vector{waiting.message.data(), waiting.message.size()};
  alignas(cmsghdr) uint8_t control[CMSG_SPACE(sizeof(in_pktinfo))] = {};
  msghdr message{};
  message.msg_name = &waiting.to;
  message.msg_namelen = sizeof(waiting.to);
  message.msg_iov = &vector;
  message.msg_iovlen = 1;
  message.msg_control = control;
  message.msg_controllen = sizeof(control);
  cmsghdr* header = CMSG_FIRSTHDR(&message);
  header->cmsg_level = IPPROTO_IP;
  header->cmsg_type = IP_PKTINFO;
  header->cmsg_len = CMSG_LEN(sizeof(in_pktinfo));
  in_pktinfo info{};
  info.ipi_spec_dst = waiting.from;
  std::memcpy(CMSG_DATA(header), &info, sizeof(info));
  sendmsg(fd, &message, 0);
}

}  // namespace

int main() {
  const int fd = socket(AF_INET, SOCK_RAW, IPPROTO_ICMP);
  if (fd < 0) {
    std::perror("raw socket");
    return 1;
  }
  int size = 16 << 20;
  setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size));
  std::puts("ready");
  std::fflush(stdout);
  std::deque<Waiting> queue;
  for (;;) {
    timespec wait{1, 0};
    if (!queue.empty()) {
      const int64_t left = queue.front().due_ns - NowNs();
      wait = {0, left > 0 ? left : 0};
    }
    pollfd waiting{fd, POLLIN, 0};
    ppoll(&waiting, 1, &wait, nullptr);
    Receive(fd, &queue);
    const int64_t now = NowNs();
    while (!queue.empty() && queue.front().due_ns <= now) {
      Reply(fd, queue.front());
      queue.pop_front();
    }
  }
}
