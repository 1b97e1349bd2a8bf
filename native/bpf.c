/* Classic BPF programs: put on a socket, and tried on a frame by the kernel itself. */
#include "addon.h"

#include <errno.h>
#include <linux/filter.h>
#include <sys/socket.h>
#include <unistd.h>

/*
 * Reads a program: instructions of 8 bytes in this machine's byte order, as `struct sock_filter` lays them out.
 * Whether it is sound, the kernel checks.
 */
static bool read_program(napi_env env, napi_value value, struct sock_fprog *program) {
  Elements bytes;
  if (!read_elements(env, value, napi_uint8_array, &bytes) || bytes.length == 0 ||
      bytes.length % sizeof(struct sock_filter) != 0 || bytes.length / sizeof(struct sock_filter) > BPF_MAXINSNS) {
    refuse_argument(env, "program is not a run of BPF instructions");
    return false;
  }
  program->len = (unsigned short)(bytes.length / sizeof(struct sock_filter));
  program->filter = bytes.data;
  return true;
}

/* attachFilter(fd, program): from now on the socket gets only what the program accepts. */
static napi_value attach_filter(napi_env env, napi_callback_info info) {
  napi_value arguments[MOST_ARGUMENTS];
  int64_t file;
  struct sock_fprog program;
  if (!read_arguments(env, info, 2, NULL, arguments)) return NULL;
  if (!read_number(env, arguments[0], 0, INT32_MAX, &file)) return refuse_argument(env, "fd is not a descriptor");
  if (!read_program(env, arguments[1], &program)) return NULL;
  if (setsockopt((int)file, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program) != 0) {
    return report_failure(env, "setsockopt", errno);
  }
  return NULL;
}

/* detachFilter(fd): the socket gets everything again. */
static napi_value detach_filter(napi_env env, napi_callback_info info) {
  napi_value arguments[MOST_ARGUMENTS];
  int64_t file;
  int unused = 0;
  if (!read_arguments(env, info, 1, NULL, arguments)) return NULL;
  if (!read_number(env, arguments[0], 0, INT32_MAX, &file)) return refuse_argument(env, "fd is not a descriptor");
  if (setsockopt((int)file, SOL_SOCKET, SO_DETACH_FILTER, &unused, sizeof unused) != 0 && errno != ENOENT) {
    return report_failure(env, "setsockopt", errno);
  }
  return NULL;
}

/*
 * Sends the frame through a pair of sockets whose receiving end has the program. The kernel drops what the program
 * rejects and tells the sender nothing. Returns the bytes that were let through, -1 for a rejected frame, or a
 * negative errno less 1.
 */
static int64_t pass(const struct sock_fprog *program, const Elements *frame) {
  int ends[2];
  char first;
  if (socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends) != 0) return -errno - 1;
  int64_t result;
  /* Room for the frame: past the system's limit the kernel clamps, and the frame is refused with EMSGSIZE. */
  int room = (int)(frame->length < (1 << 24) ? frame->length : (1 << 24)) + 4096;
  setsockopt(ends[0], SOL_SOCKET, SO_SNDBUF, &room, sizeof room);
  if (setsockopt(ends[1], SOL_SOCKET, SO_ATTACH_FILTER, program, sizeof *program) != 0) {
    result = -errno - 1;
  } else if (send(ends[0], frame->data, frame->length, 0) < 0) {
    result = -errno - 1;
  } else {
    result = recv(ends[1], &first, 1, MSG_TRUNC);
    if (result < 0 && errno != EAGAIN) result = -errno - 1;
  }
  close(ends[0]);
  close(ends[1]);
  return result;
}

/* filterFrame(program, frame): bytes of the frame that the kernel lets through by the program; -1: none, rejected. */
static napi_value filter_frame(napi_env env, napi_callback_info info) {
  napi_value arguments[MOST_ARGUMENTS], accepted;
  struct sock_fprog program;
  Elements frame;
  if (!read_arguments(env, info, 2, NULL, arguments)) return NULL;
  if (!read_program(env, arguments[0], &program)) return NULL;
  if (!read_elements(env, arguments[1], napi_uint8_array, &frame)) {
    return refuse_argument(env, "frame is not a Uint8Array");
  }
  int64_t result = pass(&program, &frame);
  if (result < -1) return report_failure(env, "bpf", (int)(-result - 1));
  return napi_create_int64(env, result, &accepted) == napi_ok ? accepted : NULL;
}

bool add_bpf(napi_env env, napi_value exports) {
  return add_function(env, exports, "attachFilter", attach_filter) &&
         add_function(env, exports, "detachFilter", detach_filter) &&
         add_function(env, exports, "filterFrame", filter_frame);
}
