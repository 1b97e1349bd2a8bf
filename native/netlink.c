/*
 * Netlink: a request out, its answers in. One call sends one buffer of messages and waits until each message that asks
 * for an answer has it (NLM_F_ACK: an acknowledgement; NLM_F_DUMP: the end of the list). Used for nf_tables and
 * ctnetlink.
 */
#define _GNU_SOURCE
#include "addon.h"

#include <errno.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netlink.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

/* Protocols are numbered below this (MAX_LINKS of the kernel). */
#define MOST_PROTOCOLS 32
/* Bytes of one request, and of all its answers, at most. */
#define MOST_REQUEST (128 << 20)
#define MOST_REPLIES (1 << 30)
/* The kernel hands out a dump in parts of at most 32 KiB; there must be room for one. */
#define PART (64 << 10)
/* For the acknowledgements of a request, which all wait in the socket before the first is read. */
#define RECEIVE_BUFFER (8 << 20)
#define MOST_MILLISECONDS 600000

/* What came so far. */
typedef struct {
  uint8_t *data;
  size_t used, room, most;
} Replies;

/* What a request waits for. */
typedef struct {
  uint32_t first, count;
  const uint8_t *request;
  size_t length;
  int32_t *errors;
  /* A bit for each message that will be answered and was not yet. */
  uint8_t *open;
  size_t outstanding;
  bool batch;
} Exchange;

static uint32_t next_sequence = 1;

/* openNetlink(protocol): a descriptor for exchangeNetlink; it is closed as any other. */
static napi_value open_netlink(napi_env env, napi_callback_info info) {
  napi_value arguments[MOST_ARGUMENTS], result;
  int64_t protocol;
  if (!read_arguments(env, info, 1, NULL, arguments)) return NULL;
  if (!read_number(env, arguments[0], 0, MOST_PROTOCOLS - 1, &protocol)) {
    return refuse_argument(env, "protocol is not a netlink protocol");
  }
  int file = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, (int)protocol);
  if (file < 0) return report_failure(env, "socket", errno);
  struct sockaddr_nl address = {.nl_family = AF_NETLINK};
  int on = 1, room = RECEIVE_BUFFER;
  /* Acknowledgements need not carry the request back. Older kernels do not know the option and send it: no harm. */
  (void)setsockopt(file, SOL_NETLINK, NETLINK_CAP_ACK, &on, sizeof on);
  /* Without the right to force it, what the system allows; too little is told of by ENOBUFS. */
  if (setsockopt(file, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof room) != 0) {
    (void)setsockopt(file, SOL_SOCKET, SO_RCVBUF, &room, sizeof room);
  }
  if (bind(file, (struct sockaddr *)&address, sizeof address) != 0) {
    int number = errno;
    close(file);
    return report_failure(env, "bind", number);
  }
  if (napi_create_int32(env, file, &result) == napi_ok) return result;
  close(file);
  return NULL;
}

static int64_t milliseconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static struct nlmsghdr read_header(const uint8_t *at) {
  struct nlmsghdr header;
  memcpy(&header, at, sizeof header);
  return header;
}

/* Whole messages lie in the bytes: their number, or -1. With `first`, numbers them from there. */
static int64_t walk_request(uint8_t *bytes, size_t length, uint32_t first, bool number) {
  int64_t count = 0;
  size_t at = 0;
  while (at < length) {
    if (length - at < sizeof(struct nlmsghdr)) return -1;
    struct nlmsghdr header = read_header(bytes + at);
    if (header.nlmsg_len < sizeof header || header.nlmsg_len > length - at) return -1;
    if (number) {
      header.nlmsg_seq = first + (uint32_t)count;
      memcpy(bytes + at, &header, sizeof header);
    }
    count++;
    size_t whole = NLMSG_ALIGN((size_t)header.nlmsg_len);
    at += whole < length - at ? whole : length - at;
  }
  return count;
}

/* Which messages will be answered. */
static void expect_answers(Exchange *exchange) {
  size_t at = 0;
  for (uint32_t index = 0; index < exchange->count; index++) {
    struct nlmsghdr header = read_header(exchange->request + at);
    if (index == 0) exchange->batch = header.nlmsg_type == NFNL_MSG_BATCH_BEGIN;
    if ((header.nlmsg_flags & NLM_F_ACK) != 0 || (header.nlmsg_flags & NLM_F_DUMP) == NLM_F_DUMP) {
      exchange->open[index / 8] |= (uint8_t)(1 << (index % 8));
      exchange->outstanding++;
    }
    at += NLMSG_ALIGN((size_t)header.nlmsg_len);
  }
}

static void close_message(Exchange *exchange, uint32_t index) {
  uint8_t bit = (uint8_t)(1 << (index % 8));
  if ((exchange->open[index / 8] & bit) == 0) return;
  exchange->open[index / 8] &= (uint8_t)~bit;
  exchange->outstanding--;
}

/* Takes acknowledgements and ends of lists out of a part of `length` bytes, keeps the rest; an errno or 0. */
static int take_part(Exchange *exchange, Replies *replies, size_t length) {
  uint8_t *part = replies->data + replies->used;
  size_t at = 0;
  while (length - at >= sizeof(struct nlmsghdr)) {
    struct nlmsghdr header = read_header(part + at);
    if (header.nlmsg_len < sizeof header || header.nlmsg_len > length - at) return EBADMSG;
    size_t whole = NLMSG_ALIGN((size_t)header.nlmsg_len);
    if (whole > length - at) whole = length - at;
    uint32_t index = header.nlmsg_seq - exchange->first;
    /* Others are late answers to a request that was given up. */
    if (index < exchange->count) {
      if ((header.nlmsg_flags & NLM_F_DUMP_INTR) != 0) exchange->errors[index] = EINTR;
      if (header.nlmsg_type == NLMSG_OVERRUN) return ENOBUFS;
      if (header.nlmsg_type == NLMSG_ERROR || header.nlmsg_type == NLMSG_DONE) {
        int32_t status = 0;
        if (header.nlmsg_len >= sizeof header + sizeof status) {
          memcpy(&status, part + at + sizeof header, sizeof status);
        }
        if (status < 0) exchange->errors[index] = -status;
        close_message(exchange, index);
        /* A batch that is refused as a whole is answered at its first message, and the others never. */
        if (status < 0 && index == 0 && exchange->batch) exchange->outstanding = 0;
      } else if (header.nlmsg_type != NLMSG_NOOP) {
        memmove(replies->data + replies->used, part + at, whole);
        replies->used += whole;
      }
    }
    at += whole;
  }
  return 0;
}

/* Room for one more part; an errno or 0. */
static int make_room(Replies *replies) {
  if (replies->room - replies->used >= PART) return 0;
  if (replies->used >= replies->most) return E2BIG;
  size_t room = replies->room == 0 ? PART : replies->room * 2;
  uint8_t *data = realloc(replies->data, room);
  if (data == NULL) return ENOMEM;
  replies->data = data;
  replies->room = room;
  return 0;
}

/* Receives until every message is answered; an errno or 0. */
static int receive_answers(int file, Exchange *exchange, Replies *replies, int64_t deadline) {
  while (exchange->outstanding > 0) {
    int64_t left = deadline - milliseconds();
    if (left < 0) return ETIMEDOUT;
    struct pollfd waiting = {.fd = file, .events = POLLIN};
    int ready = poll(&waiting, 1, (int)left);
    if (ready < 0 && errno == EINTR) continue;
    if (ready < 0) return errno;
    if (ready == 0) return ETIMEDOUT;
    int problem = make_room(replies);
    if (problem != 0) return problem;
    struct sockaddr_nl sender;
    memset(&sender, 0, sizeof sender);
    struct iovec room = {.iov_base = replies->data + replies->used, .iov_len = replies->room - replies->used};
    struct msghdr message = {
        .msg_name = &sender, .msg_namelen = sizeof sender, .msg_iov = &room, .msg_iovlen = 1};
    ssize_t length = recvmsg(file, &message, MSG_DONTWAIT);
    if (length < 0 && (errno == EAGAIN || errno == EINTR)) continue;
    if (length < 0) return errno;
    if ((message.msg_flags & MSG_TRUNC) != 0) return EMSGSIZE;
    /* Only the kernel answers; any process may send to the socket. */
    if (sender.nl_pid != 0) continue;
    problem = take_part(exchange, replies, (size_t)length);
    if (problem != 0) return problem;
  }
  return 0;
}

/* Sends all in one piece; an errno or 0. */
static int send_request(int file, const uint8_t *bytes, size_t length) {
  /* The kernel doubles what it is told, and takes a message only where the buffer is larger. */
  int room = (int)length;
  if (length > PART && setsockopt(file, SOL_SOCKET, SO_SNDBUFFORCE, &room, sizeof room) != 0 &&
      setsockopt(file, SOL_SOCKET, SO_SNDBUF, &room, sizeof room) != 0) {
    return errno;
  }
  struct sockaddr_nl kernel = {.nl_family = AF_NETLINK};
  for (;;) {
    ssize_t sent = sendto(file, bytes, length, 0, (struct sockaddr *)&kernel, sizeof kernel);
    if (sent >= 0) return (size_t)sent == length ? 0 : EMSGSIZE;
    if (errno != EINTR) return errno;
  }
}

/* Bytes as a Uint8Array of its own. */
static napi_value copy_bytes(napi_env env, const uint8_t *bytes, size_t length) {
  napi_value buffer, result;
  void *data;
  if (napi_create_arraybuffer(env, length, &data, &buffer) != napi_ok) return NULL;
  if (length > 0) memcpy(data, bytes, length);
  return napi_create_typedarray(env, napi_uint8_array, length, buffer, 0, &result) == napi_ok ? result : NULL;
}

/*
 * exchangeNetlink(fd, request, errors, most, timeoutMs): sends the messages in `request` (their sequence numbers are
 * written into it) and returns what the kernel sent back, without acknowledgements; the errno of message i stands in
 * errors[i], 0 where there was none. Throws when the exchange itself fails.
 */
static napi_value exchange_netlink(napi_env env, napi_callback_info info) {
  napi_value arguments[MOST_ARGUMENTS];
  int64_t file, most, timeout;
  Elements request, errors;
  if (!read_arguments(env, info, 5, NULL, arguments)) return NULL;
  if (!read_number(env, arguments[0], 0, INT32_MAX, &file)) return refuse_argument(env, "fd is not a descriptor");
  if (!read_elements(env, arguments[1], napi_uint8_array, &request)) {
    return refuse_argument(env, "request is not a Uint8Array");
  }
  if (!read_elements(env, arguments[2], napi_int32_array, &errors)) {
    return refuse_argument(env, "errors is not an Int32Array");
  }
  if (!read_number(env, arguments[3], 0, MOST_REPLIES, &most)) return refuse_argument(env, "most is not a size");
  if (!read_number(env, arguments[4], 1, MOST_MILLISECONDS, &timeout)) {
    return refuse_argument(env, "timeoutMs is not between 1 and 600000");
  }
  if (request.length > MOST_REQUEST) return report_failure(env, "netlink", EMSGSIZE);
  int64_t count = walk_request(request.data, request.length, 0, false);
  if (count <= 0) return refuse_argument(env, "request does not hold whole messages");
  if ((uint64_t)count > errors.length) return refuse_argument(env, "errors has fewer elements than request messages");

  Exchange exchange = {.count = (uint32_t)count, .request = request.data, .length = request.length};
  exchange.errors = errors.data;
  exchange.open = calloc((size_t)count / 8 + 1, 1);
  if (exchange.open == NULL) return report_failure(env, "netlink", ENOMEM);
  exchange.first = __atomic_fetch_add(&next_sequence, (uint32_t)count, __ATOMIC_RELAXED);
  memset(errors.data, 0, (size_t)count * sizeof(int32_t));
  (void)walk_request(request.data, request.length, exchange.first, true);
  expect_answers(&exchange);

  Replies replies = {.most = (size_t)most};
  int64_t deadline = milliseconds() + timeout;
  int problem = send_request((int)file, request.data, request.length);
  if (problem == 0) problem = receive_answers((int)file, &exchange, &replies, deadline);
  napi_value result = problem == 0 ? copy_bytes(env, replies.data, replies.used) : report_failure(env, "netlink", problem);
  free(exchange.open);
  free(replies.data);
  return result;
}

bool add_netlink(napi_env env, napi_value exports) {
  return add_function(env, exports, "openNetlink", open_netlink) &&
         add_function(env, exports, "exchangeNetlink", exchange_netlink);
}
