/*
 * Connections that were led here: where a client wanted to go before the kernel's translation turned it (REDIRECT,
 * DNAT), and a listening socket that takes connections to addresses of others (TPROXY).
 */
#define _GNU_SOURCE
#include "addon.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* linux/netfilter_ipv4.h and linux/netfilter_ipv6/ip6_tables.h give both this number; the latter does not go with the C
   library's headers. */
#define ORIGINAL_DESTINATION 80

/* Connections that wait to be accepted at most; the kernel has a bound of its own. */
#define BACKLOG 511

typedef union {
  struct sockaddr any;
  struct sockaddr_in four;
  struct sockaddr_in6 six;
} Address;

/* {address, port} of an address; NULL with an exception pending, or where its family is another. */
static napi_value make_endpoint(napi_env env, const Address *from) {
  char text[INET6_ADDRSTRLEN];
  bool four = from->any.sa_family == AF_INET;
  if (!four && from->any.sa_family != AF_INET6) return report_failure(env, "getsockopt", EAFNOSUPPORT);
  const void *bytes = four ? (const void *)&from->four.sin_addr : (const void *)&from->six.sin6_addr;
  if (inet_ntop(from->any.sa_family, bytes, text, sizeof text) == NULL) return report_failure(env, "inet_ntop", errno);
  napi_value endpoint, address, port;
  bool made = napi_create_object(env, &endpoint) == napi_ok &&
              napi_create_string_latin1(env, text, NAPI_AUTO_LENGTH, &address) == napi_ok &&
              napi_create_uint32(env, ntohs(four ? from->four.sin_port : from->six.sin6_port), &port) == napi_ok &&
              napi_set_named_property(env, endpoint, "address", address) == napi_ok &&
              napi_set_named_property(env, endpoint, "port", port) == napi_ok;
  return made ? endpoint : NULL;
}

/*
 * originalDestination(fd): {address, port} that the client of a connection asked for; undefined where the kernel knows
 * of none: connections are not tracked, or this one is not any more. Without translation it is the socket's own address.
 */
static napi_value original_destination(napi_env env, napi_callback_info info) {
  napi_value arguments[MOST_ARGUMENTS];
  int64_t file;
  if (!read_arguments(env, info, 1, NULL, arguments)) return NULL;
  if (!read_number(env, arguments[0], 0, INT32_MAX, &file)) return refuse_argument(env, "fd is not a descriptor");
  Address address;
  socklen_t length = sizeof address;
  memset(&address, 0, sizeof address);
  if (getsockname((int)file, &address.any, &length) != 0) return report_failure(env, "getsockname", errno);
  /* An IPv6 socket may hold an IPv4 connection. */
  bool four = address.any.sa_family == AF_INET ||
              (address.any.sa_family == AF_INET6 && IN6_IS_ADDR_V4MAPPED(&address.six.sin6_addr));
  if (!four && address.any.sa_family != AF_INET6) return report_failure(env, "getsockname", EAFNOSUPPORT);
  memset(&address, 0, sizeof address);
  length = four ? sizeof address.four : sizeof address.six;
  if (getsockopt((int)file, four ? IPPROTO_IP : IPPROTO_IPV6, ORIGINAL_DESTINATION, &address, &length) != 0) {
    if (errno == ENOENT || errno == ENOPROTOOPT) return NULL;
    return report_failure(env, "SO_ORIGINAL_DST", errno);
  }
  return make_endpoint(env, &address);
}

/* Reads an address in text form and a port; false where they are none. */
static bool read_address(napi_env env, napi_value text, napi_value number, Address *address, socklen_t *length) {
  char name[INET6_ADDRSTRLEN + 1];
  size_t size;
  int64_t port;
  memset(address, 0, sizeof *address);
  if (napi_get_value_string_latin1(env, text, name, sizeof name, &size) != napi_ok || strlen(name) != size) return false;
  if (!read_number(env, number, 0, 65535, &port)) return false;
  if (inet_pton(AF_INET, name, &address->four.sin_addr) == 1) {
    address->four.sin_family = AF_INET;
    address->four.sin_port = htons((uint16_t)port);
    *length = sizeof address->four;
    return true;
  }
  if (inet_pton(AF_INET6, name, &address->six.sin6_addr) != 1) return false;
  address->six.sin6_family = AF_INET6;
  address->six.sin6_port = htons((uint16_t)port);
  *length = sizeof address->six;
  return true;
}

/*
 * listenTransparent(address, port): a descriptor that listens, also for connections to addresses that are not this
 * machine's; `::` takes IPv4 too. Needs CAP_NET_ADMIN.
 */
static napi_value listen_transparent(napi_env env, napi_callback_info info) {
  napi_value arguments[MOST_ARGUMENTS], result;
  Address address;
  socklen_t length;
  if (!read_arguments(env, info, 2, NULL, arguments)) return NULL;
  if (!read_address(env, arguments[0], arguments[1], &address, &length)) {
    return refuse_argument(env, "address and port are not an IP address and a port");
  }
  bool six = address.any.sa_family == AF_INET6;
  int file = socket(address.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (file < 0) return report_failure(env, "socket", errno);
  int on = 1, off = 0;
  const char *failed = NULL;
  if (setsockopt(file, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0) failed = "SO_REUSEADDR";
  else if (six && setsockopt(file, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off) != 0) failed = "IPV6_V6ONLY";
  else if (six && setsockopt(file, IPPROTO_IPV6, IPV6_TRANSPARENT, &on, sizeof on) != 0) failed = "IPV6_TRANSPARENT";
  else if (!six && setsockopt(file, IPPROTO_IP, IP_TRANSPARENT, &on, sizeof on) != 0) failed = "IP_TRANSPARENT";
  else if (bind(file, &address.any, length) != 0) failed = "bind";
  else if (listen(file, BACKLOG) != 0) failed = "listen";
  if (failed == NULL && napi_create_int32(env, file, &result) == napi_ok) return result;
  int number = errno;
  close(file);
  return failed == NULL ? NULL : report_failure(env, failed, number);
}

bool add_destination(napi_env env, napi_value exports) {
  return add_function(env, exports, "originalDestination", original_destination) &&
         add_function(env, exports, "listenTransparent", listen_transparent);
}
