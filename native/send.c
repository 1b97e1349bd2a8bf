/* Frames out of an interface as they are, headers and all: what puts captures onto a wire. */
#define _GNU_SOURCE
#include "addon.h"

#include <errno.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

/* Frames that one call hands to the kernel. */
#define BATCH 64

/* openSender(interface): a descriptor for sendFrames; it receives nothing, and is closed as any other. */
static napi_value open_sender(napi_env env, napi_callback_info info) {
  napi_value arguments[MOST_ARGUMENTS], result;
  struct ifreq request;
  size_t length;
  memset(&request, 0, sizeof request);
  if (!read_arguments(env, info, 1, NULL, arguments)) return NULL;
  char name[IFNAMSIZ + 1];
  if (napi_get_value_string_utf8(env, arguments[0], name, sizeof name, &length) != napi_ok || length == 0 ||
      length >= IFNAMSIZ || strlen(name) != length) {
    return refuse_argument(env, "interface is not the name of an interface");
  }
  memcpy(request.ifr_name, name, length);
  int file = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
  if (file < 0) return report_failure(env, "socket", errno);
  const char *failed = ioctl(file, SIOCGIFINDEX, &request) == 0 ? NULL : "interface";
  if (failed == NULL) {
    struct sockaddr_ll address = {.sll_family = AF_PACKET, .sll_ifindex = request.ifr_ifindex};
    int bypass = 1;
    /* Straight to the device: no queue holds frames back or drops them. */
    if (bind(file, (struct sockaddr *)&address, sizeof address) != 0) failed = "bind";
    else if (setsockopt(file, SOL_PACKET, PACKET_QDISC_BYPASS, &bypass, sizeof bypass) != 0) {
      failed = "PACKET_QDISC_BYPASS";
    }
  }
  if (failed != NULL) {
    int number = errno;
    close(file);
    return report_failure(env, failed, number);
  }
  return napi_create_int32(env, file, &result) == napi_ok ? result : NULL;
}

/*
 * sendFrames(fd, bytes, offsets, lengths, from, to): sends frames `from` to `to` (without the latter), each at its
 * offset in `bytes`. Returns how many went; throws when the first of them could not be sent.
 */
static napi_value send_frames(napi_env env, napi_callback_info info) {
  napi_value arguments[MOST_ARGUMENTS], result;
  int64_t file, from, to;
  Elements bytes, offsets, lengths;
  if (!read_arguments(env, info, 6, NULL, arguments)) return NULL;
  if (!read_number(env, arguments[0], 0, INT32_MAX, &file)) return refuse_argument(env, "fd is not a descriptor");
  if (!read_elements(env, arguments[1], napi_uint8_array, &bytes)) {
    return refuse_argument(env, "bytes is not a Uint8Array");
  }
  if (!read_elements(env, arguments[2], napi_uint32_array, &offsets) ||
      !read_elements(env, arguments[3], napi_uint32_array, &lengths)) {
    return refuse_argument(env, "offsets and lengths are not Uint32Arrays");
  }
  size_t most = offsets.length < lengths.length ? offsets.length : lengths.length;
  if (!read_number(env, arguments[5], 0, (int64_t)most, &to) || !read_number(env, arguments[4], 0, to, &from)) {
    return refuse_argument(env, "there are no such frames");
  }
  struct mmsghdr messages[BATCH];
  struct iovec parts[BATCH];
  memset(messages, 0, sizeof messages);
  int64_t at = from;
  while (at < to) {
    unsigned count = 0;
    for (; count < BATCH && at + count < to; count++) {
      size_t offset = ((const uint32_t *)offsets.data)[at + count], length = ((const uint32_t *)lengths.data)[at + count];
      if (offset + length > bytes.length) return refuse_argument(env, "a frame does not lie in bytes");
      parts[count] = (struct iovec){.iov_base = (uint8_t *)bytes.data + offset, .iov_len = length};
      messages[count].msg_hdr.msg_iov = &parts[count];
      messages[count].msg_hdr.msg_iovlen = 1;
    }
    int sent = sendmmsg((int)file, messages, count, 0);
    if (sent < 0 && errno == EINTR) continue;
    if (sent <= 0 && at == from) return report_failure(env, "sendmmsg", errno);
    if (sent <= 0) break;
    at += sent;
  }
  return napi_create_int64(env, at - from, &result) == napi_ok ? result : NULL;
}

bool add_send(napi_env env, napi_value exports) {
  return add_function(env, exports, "openSender", open_sender) &&
         add_function(env, exports, "sendFrames", send_frames);
}
