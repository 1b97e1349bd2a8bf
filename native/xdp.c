/*
 * XDP programs on interfaces, by rtnetlink (IFLA_XDP). A program that was put there so stays when this process ends,
 * with the maps that it uses; both are found again by their numbers.
 */
#include "addon.h"

#include <errno.h>
#include <linux/if_link.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* Interfaces that are listed. */
#define MOST_INTERFACES 4096
/* IFLA_XDP_EXPECTED_FD, which came with Linux 5.7: headers may be older than the kernel. */
#define EXPECTED_FD 8

/* Answers of rtnetlink, as long as the kernel makes them. */
typedef union {
  struct nlmsghdr header;
  char bytes[64 * 1024];
} Answer;

/* A socket of rtnetlink to which the request was sent; -1 with errno. */
static int ask(const void *request, size_t length) {
  struct sockaddr_nl kernel = {.nl_family = AF_NETLINK};
  int on = 1, file = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
  if (file < 0) return -1;
  /* The words of the kernel and its drivers; older kernels have none. */
  setsockopt(file, SOL_NETLINK, NETLINK_EXT_ACK, &on, sizeof on);
  if (sendto(file, request, length, 0, (struct sockaddr *)&kernel, sizeof kernel) == (ssize_t)length) return file;
  int number = errno;
  close(file);
  errno = number;
  return -1;
}

/* Reads an answer whole; its length, or -1 with errno. */
static ssize_t receive(int file, Answer *answer) {
  ssize_t length;
  do length = recv(file, answer, sizeof *answer, MSG_TRUNC);
  while (length < 0 && errno == EINTR);
  if (length <= (ssize_t)sizeof *answer) return length;
  errno = EMSGSIZE;
  return -1;
}

/* One interface, from the kernel's message about it. */
static napi_value interface_of(napi_env env, const struct nlmsghdr *header) {
  const struct ifinfomsg *link = NLMSG_DATA(header);
  int left = (int)IFLA_PAYLOAD(header);
  char name[IFNAMSIZ] = "";
  uint32_t mode = 0, program = 0, driver = 0;
  for (struct rtattr *at = IFLA_RTA(link); RTA_OK(at, left); at = RTA_NEXT(at, left)) {
    size_t length = RTA_PAYLOAD(at);
    if (at->rta_type == IFLA_IFNAME && length <= sizeof name) memcpy(name, RTA_DATA(at), length);
    if ((at->rta_type & NLA_TYPE_MASK) != IFLA_XDP) continue;
    int inside = (int)length;
    for (struct rtattr *part = RTA_DATA(at); RTA_OK(part, inside); part = RTA_NEXT(part, inside)) {
      if (part->rta_type == IFLA_XDP_ATTACHED && RTA_PAYLOAD(part) >= 1) mode = *(uint8_t *)RTA_DATA(part);
      if (RTA_PAYLOAD(part) < sizeof program) continue;
      if (part->rta_type == IFLA_XDP_PROG_ID) memcpy(&program, RTA_DATA(part), sizeof program);
      if (part->rta_type == IFLA_XDP_DRV_PROG_ID) memcpy(&driver, RTA_DATA(part), sizeof driver);
    }
  }
  name[sizeof name - 1] = 0;
  napi_value result;
  if (napi_create_object(env, &result) != napi_ok || !put_number(env, result, "index", link->ifi_index) ||
      !put_text(env, result, "name", name) || !put_number(env, result, "mode", mode) ||
      !put_number(env, result, "program", program != 0 ? program : driver)) {
    return NULL;
  }
  return result;
}

/* xdpInterfaces(): the interfaces of this network namespace, and the XDP program that each has. */
static napi_value list_interfaces(napi_env env, napi_callback_info info) {
  struct {
    struct nlmsghdr header;
    struct ifinfomsg link;
  } request = {.header = {.nlmsg_len = sizeof request, .nlmsg_type = RTM_GETLINK}};
  napi_value list = NULL;
  uint32_t count = 0;
  (void)info;
  request.header.nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
  if (napi_create_array(env, &list) != napi_ok) return NULL;
  Answer *answer = malloc(sizeof *answer);
  if (answer == NULL) return report_failure(env, "malloc", ENOMEM);
  int file = ask(&request, sizeof request), failed = file < 0 ? errno : 0;
  bool done = failed != 0;
  while (!done) {
    ssize_t length = receive(file, answer);
    if (length <= 0) {
      failed = length < 0 ? errno : EPROTO;
      break;
    }
    int left = (int)length;
    for (struct nlmsghdr *at = &answer->header; NLMSG_OK(at, left); at = NLMSG_NEXT(at, left)) {
      if (at->nlmsg_type == NLMSG_ERROR) failed = -((struct nlmsgerr *)NLMSG_DATA(at))->error;
      done = at->nlmsg_type == NLMSG_DONE || failed != 0;
      if (done) break;
      if (at->nlmsg_type != RTM_NEWLINK || at->nlmsg_len < NLMSG_LENGTH(sizeof(struct ifinfomsg))) continue;
      if (count == MOST_INTERFACES) {
        failed = E2BIG;
        done = true;
        break;
      }
      napi_value entry = interface_of(env, at);
      if (entry == NULL || napi_set_element(env, list, count++, entry) != napi_ok) {
        failed = ENOMEM;
        done = true;
        break;
      }
    }
  }
  if (file >= 0) close(file);
  free(answer);
  return failed != 0 ? report_failure(env, "netlink", failed) : list;
}

/* The kernel's words in an answer to a request (NLMSGERR_ATTR_MSG), or none. */
static void words_of(const struct nlmsghdr *header, char *words, size_t room) {
  const struct nlmsgerr *answer = NLMSG_DATA(header);
  size_t skip = NLMSG_LENGTH(sizeof *answer);
  if (!(header->nlmsg_flags & NLM_F_ACK_TLVS)) return;
  if (!(header->nlmsg_flags & NLM_F_CAPPED)) skip += NLMSG_ALIGN(answer->msg.nlmsg_len - sizeof answer->msg);
  if (skip >= header->nlmsg_len) return;
  int left = (int)(header->nlmsg_len - skip);
  for (struct rtattr *at = (struct rtattr *)((char *)header + skip); RTA_OK(at, left); at = RTA_NEXT(at, left)) {
    if (at->rta_type == NLMSGERR_ATTR_MSG) snprintf(words, room, "%.*s", (int)RTA_PAYLOAD(at), (char *)RTA_DATA(at));
  }
}

/*
 * xdpAttach(index, program, flags, expected): puts the program on the interface, or takes off what is there (-1);
 * with XDP_FLAGS_REPLACE only where `expected` is the program that is there (-1: none).
 */
static napi_value attach(napi_env env, napi_callback_info info) {
  napi_value arguments[MOST_ARGUMENTS];
  int64_t index, program, flags, expected;
  struct {
    struct nlmsghdr header;
    struct ifinfomsg link;
    struct rtattr xdp;
    struct {
      struct rtattr header;
      uint32_t value;
    } parts[3];
  } request;
  if (!read_arguments(env, info, 4, NULL, arguments)) return NULL;
  if (!read_number(env, arguments[0], 1, INT32_MAX, &index)) return refuse_argument(env, "there is no such interface");
  if (!read_number(env, arguments[1], -1, INT32_MAX, &program) ||
      !read_number(env, arguments[3], -1, INT32_MAX, &expected)) {
    return refuse_argument(env, "fd is not a descriptor");
  }
  if (!read_number(env, arguments[2], 0, UINT32_MAX, &flags)) return refuse_argument(env, "flags are out of range");
  memset(&request, 0, sizeof request);
  const uint32_t values[] = {(uint32_t)program, (uint32_t)flags, (uint32_t)expected};
  const uint16_t types[] = {IFLA_XDP_FD, IFLA_XDP_FLAGS, EXPECTED_FD};
  /* XDP_FLAGS_REPLACE; without it the third attribute is left out, which older kernels do not know. */
  unsigned count = flags & 16 ? 3 : 2;
  for (unsigned i = 0; i < count; i++) {
    request.parts[i].header = (struct rtattr){.rta_len = sizeof request.parts[i], .rta_type = types[i]};
    request.parts[i].value = values[i];
  }
  request.xdp.rta_type = NLA_F_NESTED | IFLA_XDP;
  request.xdp.rta_len = (uint16_t)(sizeof request.xdp + count * sizeof request.parts[0]);
  request.link.ifi_index = (int)index;
  request.header.nlmsg_type = RTM_SETLINK;
  request.header.nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK;
  request.header.nlmsg_len = (uint32_t)(sizeof request - (3 - count) * sizeof request.parts[0]);
  Answer *answer = malloc(sizeof *answer);
  if (answer == NULL) return report_failure(env, "malloc", ENOMEM);
  char words[256] = "";
  int file = ask(&request, request.header.nlmsg_len), failed = file < 0 ? errno : 0;
  if (file >= 0) {
    ssize_t length = receive(file, answer);
    if (length < 0) failed = errno;
    else if (!NLMSG_OK(&answer->header, (unsigned)length) || answer->header.nlmsg_type != NLMSG_ERROR) failed = EPROTO;
    else {
      failed = -((struct nlmsgerr *)NLMSG_DATA(&answer->header))->error;
      words_of(&answer->header, words, sizeof words);
    }
    close(file);
  }
  free(answer);
  return failed != 0 ? report_words(env, "netlink", failed, words) : NULL;
}

bool add_xdp(napi_env env, napi_value exports) {
  return add_function(env, exports, "xdpInterfaces", list_interfaces) && add_function(env, exports, "xdpAttach", attach);
}
