#include "echo_socket.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/icmp6.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

// After time.h, which it needs and does not include.
#include <linux/errqueue.h>
#include <linux/filter.h>
#include <linux/icmp.h>
#include <linux/net_tstamp.h>

#include <algorithm>
#include <cstring>

#ifndef ICMP_FILTER
#define ICMP_FILTER 1
#endif

namespace causeway {
namespace {

constexpr size_t kBatch = 64;
// Reads of one kind in one poll: a flood of foreign packets must not hold the thread.
constexpr size_t kReadsMax = 1024;
constexpr size_t kPacketBytes = 256;
constexpr size_t kControlBytes = 256;
constexpr size_t kMessageBytesMax = 65'507;
constexpr int kReceiveBufferBytes = 4 << 20;
// Requests to neighbours that do not answer wait in the kernel for seconds: they must leave room for those to others.
constexpr int kSendBufferBytes = 4 << 20;
// Errors of other requests that a send may meet in a row.
constexpr int kSendTriesMax = 16;
constexpr uint32_t kNone = UINT32_MAX;
// A bucket holds what is due within it; a request waits at most kBuckets * kBucketMs.
constexpr int64_t kBucketMs = 10;
constexpr uint32_t kBuckets = 8192;
constexpr int64_t kTimeoutMsMax = (kBuckets - 2) * kBucketMs;
// A stamp later than this after the send is taken for another request's.
constexpr int64_t kStampDelayNsMax = 1'000'000'000;
constexpr uint32_t kStamps = SOF_TIMESTAMPING_RX_SOFTWARE | SOF_TIMESTAMPING_TX_SOFTWARE |
                             SOF_TIMESTAMPING_SOFTWARE | SOF_TIMESTAMPING_OPT_TSONLY;

int64_t NowNs(clockid_t clock) {
  timespec now;
  clock_gettime(clock, &now);
  return int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec;
}

int64_t MonotonicMs() { return NowNs(CLOCK_MONOTONIC) / 1'000'000; }

bool SetInt(int fd, int level, int name, int value) {
  return setsockopt(fd, level, name, &value, sizeof(value)) == 0;
}

int FamilyNumber(Family family) { return family == Family::kIpv4 ? AF_INET : AF_INET6; }

size_t AddressBytes(Family family) { return family == Family::kIpv4 ? 4 : 16; }

// Errors of this socket alone, which no ICMP message gives.
bool IsFull(int number) { return number == EAGAIN || number == ENOBUFS; }

std::string Because(const char* what, int number) {
  return std::string(what) + ": " + strerror(number);
}

// Lets through echo replies with one id only. A raw IPv4 socket sees the IP header, a raw IPv6 one does not.
bool FilterReplies(int fd, Family family, uint16_t id) {
  sock_filter ipv4[] = {
      BPF_STMT(BPF_LDX | BPF_B | BPF_MSH, 0),
      BPF_STMT(BPF_LD | BPF_H | BPF_IND, 4),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, id, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, UINT32_MAX),
      BPF_STMT(BPF_RET | BPF_K, 0),
  };
  sock_filter ipv6[] = {
      BPF_STMT(BPF_LD | BPF_H | BPF_ABS, 4),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, id, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, UINT32_MAX),
      BPF_STMT(BPF_RET | BPF_K, 0),
  };
  const bool is_ipv4 = family == Family::kIpv4;
  sock_fprog program = is_ipv4 ? sock_fprog{5, ipv4} : sock_fprog{4, ipv6};
  if (setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program)) != 0) return false;
  if (is_ipv4) {
    icmp_filter filter{~(1u << ICMP_ECHOREPLY)};
    return setsockopt(fd, SOL_RAW, ICMP_FILTER, &filter, sizeof(filter)) == 0;
  }
  icmp6_filter filter;
  ICMP6_FILTER_SETBLOCKALL(&filter);
  ICMP6_FILTER_SETPASS(ICMP6_ECHO_REPLY, &filter);
  return setsockopt(fd, IPPROTO_ICMPV6, ICMP6_FILTER, &filter, sizeof(filter)) == 0;
}

}  // namespace

// Buffers of recvmmsg() and sendmmsg().
struct EchoSocket::Batch {
  mmsghdr messages[kBatch];
  iovec vectors[kBatch * 2];
  sockaddr_in6 addresses[kBatch];
  alignas(cmsghdr) uint8_t controls[kBatch][kControlBytes];
  uint8_t packets[kBatch][kPacketBytes];
  uint8_t headers[kBatch][kEchoHeaderBytes];
  uint16_t sequences[kBatch];

  void PrepareToReceive() {
    for (size_t at = 0; at < kBatch; at++) {
      vectors[at] = {packets[at], kPacketBytes};
      msghdr& message = messages[at].msg_hdr;
      message = {};
      message.msg_name = &addresses[at];
      message.msg_namelen = sizeof(addresses[at]);
      message.msg_iov = &vectors[at];
      message.msg_iovlen = 1;
      message.msg_control = controls[at];
      message.msg_controllen = kControlBytes;
    }
  }
};

std::unique_ptr<EchoSocket> EchoSocket::Open(const Options& options, std::string* error) {
  const int family = FamilyNumber(options.family);
  const int protocol = options.family == Family::kIpv4 ? int{IPPROTO_ICMP} : int{IPPROTO_ICMPV6};
  int datagram_error = 0;
  int fd = -1;
  bool is_raw = options.raw_only;
  if (!options.raw_only) {
    fd = socket(family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, protocol);
    datagram_error = errno;
  }
  if (fd < 0) {
    fd = socket(family, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, protocol);
    is_raw = true;
  }
  if (fd < 0) {
    *error = Because("raw sockets need CAP_NET_RAW", errno);
    if (!options.raw_only) {
      *error += "; " + Because("datagram sockets need net.ipv4.ping_group_range", datagram_error);
    }
    return nullptr;
  }
  std::unique_ptr<EchoSocket> result(new EchoSocket(fd, is_raw, options));
  if (!result->Configure(error)) return nullptr;
  return result;
}

EchoSocket::EchoSocket(int fd, bool is_raw, const Options& options)
    : fd_(fd),
      is_raw_(is_raw),
      family_(options.family),
      capacity_(options.capacity),
      wheel_ms_(MonotonicMs() / kBucketMs),
      slots_(options.capacity),
      keyed_(options.capacity),
      wheel_(kBuckets, kNone),
      batch_(new Batch) {}

EchoSocket::~EchoSocket() { close(fd_); }

bool EchoSocket::Configure(std::string* error) {
  uint16_t random[2];
  if (getrandom(random, sizeof(random), 0) != sizeof(random)) {
    *error = Because("no random numbers", errno);
    return false;
  }
  id_ = random[0];
  // Not 0: a process that starts anew must not take replies to the one before it for its own.
  next_sequence_ = random[1];
  const bool is_ipv4 = family_ == Family::kIpv4;
  if (is_raw_) {
    if (!FilterReplies(fd_, family_, id_)) {
      *error = Because("no filter of ICMP", errno);
      return false;
    }
  } else {
    // The kernel takes an id when the socket is bound.
    sockaddr_in6 address{};
    address.sin6_family = static_cast<sa_family_t>(FamilyNumber(family_));
    socklen_t length = is_ipv4 ? sizeof(sockaddr_in) : sizeof(sockaddr_in6);
    auto* generic = reinterpret_cast<sockaddr*>(&address);
    if (bind(fd_, generic, length) != 0 || getsockname(fd_, generic, &length) != 0) {
      *error = Because("no ICMP id", errno);
      return false;
    }
    // At the same place in both families.
    id_ = ntohs(address.sin6_port);
  }
  const bool is_set = is_ipv4 ? SetInt(fd_, IPPROTO_IP, IP_RECVERR, 1) &&
                                    SetInt(fd_, IPPROTO_IP, IP_RECVTTL, 1)
                              : SetInt(fd_, IPPROTO_IPV6, IPV6_RECVERR, 1) &&
                                    SetInt(fd_, IPPROTO_IPV6, IPV6_RECVHOPLIMIT, 1);
  if (!is_set) {
    *error = Because("no error queue", errno);
    return false;
  }
  // As much as the system allows: what is not there only matters in floods. Beyond its limit with CAP_NET_ADMIN.
  if (!SetInt(fd_, SOL_SOCKET, SO_RCVBUFFORCE, kReceiveBufferBytes)) {
    SetInt(fd_, SOL_SOCKET, SO_RCVBUF, kReceiveBufferBytes);
  }
  if (!SetInt(fd_, SOL_SOCKET, SO_SNDBUFFORCE, kSendBufferBytes)) {
    SetInt(fd_, SOL_SOCKET, SO_SNDBUF, kSendBufferBytes);
  }
  fragments_ = true;
  SetFragmenting(false);
  if (!StampsOn()) {
    *error = Because("no kernel timestamps", errno);
    return false;
  }
  return true;
}

bool EchoSocket::StampsOn() {
  // The option starts to count at 0 when it is set anew.
  keys_ = 0;
  return SetInt(fd_, SOL_SOCKET, SO_TIMESTAMPING, static_cast<int>(kStamps)) &&
         SetInt(fd_, SOL_SOCKET, SO_TIMESTAMPING,
                static_cast<int>(kStamps | SOF_TIMESTAMPING_OPT_ID));
}

// A request that could not be sent may have taken a key or not: kernels differ.
void EchoSocket::ResetStamps() {
  stats_.stamp_resets++;
  StampsOn();
}

void EchoSocket::SetFragmenting(bool may_fragment) {
  if (fragments_ == may_fragment) return;
  fragments_ = may_fragment;
  if (family_ == Family::kIpv4) {
    SetInt(fd_, IPPROTO_IP, IP_MTU_DISCOVER, may_fragment ? IP_PMTUDISC_DONT : IP_PMTUDISC_PROBE);
  } else {
    SetInt(fd_, IPPROTO_IPV6, IPV6_MTU_DISCOVER,
           may_fragment ? IPV6_PMTUDISC_DONT : IPV6_PMTUDISC_PROBE);
    SetInt(fd_, IPPROTO_IPV6, IPV6_DONTFRAG, may_fragment ? 0 : 1);
  }
}

EchoSocket::Slot* EchoSocket::SlotOf(uint16_t sequence) {
  Slot& slot = slots_[sequence & (capacity_ - 1)];
  return slot.sequence == sequence && slot.state != State::kFree ? &slot : nullptr;
}

void EchoSocket::Send(const EchoRequest* requests, size_t count, int32_t* results) {
  size_t at = 0;
  while (at < count) {
    // Requests that may be fragmented are sent apart from those that may not.
    size_t end = at + 1;
    while (end < count && end - at < kBatch && (requests[end].may_fragment == 1) == (requests[at].may_fragment == 1)) end++;
    SetFragmenting(requests[at].may_fragment == 1);
    at += SendSome(requests + at, end - at, results + at);
  }
}

// Sends up to kBatch requests, alike in whether they may be fragmented; how many have a result now.
size_t EchoSocket::SendSome(const EchoRequest* requests, size_t count, int32_t* results) {
  size_t ready = 0;
  uint16_t next = next_sequence_;
  while (ready < count && FaultOf(requests[ready], ready) == 0) {
    const uint16_t sequence = FreeSequence(next);
    batch_->sequences[ready++] = sequence;
    next = static_cast<uint16_t>(sequence + 1);
  }
  if (ready == 0) {
    results[0] = FaultOf(requests[0], 0);
    stats_.send_errors++;
    return 1;
  }
  for (size_t at = 0; at < ready; at++) Compose(requests[at], at);
  const int64_t sent_ns = NowNs(CLOCK_REALTIME);
  int sent = sendmmsg(fd_, batch_->messages, static_cast<unsigned>(ready), MSG_DONTWAIT);
  int number = errno;
  // A socket hands out the pending ICMP error of another request first, and the next one may be there before the send is
  // tried again: an error is this request's own when it stays.
  for (int tries = 1; sent <= 0 && !IsFull(number) && tries < kSendTriesMax; tries++) {
    ResetStamps();
    sent = sendmmsg(fd_, batch_->messages, static_cast<unsigned>(ready), MSG_DONTWAIT);
    number = errno;
  }
  const size_t done = sent > 0 ? static_cast<size_t>(sent) : 0;
  const int64_t now_ms = MonotonicMs();
  for (size_t at = 0; at < done; at++) {
    Start(requests[at], batch_->sequences[at], sent_ns, now_ms);
    results[at] = 0;
  }
  stats_.sent += done;
  if (done == ready) return done;
  if (done > 0) {
    // The rest is tried again with the next call, which tells why it fails.
    ResetStamps();
    return done;
  }
  ResetStamps();
  stats_.send_errors++;
  results[0] = number;
  return 1;
}

// Why a request can't be sent, as an errno; 0 when it can. `ahead` requests are sent before it.
int EchoSocket::FaultOf(const EchoRequest& request, size_t ahead) const {
  if (request.bytes < kEchoHeaderBytes || request.bytes > kMessageBytesMax) return EMSGSIZE;
  if (request.timeout_ms == 0 || request.timeout_ms > kTimeoutMsMax) return EINVAL;
  return in_flight_ + ahead < capacity_ ? 0 : EAGAIN;
}

// The first from `sequence` on whose slot is free: one that waits long keeps its own, and holds nobody up. There is one, as
// fewer than capacity_ are in flight.
uint16_t EchoSocket::FreeSequence(uint16_t sequence) const {
  while (true) {
    const State state = slots_[sequence & (capacity_ - 1)].state;
    if (state != State::kInFlight && state != State::kAnswered) return sequence;
    sequence++;
  }
}

// Writes message `at` of the batch, the header in one part and zeros in another.
void EchoSocket::Compose(const EchoRequest& request, size_t at) {
  const bool is_ipv4 = family_ == Family::kIpv4;
  sockaddr_in6& address = batch_->addresses[at];
  address = {};
  address.sin6_family = static_cast<sa_family_t>(FamilyNumber(family_));
  if (is_ipv4) {
    std::memcpy(&reinterpret_cast<sockaddr_in*>(&address)->sin_addr, request.address, 4);
  } else {
    std::memcpy(&address.sin6_addr, request.address, 16);
    address.sin6_scope_id = request.scope;
  }
  // Zeros add nothing to a checksum: that of the header is that of the message.
  const Echo echo{id_, batch_->sequences[at]};
  WriteEchoRequest(family_, echo, batch_->headers[at], kEchoHeaderBytes);
  const size_t rest = request.bytes - kEchoHeaderBytes;
  if (payload_.size() < rest) payload_.resize(kMessageBytesMax);
  iovec* vectors = batch_->vectors + at * 2;
  vectors[0] = {batch_->headers[at], kEchoHeaderBytes};
  vectors[1] = {payload_.data(), rest};
  msghdr& message = batch_->messages[at].msg_hdr;
  message = {};
  message.msg_name = &address;
  message.msg_namelen = is_ipv4 ? sizeof(sockaddr_in) : sizeof(sockaddr_in6);
  message.msg_iov = vectors;
  message.msg_iovlen = rest == 0 ? 1 : 2;
  if (request.ttl == 0) return;
  cmsghdr header{};
  header.cmsg_len = CMSG_LEN(sizeof(int));
  header.cmsg_level = is_ipv4 ? int{IPPROTO_IP} : int{IPPROTO_IPV6};
  header.cmsg_type = is_ipv4 ? IP_TTL : IPV6_HOPLIMIT;
  const int ttl = request.ttl;
  std::memcpy(batch_->controls[at], &header, sizeof(header));
  std::memcpy(batch_->controls[at] + CMSG_LEN(0), &ttl, sizeof(ttl));
  message.msg_control = batch_->controls[at];
  message.msg_controllen = CMSG_SPACE(sizeof(int));
}

void EchoSocket::Start(const EchoRequest& request, uint16_t sequence, int64_t sent_ns,
                       int64_t now_ms) {
  next_sequence_ = static_cast<uint16_t>(sequence + 1);
  keyed_[keys_++ & (capacity_ - 1)] = sequence;
  const uint32_t index = sequence & (capacity_ - 1);
  Slot& slot = slots_[index];
  slot = {};
  std::memcpy(slot.address, request.address, sizeof(slot.address));
  slot.sent_ns = sent_ns;
  slot.deadline_ms = now_ms + request.timeout_ms;
  slot.token = request.token;
  slot.timeout_ms = request.timeout_ms;
  slot.sequence = sequence;
  slot.ttl = -1;
  slot.state = State::kInFlight;
  in_flight_++;
  Link(index);
}

size_t EchoSocket::Poll(EchoEvent* events, size_t max) {
  size_t count = 0;
  answered_.clear();
  ReadReplies(events, max, &count);
  ReadErrors(events, max - answered_.size(), &count);
  FinishAnswered(events, &count);
  GiveUp(events, max, &count);
  return count;
}

void EchoSocket::ReadReplies(EchoEvent* events, size_t max, size_t* count) {
  for (size_t reads = 0; reads < kReadsMax; reads++) {
    if (*count + answered_.size() + kBatch > max) return;
    batch_->PrepareToReceive();
    const int got = recvmmsg(fd_, batch_->messages, kBatch, MSG_DONTWAIT, nullptr);
    if (got < 0) {
      // A pending ICMP error comes once, and is in the error queue too.
      if (errno == EAGAIN || errno == EWOULDBLOCK) return;
      continue;
    }
    for (int at = 0; at < got; at++) {
      const mmsghdr& message = batch_->messages[at];
      const uint8_t* data = batch_->packets[at];
      size_t length = std::min<size_t>(message.msg_len, kPacketBytes);
      if (is_raw_ && family_ == Family::kIpv4) {
        const size_t header = Ipv4HeaderBytes(data, length);
        data += header;
        length = header == 0 ? 0 : length - header;
      }
      const Control control = ReadControl(batch_->controls[at], message.msg_hdr.msg_controllen);
      OnReply(data, length, AddressOf(batch_->addresses[at]), control, events, count);
    }
    if (static_cast<size_t>(got) < kBatch) return;
  }
}

const uint8_t* EchoSocket::AddressOf(const sockaddr_in6& address) const {
  if (family_ == Family::kIpv6) return address.sin6_addr.s6_addr;
  return reinterpret_cast<const uint8_t*>(&reinterpret_cast<const sockaddr_in*>(&address)->sin_addr);
}

void EchoSocket::OnReply(const uint8_t* data, size_t length, const uint8_t* source,
                         const Control& control, EchoEvent* events, size_t* count) {
  Echo echo;
  stats_.received++;
  Slot* slot = nullptr;
  if (ReadEchoReply(family_, data, length, &echo) && echo.id == id_) slot = SlotOf(echo.sequence);
  if (slot == nullptr || std::memcmp(slot->address, source, AddressBytes(family_)) != 0) {
    stats_.foreign++;
    return;
  }
  if (slot->state == State::kInFlight) {
    slot->state = State::kAnswered;
    slot->received_ns = control.has_stamp ? control.stamp_ns : NowNs(CLOCK_REALTIME);
    slot->ttl = static_cast<int16_t>(control.has_ttl ? control.ttl : -1);
    const uint32_t index = echo.sequence & (capacity_ - 1);
    Unlink(index);
    answered_.push_back(index);
    return;
  }
  const bool is_late = slot->state == State::kGivenUp;
  (is_late ? stats_.late : stats_.duplicates)++;
  if (is_late) slot->state = State::kDone;
  EchoEvent& event = events[(*count)++];
  event = {};
  event.kind = is_late ? EchoEventKind::kLate : EchoEventKind::kDuplicate;
  event.token = slot->token;
  event.rtt_ns = control.has_stamp ? control.stamp_ns - slot->sent_ns : -1;
  event.sent_by_kernel = slot->sent_by_kernel;
  event.ttl = control.has_ttl ? control.ttl : -1;
}

// Stamps of what was sent, and ICMP errors. Leaves room for `max` events in all.
void EchoSocket::ReadErrors(EchoEvent* events, size_t max, size_t* count) {
  for (size_t reads = 0; reads < kReadsMax; reads++) {
    if (*count + kBatch > max) return;
    batch_->PrepareToReceive();
    const int got = recvmmsg(fd_, batch_->messages, kBatch, MSG_DONTWAIT | MSG_ERRQUEUE, nullptr);
    if (got <= 0) return;
    for (int at = 0; at < got; at++) {
      const mmsghdr& message = batch_->messages[at];
      const Control control = ReadControl(batch_->controls[at], message.msg_hdr.msg_controllen);
      if (!control.has_error) continue;
      if (control.origin == SO_EE_ORIGIN_TIMESTAMPING) {
        if (control.has_stamp) OnSent(control.data, control.stamp_ns);
        continue;
      }
      const size_t length = std::min<size_t>(message.msg_len, kPacketBytes);
      OnError(batch_->packets[at], length, AddressOf(batch_->addresses[at]), control, events, count);
    }
    if (static_cast<size_t>(got) < kBatch) return;
  }
}

void EchoSocket::OnSent(uint32_t key, int64_t stamp_ns) {
  // Of before the count began anew, or of so long ago that its place has been taken.
  if (keys_ - key - 1 >= capacity_) return;
  Slot* slot = SlotOf(keyed_[key & (capacity_ - 1)]);
  if (slot == nullptr || slot->sent_by_kernel) return;
  // A stamp of before the count began anew is of another request: it left at another time.
  const int64_t delay_ns = stamp_ns - slot->sent_ns;
  if (delay_ns < 0 || delay_ns > kStampDelayNsMax) return;
  slot->sent_ns = stamp_ns;
  slot->sent_by_kernel = true;
}

void EchoSocket::OnError(const uint8_t* data, size_t length, const uint8_t* destination,
                         const Control& control, EchoEvent* events, size_t* count) {
  Echo echo;
  const bool is_icmp =
      control.origin == SO_EE_ORIGIN_ICMP || control.origin == SO_EE_ORIGIN_ICMP6;
  if (!is_icmp || !ReadEchoRequest(family_, data, length, &echo)) return;
  Slot* slot = is_raw_ && echo.id != id_ ? nullptr : SlotOf(echo.sequence);
  const bool is_ours = slot != nullptr && slot->state == State::kInFlight &&
                       std::memcmp(slot->address, destination, AddressBytes(family_)) == 0;
  if (!is_ours) {
    stats_.foreign++;
    return;
  }
  slot->state = State::kDone;
  in_flight_--;
  Unlink(echo.sequence & (capacity_ - 1));
  EchoEvent& event = events[(*count)++];
  event = {};
  event.kind = EchoEventKind::kError;
  event.token = slot->token;
  event.rtt_ns = control.has_stamp ? RoundTrip(*slot, control.stamp_ns) : -1;
  event.sent_by_kernel = slot->sent_by_kernel;
  event.ttl = -1;
  event.origin = control.origin;
  event.type = control.type;
  event.code = control.code;
  event.info = control.info;
  event.error_number = control.error_number;
  event.has_offender = control.has_offender;
  std::memcpy(event.offender, control.offender, sizeof(event.offender));
}

// The stamp of a request may be read after its reply: replies are told when the error queue is empty.
void EchoSocket::FinishAnswered(EchoEvent* events, size_t* count) {
  for (const uint32_t index : answered_) {
    Slot& slot = slots_[index];
    slot.state = State::kDone;
    in_flight_--;
    if (slot.sent_by_kernel) stats_.stamped++;
    EchoEvent& event = events[(*count)++];
    event = {};
    event.kind = EchoEventKind::kReply;
    event.token = slot.token;
    event.rtt_ns = RoundTrip(slot, slot.received_ns);
    event.sent_by_kernel = slot.sent_by_kernel;
    event.ttl = slot.ttl;
  }
}

// Both stamps are of the wall clock: where that was set in between, they say nothing.
int64_t EchoSocket::RoundTrip(const Slot& slot, int64_t received_ns) const {
  const int64_t elapsed_ns = received_ns - slot.sent_ns;
  const bool is_possible = elapsed_ns >= 0 && elapsed_ns <= int64_t{slot.timeout_ms} * 1'000'000;
  return is_possible ? elapsed_ns : -1;
}

// After everything that waits was read, so that a thread that was held takes no reply for lost.
void EchoSocket::GiveUp(EchoEvent* events, size_t max, size_t* count) {
  const int64_t now_ms = MonotonicMs();
  const int64_t last = now_ms / kBucketMs;
  // A thread that was held for longer than a turn of the wheel visits each bucket once.
  int64_t bucket = std::max(wheel_ms_, last - int64_t{kBuckets} + 1);
  for (; bucket <= last; bucket++) {
    uint32_t index = wheel_[static_cast<size_t>(bucket) % kBuckets];
    while (index != kNone) {
      Slot& slot = slots_[index];
      const uint32_t next = slot.next;
      if (slot.deadline_ms <= now_ms) {
        if (*count >= max) {
          wheel_ms_ = bucket;
          return;
        }
        Unlink(index);
        slot.state = State::kGivenUp;
        in_flight_--;
        EchoEvent& event = events[(*count)++];
        event = {};
        event.kind = EchoEventKind::kTimeout;
        event.token = slot.token;
        event.rtt_ns = -1;
        event.sent_by_kernel = slot.sent_by_kernel;
        event.ttl = -1;
      }
      index = next;
    }
  }
  wheel_ms_ = last;
}

void EchoSocket::Link(uint32_t index) {
  Slot& slot = slots_[index];
  uint32_t& first = wheel_[static_cast<size_t>(slot.deadline_ms / kBucketMs) % kBuckets];
  slot.previous = kNone;
  slot.next = first;
  if (first != kNone) slots_[first].previous = index;
  first = index;
}

void EchoSocket::Unlink(uint32_t index) {
  Slot& slot = slots_[index];
  if (slot.next != kNone) slots_[slot.next].previous = slot.previous;
  if (slot.previous != kNone) {
    slots_[slot.previous].next = slot.next;
  } else {
    wheel_[static_cast<size_t>(slot.deadline_ms / kBucketMs) % kBuckets] = slot.next;
  }
  slot.next = kNone;
  slot.previous = kNone;
}

}  // namespace causeway
