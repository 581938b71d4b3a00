// What JavaScript sees of the addon. Node-API only, so that one binary serves Node 20 to 24 and worker threads.
#define NAPI_VERSION 8
#include <node_api.h>

#include <memory>
#include <string>

#include "echo_socket.h"
#include "tcp_info.h"

namespace causeway {
namespace {

constexpr uint32_t kCapacityMin = 16;
constexpr uint32_t kCapacityMax = 65'536;
// Numbers of one event in the array that poll() fills, and bytes of its offender.
constexpr size_t kEventNumbers = 10;
constexpr size_t kOffenderBytes = 16;
// Events that are read into memory of our own at a time.
constexpr size_t kEventsMax = 4096;

struct Handle {
  std::unique_ptr<EchoSocket> socket;
  std::unique_ptr<EchoEvent[]> events;
};

napi_value Throw(napi_env env, const char* message) {
  napi_throw_error(env, nullptr, message);
  return nullptr;
}

bool ReadUint32(napi_env env, napi_value object, const char* name, uint32_t* value) {
  napi_value property;
  return napi_get_named_property(env, object, name, &property) == napi_ok &&
         napi_get_value_uint32(env, property, value) == napi_ok;
}

bool ReadBool(napi_env env, napi_value object, const char* name, bool* value) {
  napi_value property;
  return napi_get_named_property(env, object, name, &property) == napi_ok &&
         napi_get_value_bool(env, property, value) == napi_ok;
}

// The memory of a typed array of one type; its length is in elements.
bool ReadArray(napi_env env, napi_value value, napi_typedarray_type wanted, void** data,
               size_t* length) {
  bool is_array = false;
  napi_typedarray_type type;
  return napi_is_typedarray(env, value, &is_array) == napi_ok && is_array &&
         napi_get_typedarray_info(env, value, &type, length, data, nullptr, nullptr) == napi_ok &&
         type == wanted;
}

// The open handle that a method is called on; throws when there is none.
Handle* HandleOf(napi_env env, napi_callback_info info, size_t* count, napi_value* arguments) {
  napi_value self;
  void* data = nullptr;
  if (napi_get_cb_info(env, info, count, arguments, &self, nullptr) != napi_ok ||
      napi_unwrap(env, self, &data) != napi_ok) {
    Throw(env, "not an EchoSocket");
    return nullptr;
  }
  auto* handle = static_cast<Handle*>(data);
  if (handle->socket == nullptr) {
    Throw(env, "the socket is closed");
    return nullptr;
  }
  return handle;
}

// new EchoSocket({ipv6: boolean, capacity: number, rawOnly: boolean})
napi_value Construct(napi_env env, napi_callback_info info) {
  size_t count = 1;
  napi_value argument;
  napi_value self;
  napi_value target;
  if (napi_get_cb_info(env, info, &count, &argument, &self, nullptr) != napi_ok ||
      napi_get_new_target(env, info, &target) != napi_ok || target == nullptr || count < 1) {
    return Throw(env, "new EchoSocket(options) wants options");
  }
  bool is_ipv6 = false;
  EchoSocket::Options options{};
  if (!ReadBool(env, argument, "ipv6", &is_ipv6) ||
      !ReadBool(env, argument, "rawOnly", &options.raw_only) ||
      !ReadUint32(env, argument, "capacity", &options.capacity)) {
    return Throw(env, "options are {ipv6: boolean, rawOnly: boolean, capacity: number}");
  }
  const uint32_t capacity = options.capacity;
  if (capacity < kCapacityMin || capacity > kCapacityMax || (capacity & (capacity - 1)) != 0) {
    return Throw(env, "capacity is a power of two from 16 to 65536");
  }
  options.family = is_ipv6 ? Family::kIpv6 : Family::kIpv4;
  std::string error;
  auto socket = EchoSocket::Open(options, &error);
  if (socket == nullptr) return Throw(env, error.c_str());
  auto* handle = new Handle{std::move(socket), std::make_unique<EchoEvent[]>(kEventsMax)};
  const auto finalize = [](napi_env, void* data, void*) { delete static_cast<Handle*>(data); };
  if (napi_wrap(env, self, handle, finalize, nullptr, nullptr) != napi_ok) {
    delete handle;
    return Throw(env, "out of memory");
  }
  return self;
}

// send(records: Uint8Array, results: Int32Array): one record of 32 bytes and one result a request.
napi_value Send(napi_env env, napi_callback_info info) {
  size_t count = 2;
  napi_value arguments[2];
  Handle* handle = HandleOf(env, info, &count, arguments);
  if (handle == nullptr) return nullptr;
  void* records = nullptr;
  void* results = nullptr;
  size_t bytes = 0;
  size_t slots = 0;
  if (count < 2 || !ReadArray(env, arguments[0], napi_uint8_array, &records, &bytes) ||
      !ReadArray(env, arguments[1], napi_int32_array, &results, &slots) ||
      bytes % sizeof(EchoRequest) != 0 || bytes / sizeof(EchoRequest) > slots) {
    return Throw(env, "send(records, results) wants 32 bytes and one result a request");
  }
  if (reinterpret_cast<uintptr_t>(records) % alignof(EchoRequest) != 0) {
    return Throw(env, "records are not aligned to 4 bytes");
  }
  handle->socket->Send(static_cast<const EchoRequest*>(records), bytes / sizeof(EchoRequest),
                       static_cast<int32_t*>(results));
  return nullptr;
}

void WriteEvent(const EchoEvent& event, double* numbers, uint8_t* offender) {
  numbers[0] = static_cast<double>(event.kind);
  numbers[1] = event.token;
  numbers[2] = static_cast<double>(event.rtt_ns);
  numbers[3] = event.sent_by_kernel ? 1 : 0;
  numbers[4] = event.ttl;
  numbers[5] = event.type;
  numbers[6] = event.code;
  numbers[7] = event.info;
  numbers[8] = event.error_number;
  numbers[9] = event.has_offender ? 1 : 0;
  for (size_t at = 0; at < kOffenderBytes; at++) offender[at] = event.offender[at];
}

// poll(numbers: Float64Array, offenders: Uint8Array): how many events were written.
napi_value Poll(napi_env env, napi_callback_info info) {
  size_t count = 2;
  napi_value arguments[2];
  Handle* handle = HandleOf(env, info, &count, arguments);
  if (handle == nullptr) return nullptr;
  void* numbers = nullptr;
  void* offenders = nullptr;
  size_t length = 0;
  size_t bytes = 0;
  if (count < 2 || !ReadArray(env, arguments[0], napi_float64_array, &numbers, &length) ||
      !ReadArray(env, arguments[1], napi_uint8_array, &offenders, &bytes)) {
    return Throw(env, "poll(numbers, offenders) wants a Float64Array and a Uint8Array");
  }
  size_t max = length / kEventNumbers;
  if (max > bytes / kOffenderBytes) max = bytes / kOffenderBytes;
  if (max > kEventsMax) max = kEventsMax;
  const size_t got = handle->socket->Poll(handle->events.get(), max);
  for (size_t at = 0; at < got; at++) {
    WriteEvent(handle->events[at], static_cast<double*>(numbers) + at * kEventNumbers,
               static_cast<uint8_t*>(offenders) + at * kOffenderBytes);
  }
  napi_value result;
  return napi_create_uint32(env, static_cast<uint32_t>(got), &result) == napi_ok ? result : nullptr;
}

void SetNumber(napi_env env, napi_value object, const char* name, uint64_t value) {
  napi_value number;
  if (napi_create_double(env, static_cast<double>(value), &number) == napi_ok) {
    napi_set_named_property(env, object, name, number);
  }
}

napi_value Stats(napi_env env, napi_callback_info info) {
  size_t count = 0;
  Handle* handle = HandleOf(env, info, &count, nullptr);
  napi_value result;
  if (handle == nullptr || napi_create_object(env, &result) != napi_ok) return nullptr;
  const EchoStats& stats = handle->socket->stats();
  SetNumber(env, result, "sent", stats.sent);
  SetNumber(env, result, "received", stats.received);
  SetNumber(env, result, "sendErrors", stats.send_errors);
  SetNumber(env, result, "foreign", stats.foreign);
  SetNumber(env, result, "duplicates", stats.duplicates);
  SetNumber(env, result, "late", stats.late);
  SetNumber(env, result, "stamped", stats.stamped);
  SetNumber(env, result, "stampResets", stats.stamp_resets);
  SetNumber(env, result, "inFlight", handle->socket->in_flight());
  SetNumber(env, result, "raw", handle->socket->is_raw() ? 1 : 0);
  return result;
}

// close(): frees the descriptor at once; every later call throws.
napi_value Close(napi_env env, napi_callback_info info) {
  size_t count = 0;
  Handle* handle = HandleOf(env, info, &count, nullptr);
  if (handle != nullptr) handle->socket.reset();
  return nullptr;
}

// tcpInfo(fd): what the kernel knows of a connection; undefined where it is none.
napi_value GetTcpInfo(napi_env env, napi_callback_info info) {
  size_t count = 1;
  napi_value argument;
  int32_t fd = -1;
  if (napi_get_cb_info(env, info, &count, &argument, nullptr, nullptr) != napi_ok || count < 1 ||
      napi_get_value_int32(env, argument, &fd) != napi_ok) {
    return Throw(env, "tcpInfo(fd) wants a descriptor");
  }
  TcpInfo read{};
  napi_value result;
  if (ReadTcpInfo(fd, &read) != 0 || napi_create_object(env, &result) != napi_ok) return nullptr;
  SetNumber(env, result, "rttUs", read.rtt_us);
  SetNumber(env, result, "rttVariationUs", read.rtt_variation_us);
  SetNumber(env, result, "retransmits", read.retransmits);
  SetNumber(env, result, "sendMss", read.send_mss);
  SetNumber(env, result, "pathMtu", read.path_mtu);
  return result;
}

napi_property_descriptor Method(const char* name, napi_callback callback) {
  return {name, nullptr, callback, nullptr, nullptr, nullptr, napi_default_method, nullptr};
}

}  // namespace
}  // namespace causeway

NAPI_MODULE_INIT() {
  using namespace causeway;
  const napi_property_descriptor methods[] = {
      Method("send", Send), Method("poll", Poll), Method("stats", Stats), Method("close", Close)};
  napi_value echo_socket;
  napi_value tcp_info;
  if (napi_define_class(env, "EchoSocket", NAPI_AUTO_LENGTH, Construct, nullptr, 4, methods,
                        &echo_socket) != napi_ok ||
      napi_set_named_property(env, exports, "EchoSocket", echo_socket) != napi_ok ||
      napi_create_function(env, "tcpInfo", NAPI_AUTO_LENGTH, GetTcpInfo, nullptr, &tcp_info) !=
          napi_ok ||
      napi_set_named_property(env, exports, "tcpInfo", tcp_info) != napi_ok) {
    napi_throw_error(env, nullptr, "the addon can't be set up");
  }
  return exports;
}
