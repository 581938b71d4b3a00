// ICMP and ICMPv6 echo on one socket, stamped by the kernel. Not thread-safe: one socket belongs to one JavaScript thread.
#ifndef CAUSEWAY_NATIVE_ECHO_SOCKET_H_
#define CAUSEWAY_NATIVE_ECHO_SOCKET_H_

#include <netinet/in.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "wire.h"

namespace causeway {

// One echo request to send.
struct EchoRequest {
  uint8_t address[16];
  // Given back with every event about it.
  uint32_t token;
  uint32_t timeout_ms;
  // Of the interface, for link-local IPv6.
  uint32_t scope;
  // Bytes of the ICMP message, header included.
  uint16_t bytes;
  // 0 for the system's default.
  uint8_t ttl;
  // 1: may be fragmented on the way. Otherwise DF is set, whatever the cached path MTU says.
  uint8_t may_fragment;
};
static_assert(sizeof(EchoRequest) == 32, "JavaScript writes these records");

enum class EchoEventKind : uint8_t {
  kReply = 1,
  // An ICMP error about the request, or one of this host; the request is over.
  kError = 2,
  kTimeout = 3,
  // A reply to a request that has had one.
  kDuplicate = 4,
  // A reply to a request that was given up.
  kLate = 5,
};

struct EchoEvent {
  EchoEventKind kind;
  uint32_t token;
  // -1 where it is not known, or where the clock was set in between.
  int64_t rtt_ns;
  // Whether the kernel stamped the request as it left; else the clock was read just before it was sent.
  bool sent_by_kernel;
  // Hop limit that the packet came with; -1 where unknown.
  int ttl;
  // Of an error: who says so, and what. `origin` is SO_EE_ORIGIN_*, `info` the next-hop MTU of "too big".
  uint8_t origin;
  uint8_t type;
  uint8_t code;
  uint32_t info;
  uint32_t error_number;
  bool has_offender;
  uint8_t offender[16];
};

struct EchoStats {
  uint64_t sent = 0;
  uint64_t received = 0;
  uint64_t send_errors = 0;
  // Replies with another id, from another address, or to nothing that was asked.
  uint64_t foreign = 0;
  uint64_t duplicates = 0;
  uint64_t late = 0;
  // Replies whose request has a kernel stamp.
  uint64_t stamped = 0;
  uint64_t stamp_resets = 0;
};

class EchoSocket {
 public:
  struct Options {
    Family family;
    // Requests in flight at most: a power of two, 16 to 65536.
    uint32_t capacity;
    // Tries a raw socket only.
    bool raw_only;
  };

  // Opens a datagram socket, else a raw one; null with the reason in `error`.
  static std::unique_ptr<EchoSocket> Open(const Options& options, std::string* error);
  ~EchoSocket();
  EchoSocket(const EchoSocket&) = delete;
  EchoSocket& operator=(const EchoSocket&) = delete;

  // Sends requests; results[i] is 0, or the errno of one that was not sent (EAGAIN: capacity requests are in flight).
  void Send(const EchoRequest* requests, size_t count, int32_t* results);

  // Reads all that waits, then gives up what is due. At most `max` events; the rest waits for the next call.
  size_t Poll(EchoEvent* events, size_t max);

  bool is_raw() const { return is_raw_; }
  uint32_t in_flight() const { return in_flight_; }
  const EchoStats& stats() const { return stats_; }

 private:
  enum class State : uint8_t { kFree, kInFlight, kAnswered, kDone, kGivenUp };
  struct Slot {
    uint8_t address[16];
    int64_t sent_ns;
    int64_t received_ns;
    int64_t deadline_ms;
    uint32_t token;
    uint32_t timeout_ms;
    // Neighbours in the wheel's bucket.
    uint32_t next;
    uint32_t previous;
    uint16_t sequence;
    int16_t ttl;
    State state;
    bool sent_by_kernel;
  };
  struct Batch;

  EchoSocket(int fd, bool is_raw, const Options& options);
  bool Configure(std::string* error);
  bool StampsOn();
  void ResetStamps();
  void SetFragmenting(bool may_fragment);
  size_t SendSome(const EchoRequest* requests, size_t count, int32_t* results);
  int FaultOf(const EchoRequest& request, size_t ahead) const;
  void Compose(const EchoRequest& request, size_t at);
  uint16_t FreeSequence(uint16_t sequence) const;
  void Start(const EchoRequest& request, uint16_t sequence, int64_t sent_ns, int64_t now_ms);
  const uint8_t* AddressOf(const sockaddr_in6& address) const;
  Slot* SlotOf(uint16_t sequence);
  void ReadReplies(EchoEvent* events, size_t max, size_t* count);
  void ReadErrors(EchoEvent* events, size_t max, size_t* count);
  void OnReply(const uint8_t* data, size_t length, const uint8_t* source, const Control& control,
               EchoEvent* events, size_t* count);
  void OnSent(uint32_t key, int64_t stamp_ns);
  void OnError(const uint8_t* data, size_t length, const uint8_t* destination,
               const Control& control, EchoEvent* events, size_t* count);
  void FinishAnswered(EchoEvent* events, size_t* count);
  void GiveUp(EchoEvent* events, size_t max, size_t* count);
  void Link(uint32_t index);
  void Unlink(uint32_t index);
  int64_t RoundTrip(const Slot& slot, int64_t received_ns) const;

  const int fd_;
  const bool is_raw_;
  const Family family_;
  const uint32_t capacity_;
  uint16_t id_ = 0;
  uint16_t next_sequence_ = 0;
  // Requests sent since the kernel counts: the key of the next one's stamp.
  uint32_t keys_ = 0;
  bool fragments_ = false;
  uint32_t in_flight_ = 0;
  int64_t wheel_ms_ = 0;
  EchoStats stats_;
  std::vector<Slot> slots_;
  // Sequence numbers of the last requests, by the key of their stamp.
  std::vector<uint16_t> keyed_;
  std::vector<uint32_t> wheel_;
  std::vector<uint32_t> answered_;
  std::vector<uint8_t> payload_;
  std::unique_ptr<Batch> batch_;
};

}  // namespace causeway

#endif  // CAUSEWAY_NATIVE_ECHO_SOCKET_H_
