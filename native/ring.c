/*
 * Packets of an interface as they pass: an AF_PACKET socket with a TPACKET_V3 ring (Documentation/networking/
 * packet_mmap.rst) whose memory JavaScript reads as an ArrayBuffer. JavaScript walks the blocks and gives them back by
 * itself; only waiting, statistics and the end go through here.
 */
#include "addon.h"

#include <errno.h>
#include <linux/filter.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

/*
 * Of libuv, which every Node exports but whose header does not come with node-api-headers. Handles are opaque and as
 * large as libuv says, so nothing here depends on their layout; the number of the kind is checked by its name.
 */
struct uv_loop_s;
typedef void (*PollCallback)(void *handle, int status, int events);
extern size_t uv_handle_size(int type);
extern const char *uv_handle_type_name(int type);
extern void *uv_handle_get_data(const void *handle);
extern void uv_handle_set_data(void *handle, void *data);
extern int uv_poll_init(struct uv_loop_s *loop, void *handle, int file);
extern int uv_poll_start(void *handle, int events, PollCallback callback);
extern int uv_poll_stop(void *handle);
extern void uv_close(void *handle, void (*callback)(void *handle));
#define UV_POLL 8
#define UV_READABLE 1

/* Room that the kernel leaves in front of each frame, for a VLAN tag that is put back. */
#define TAG_ROOM 4
/* What the kernel wants to know of frames, though version 3 packs them by their length. */
#define FRAME_BYTES 2048

/* Bits of the constructor's flags. */
#define PROMISCUOUS 1
#define COPYING 2

/* Freed when neither the object, nor the buffer, nor the poll handle needs it any more. */
typedef struct {
  napi_env env;
  int holders;
  int file;
  /* Number of the interface, and its name as it was at the beginning. */
  int index;
  char name[IFNAMSIZ];
  uint8_t *map;
  size_t block_bytes;
  size_t blocks;
  /* True when `buffer` is the ring itself; otherwise it has room for one block, which is copied into it. */
  bool mapped;
  napi_ref buffer;
  void *poll;
  napi_ref callback;
  napi_async_context context;
  napi_async_cleanup_hook_handle hook;
} Ring;

static const napi_type_tag RING_TAG = {0x8a1f0c6be1d94c57, 0x9a3de5f27b60418c};

static void let_go(Ring *ring) {
  if (--ring->holders == 0) free(ring);
}

static void unmap(Ring *ring) {
  if (ring->map != NULL) munmap(ring->map, ring->block_bytes * ring->blocks);
  ring->map = NULL;
}

/* The loop has let go of the poll handle: only now may the descriptor be closed and the memory freed. */
static void poll_closed(void *handle) {
  Ring *ring = uv_handle_get_data(handle);
  free(handle);
  if (ring->hook != NULL) napi_remove_async_cleanup_hook(ring->hook);
  ring->hook = NULL;
  let_go(ring);
}

/* Stops waiting for good. */
static void close_poll(Ring *ring) {
  if (ring->poll == NULL) return;
  uv_poll_stop(ring->poll);
  uv_close(ring->poll, poll_closed);
  ring->poll = NULL;
}

/* The thread ends while the ring is open: its loop must not be left with a handle. */
static void thread_ends(napi_async_cleanup_hook_handle hook, void *data) {
  (void)hook;
  close_poll(data);
}

static void drop_callback(Ring *ring) {
  if (ring->callback != NULL) napi_delete_reference(ring->env, ring->callback);
  ring->callback = NULL;
}

/* Ends everything but what the JavaScript buffer still needs. Harmless when repeated. */
static void close_ring(Ring *ring, bool detach) {
  close_poll(ring);
  drop_callback(ring);
  if (ring->context != NULL) napi_async_destroy(ring->env, ring->context);
  ring->context = NULL;
  if (ring->buffer != NULL) {
    napi_value buffer;
    /* A mapping keeps the socket alive: it goes now, and what JavaScript still holds becomes empty. */
    if (detach && napi_get_reference_value(ring->env, ring->buffer, &buffer) == napi_ok && buffer != NULL &&
        ring->mapped && napi_detach_arraybuffer(ring->env, buffer) == napi_ok) {
      unmap(ring);
    }
    napi_delete_reference(ring->env, ring->buffer);
    ring->buffer = NULL;
  }
  if (!ring->mapped) unmap(ring);
  if (ring->file >= 0) close(ring->file);
  ring->file = -1;
}

static void object_gone(napi_env env, void *data, void *hint) {
  (void)env;
  (void)hint;
  close_ring(data, false);
  let_go(data);
}

static void buffer_gone(napi_env env, void *data, void *hint) {
  (void)env;
  (void)data;
  unmap(hint);
  let_go(hint);
}

static Ring *ring_of(napi_env env, napi_callback_info info, size_t count, napi_value *arguments) {
  napi_value self;
  bool tagged = false;
  void *ring;
  if (!read_arguments(env, info, count, &self, arguments)) return NULL;
  if (napi_check_object_type_tag(env, self, &RING_TAG, &tagged) != napi_ok || !tagged ||
      napi_unwrap(env, self, &ring) != napi_ok) {
    refuse_argument(env, "this is not a ring");
    return NULL;
  }
  if (((Ring *)ring)->file < 0) {
    refuse_argument(env, "the ring is closed");
    return NULL;
  }
  return ring;
}

/* Looks the interface up: its number, and the kind of its hardware (ARPHRD_). Returns the call that failed, or NULL. */
static const char *find_interface(int file, const char *name, int *index, int *hardware) {
  struct ifreq request;
  memset(&request, 0, sizeof request);
  memcpy(request.ifr_name, name, strlen(name));
  if (ioctl(file, SIOCGIFINDEX, &request) != 0) return "interface";
  *index = request.ifr_ifindex;
  if (ioctl(file, SIOCGIFFLAGS, &request) != 0) return "interface";
  if ((request.ifr_flags & IFF_UP) == 0) {
    errno = ENETDOWN;
    return "interface";
  }
  if (ioctl(file, SIOCGIFHWADDR, &request) != 0) return "interface";
  *hardware = request.ifr_hwaddr.sa_family;
  return NULL;
}

/* Sets the socket up with its ring, its filter in place before the first packet. Returns the call that failed, or NULL. */
static const char *set_up(Ring *ring, unsigned retire_ms, bool promiscuous, const Elements *program, int *hardware) {
  int version = TPACKET_V3, reserve = TAG_ROOM;
  /* Without a protocol nothing arrives until the socket is bound. */
  ring->file = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (ring->file < 0) return "socket";
  const char *failed = find_interface(ring->file, ring->name, &ring->index, hardware);
  if (failed != NULL) return failed;
  if (setsockopt(ring->file, SOL_PACKET, PACKET_VERSION, &version, sizeof version) != 0) return "PACKET_VERSION";
  if (setsockopt(ring->file, SOL_PACKET, PACKET_RESERVE, &reserve, sizeof reserve) != 0) return "PACKET_RESERVE";
  struct tpacket_req3 request = {
      .tp_block_size = (unsigned)ring->block_bytes,
      .tp_block_nr = (unsigned)ring->blocks,
      .tp_frame_size = FRAME_BYTES,
      .tp_frame_nr = (unsigned)(ring->block_bytes / FRAME_BYTES * ring->blocks),
      .tp_retire_blk_tov = retire_ms,
  };
  if (setsockopt(ring->file, SOL_PACKET, PACKET_RX_RING, &request, sizeof request) != 0) return "PACKET_RX_RING";
  void *map = mmap(NULL, ring->block_bytes * ring->blocks, PROT_READ | PROT_WRITE, MAP_SHARED, ring->file, 0);
  if (map == MAP_FAILED) return "mmap";
  ring->map = map;
  struct sock_fprog filter = {
      .len = (unsigned short)(program->length / sizeof(struct sock_filter)),
      .filter = program->data,
  };
  if (setsockopt(ring->file, SOL_SOCKET, SO_ATTACH_FILTER, &filter, sizeof filter) != 0) return "SO_ATTACH_FILTER";
  struct sockaddr_ll address = {
      .sll_family = AF_PACKET,
      .sll_protocol = htons(ETH_P_ALL),
      .sll_ifindex = ring->index,
  };
  if (bind(ring->file, (struct sockaddr *)&address, sizeof address) != 0) return "bind";
  struct packet_mreq membership = {.mr_ifindex = ring->index, .mr_type = PACKET_MR_PROMISC};
  /* It goes with the socket. */
  if (promiscuous &&
      setsockopt(ring->file, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &membership, sizeof membership) != 0) {
    return "PACKET_ADD_MEMBERSHIP";
  }
  return NULL;
}

/* Prepares waiting on the socket in this thread's loop. */
static const char *set_up_poll(napi_env env, Ring *ring) {
  struct uv_loop_s *loop;
  const char *kind = uv_handle_type_name(UV_POLL);
  errno = ENOSYS;
  if (kind == NULL || strcmp(kind, "poll") != 0) return "libuv";
  if (napi_get_uv_event_loop(env, &loop) != napi_ok) return "napi_get_uv_event_loop";
  void *poll = calloc(1, uv_handle_size(UV_POLL));
  errno = ENOMEM;
  if (poll == NULL) return "uv_poll_init";
  int result = uv_poll_init(loop, poll, ring->file);
  if (result != 0) {
    free(poll);
    errno = -result;
    return "uv_poll_init";
  }
  uv_handle_set_data(poll, ring);
  ring->poll = poll;
  ring->holders++;
  errno = ENOMEM;
  if (napi_add_async_cleanup_hook(env, thread_ends, ring, &ring->hook) != napi_ok) return "napi_add_async_cleanup_hook";
  return NULL;
}

/* Makes the buffer: the ring itself, or room for one block where the runtime refuses memory that is not its own. */
static bool make_buffer(napi_env env, Ring *ring, bool copying, napi_value *buffer) {
  if (!copying) {
    ring->holders++;
    ring->mapped = napi_create_external_arraybuffer(env, ring->map, ring->block_bytes * ring->blocks, buffer_gone,
                                                    ring, buffer) == napi_ok;
    if (!ring->mapped) ring->holders--;
  }
  void *bytes;
  if (!ring->mapped && napi_create_arraybuffer(env, ring->block_bytes, &bytes, buffer) != napi_ok) return false;
  return napi_create_reference(env, *buffer, 1, &ring->buffer) == napi_ok;
}

static bool set_number(napi_env env, napi_value object, const char *name, int number) {
  napi_value value;
  return napi_create_int32(env, number, &value) == napi_ok &&
         napi_set_named_property(env, object, name, value) == napi_ok;
}

/* Gives the object its properties. */
static bool describe(napi_env env, Ring *ring, napi_value self, napi_value buffer, int hardware) {
  napi_value name, mapped;
  return napi_set_named_property(env, self, "buffer", buffer) == napi_ok &&
         napi_get_boolean(env, ring->mapped, &mapped) == napi_ok &&
         napi_set_named_property(env, self, "mapped", mapped) == napi_ok &&
         set_number(env, self, "hardware", hardware) && set_number(env, self, "descriptor", ring->file) &&
         napi_create_string_utf8(env, "weir:ring", NAPI_AUTO_LENGTH, &name) == napi_ok &&
         napi_async_init(env, NULL, name, &ring->context) == napi_ok;
}

/* new PacketRing(interface, blockBytes, blocks, retireMs, flags, program) */
static napi_value construct(napi_env env, napi_callback_info info) {
  napi_value arguments[MOST_ARGUMENTS], self, buffer;
  char name[IFNAMSIZ + 1];
  size_t name_length;
  int64_t block_bytes, blocks, retire_ms, flags;
  Elements program;
  int hardware = 0;
  if (!read_arguments(env, info, 6, &self, arguments)) return NULL;
  if (napi_get_value_string_utf8(env, arguments[0], name, sizeof name, &name_length) != napi_ok || name_length == 0 ||
      name_length >= IFNAMSIZ || strlen(name) != name_length) {
    return refuse_argument(env, "interface is not the name of an interface");
  }
  if (!read_number(env, arguments[1], 1 << 16, 1 << 26, &block_bytes) || block_bytes % (1 << 16) != 0) {
    return refuse_argument(env, "blockBytes is not a multiple of 64 KiB");
  }
  if (!read_number(env, arguments[2], 2, 4096, &blocks) || block_bytes * blocks > (int64_t)1 << 31) {
    return refuse_argument(env, "blocks is out of range");
  }
  if (!read_number(env, arguments[3], 1, 10000, &retire_ms)) return refuse_argument(env, "retireMs is out of range");
  if (!read_number(env, arguments[4], 0, PROMISCUOUS | COPYING, &flags)) {
    return refuse_argument(env, "there are no such flags");
  }
  if (!read_elements(env, arguments[5], napi_uint8_array, &program) || program.length == 0 ||
      program.length % sizeof(struct sock_filter) != 0 || program.length / sizeof(struct sock_filter) > BPF_MAXINSNS) {
    return refuse_argument(env, "program is not a run of BPF instructions");
  }
  Ring *ring = calloc(1, sizeof *ring);
  if (ring == NULL) return report_failure(env, "calloc", ENOMEM);
  ring->env = env;
  ring->holders = 1;
  memcpy(ring->name, name, name_length);
  ring->block_bytes = (size_t)block_bytes;
  ring->blocks = (size_t)blocks;
  const char *failed = set_up(ring, (unsigned)retire_ms, (flags & PROMISCUOUS) != 0, &program, &hardware);
  if (failed == NULL) failed = set_up_poll(env, ring);
  if (failed != NULL) {
    int number = errno;
    close_ring(ring, true);
    let_go(ring);
    return report_failure(env, failed, number);
  }
  if (!make_buffer(env, ring, (flags & COPYING) != 0, &buffer) || !describe(env, ring, self, buffer, hardware) ||
      napi_type_tag_object(env, self, &RING_TAG) != napi_ok ||
      napi_wrap(env, self, ring, object_gone, NULL, NULL) != napi_ok) {
    close_ring(ring, true);
    let_go(ring);
    return report_failure(env, "PacketRing", ENOMEM);
  }
  return self;
}

/* What the socket itself has to say about an error, which it forgets by being asked. */
static int error_of(const Ring *ring) {
  int number = 0;
  socklen_t length = sizeof number;
  return getsockopt(ring->file, SOL_SOCKET, SO_ERROR, &number, &length) == 0 ? number : errno;
}

static void readable(void *handle, int status, int events) {
  (void)events;
  Ring *ring = uv_handle_get_data(handle);
  napi_env env = ring->env;
  napi_handle_scope scope;
  napi_value callback, receiver, number, result;
  uv_poll_stop(handle);
  if (napi_open_handle_scope(env, &scope) != napi_ok) return;
  if (ring->callback != NULL && napi_get_reference_value(env, ring->callback, &callback) == napi_ok &&
      napi_get_global(env, &receiver) == napi_ok &&
      napi_create_int32(env, status == 0 ? 0 : error_of(ring), &number) == napi_ok) {
    drop_callback(ring);
    napi_make_callback(env, ring->context, receiver, callback, 1, &number, &result);
    bool pending = false;
    if (napi_is_exception_pending(env, &pending) == napi_ok && pending) {
      napi_value error;
      if (napi_get_and_clear_last_exception(env, &error) == napi_ok) napi_fatal_exception(env, error);
    }
  }
  napi_close_handle_scope(env, scope);
}

/*
 * wait(callback): calls back once when a block is ready, with 0, or with the number of the error that the socket
 * reports. The thread's loop is kept alive until then. The poll is armed for one time only: it is triggered by level,
 * and would spin while JavaScript is busy with a block.
 */
static napi_value wait_readable(napi_env env, napi_callback_info info) {
  napi_value arguments[MOST_ARGUMENTS];
  napi_valuetype type;
  Ring *ring = ring_of(env, info, 1, arguments);
  if (ring == NULL) return NULL;
  if (napi_typeof(env, arguments[0], &type) != napi_ok || type != napi_function) {
    return refuse_argument(env, "callback is not a function");
  }
  drop_callback(ring);
  if (napi_create_reference(env, arguments[0], 1, &ring->callback) != napi_ok) return NULL;
  int result = uv_poll_start(ring->poll, UV_READABLE, readable);
  return result == 0 ? NULL : report_failure(env, "uv_poll_start", -result);
}

/* cancel(): stops waiting; the callback is not called. */
static napi_value cancel(napi_env env, napi_callback_info info) {
  napi_value arguments[MOST_ARGUMENTS];
  Ring *ring = ring_of(env, info, 0, arguments);
  if (ring == NULL) return NULL;
  uv_poll_stop(ring->poll);
  drop_callback(ring);
  return NULL;
}

static struct tpacket_block_desc *block_of(napi_env env, const Ring *ring, napi_value argument) {
  int64_t index;
  if (!read_number(env, argument, 0, (int64_t)ring->blocks - 1, &index)) {
    refuse_argument(env, "there is no such block");
    return NULL;
  }
  return (struct tpacket_block_desc *)(ring->map + (size_t)index * ring->block_bytes);
}

/* copyBlock(index): copies a block that is ready into the buffer, where that is not the ring itself; else false. */
static napi_value copy_block(napi_env env, napi_callback_info info) {
  napi_value arguments[MOST_ARGUMENTS], buffer, ready;
  Ring *ring = ring_of(env, info, 1, arguments);
  if (ring == NULL) return NULL;
  if (ring->mapped) return refuse_argument(env, "the ring is mapped");
  const struct tpacket_block_desc *block = block_of(env, ring, arguments[0]);
  if (block == NULL) return NULL;
  bool done = (__atomic_load_n(&block->hdr.bh1.block_status, __ATOMIC_ACQUIRE) & TP_STATUS_USER) != 0;
  if (done) {
    void *bytes;
    size_t room;
    if (napi_get_reference_value(env, ring->buffer, &buffer) != napi_ok ||
        napi_get_arraybuffer_info(env, buffer, &bytes, &room) != napi_ok) {
      return NULL;
    }
    size_t length = block->hdr.bh1.blk_len;
    if (length > ring->block_bytes) length = ring->block_bytes;
    /* The buffer may have been detached by whoever got it. */
    if (length > room) return refuse_argument(env, "the buffer is gone");
    memcpy(bytes, block, length);
  }
  return napi_get_boolean(env, done, &ready) == napi_ok ? ready : NULL;
}

/* releaseBlock(index): gives a block back to the kernel, as a store of 0 into its status does where it is mapped. */
static napi_value release_block(napi_env env, napi_callback_info info) {
  napi_value arguments[MOST_ARGUMENTS];
  Ring *ring = ring_of(env, info, 1, arguments);
  if (ring == NULL) return NULL;
  struct tpacket_block_desc *block = block_of(env, ring, arguments[0]);
  if (block == NULL) return NULL;
  __atomic_store_n(&block->hdr.bh1.block_status, TP_STATUS_KERNEL, __ATOMIC_RELEASE);
  return NULL;
}

/* statistics(numbers): packets (with those dropped), drops and times of standing still since the last call, added. */
static napi_value statistics(napi_env env, napi_callback_info info) {
  napi_value arguments[MOST_ARGUMENTS];
  Elements numbers;
  struct tpacket_stats_v3 counted;
  socklen_t length = sizeof counted;
  const Ring *ring = ring_of(env, info, 1, arguments);
  if (ring == NULL) return NULL;
  if (!read_elements(env, arguments[0], napi_float64_array, &numbers) || numbers.length < 3) {
    return refuse_argument(env, "numbers is not a Float64Array of 3");
  }
  if (getsockopt(ring->file, SOL_PACKET, PACKET_STATISTICS, &counted, &length) != 0) {
    return report_failure(env, "PACKET_STATISTICS", errno);
  }
  double *into = numbers.data;
  into[0] += counted.tp_packets;
  into[1] += counted.tp_drops;
  into[2] += counted.tp_freeze_q_cnt;
  return NULL;
}

/* waiting(): blocks that are filled and not yet given back, the one that is being read among them. */
static napi_value waiting(napi_env env, napi_callback_info info) {
  napi_value arguments[MOST_ARGUMENTS], result;
  const Ring *ring = ring_of(env, info, 0, arguments);
  if (ring == NULL) return NULL;
  uint32_t count = 0;
  for (size_t i = 0; i < ring->blocks; i++) {
    const struct tpacket_block_desc *block = (const void *)(ring->map + i * ring->block_bytes);
    if (__atomic_load_n(&block->hdr.bh1.block_status, __ATOMIC_RELAXED) & TP_STATUS_USER) count++;
  }
  return napi_create_uint32(env, count, &result) == napi_ok ? result : NULL;
}

/* exists(): whether the interface is still there under its name. */
static napi_value exists(napi_env env, napi_callback_info info) {
  napi_value arguments[MOST_ARGUMENTS], there;
  struct ifreq request;
  const Ring *ring = ring_of(env, info, 0, arguments);
  if (ring == NULL) return NULL;
  memset(&request, 0, sizeof request);
  memcpy(request.ifr_name, ring->name, IFNAMSIZ);
  bool found = ioctl(ring->file, SIOCGIFINDEX, &request) == 0 && request.ifr_ifindex == ring->index;
  return napi_get_boolean(env, found, &there) == napi_ok ? there : NULL;
}

/* join(group, kind): shares the packets of the interface with the other sockets of the group (PACKET_FANOUT). */
static napi_value join_group(napi_env env, napi_callback_info info) {
  napi_value arguments[MOST_ARGUMENTS];
  int64_t group, kind;
  const Ring *ring = ring_of(env, info, 2, arguments);
  if (ring == NULL) return NULL;
  if (!read_number(env, arguments[0], 0, UINT16_MAX, &group)) return refuse_argument(env, "group is out of range");
  if (!read_number(env, arguments[1], 0, UINT16_MAX, &kind)) return refuse_argument(env, "kind is out of range");
  uint32_t value = (uint32_t)group | ((uint32_t)kind << 16);
  if (setsockopt(ring->file, SOL_PACKET, PACKET_FANOUT, &value, sizeof value) != 0) {
    return report_failure(env, "PACKET_FANOUT", errno);
  }
  return NULL;
}

/* steer(program): the program by which a group of the kind PACKET_FANOUT_CBPF picks a socket (PACKET_FANOUT_DATA). */
static napi_value steer_group(napi_env env, napi_callback_info info) {
  napi_value arguments[MOST_ARGUMENTS];
  Elements program;
  const Ring *ring = ring_of(env, info, 1, arguments);
  if (ring == NULL) return NULL;
  if (!read_elements(env, arguments[0], napi_uint8_array, &program) || program.length == 0 ||
      program.length % sizeof(struct sock_filter) != 0 || program.length / sizeof(struct sock_filter) > BPF_MAXINSNS) {
    return refuse_argument(env, "program is not a run of BPF instructions");
  }
  struct sock_fprog steering = {
      .len = (unsigned short)(program.length / sizeof(struct sock_filter)),
      .filter = program.data,
  };
  if (setsockopt(ring->file, SOL_PACKET, PACKET_FANOUT_DATA, &steering, sizeof steering) != 0) {
    return report_failure(env, "PACKET_FANOUT_DATA", errno);
  }
  return NULL;
}

/* close(): the socket and the ring go; the buffer is empty from now on. */
static napi_value close_method(napi_env env, napi_callback_info info) {
  napi_value arguments[MOST_ARGUMENTS];
  Ring *ring = ring_of(env, info, 0, arguments);
  if (ring != NULL) close_ring(ring, true);
  return NULL;
}

bool add_ring(napi_env env, napi_value exports) {
  static const napi_property_descriptor METHODS[] = {
      {"wait", NULL, wait_readable, NULL, NULL, NULL, napi_default_method, NULL},
      {"cancel", NULL, cancel, NULL, NULL, NULL, napi_default_method, NULL},
      {"copyBlock", NULL, copy_block, NULL, NULL, NULL, napi_default_method, NULL},
      {"releaseBlock", NULL, release_block, NULL, NULL, NULL, napi_default_method, NULL},
      {"statistics", NULL, statistics, NULL, NULL, NULL, napi_default_method, NULL},
      {"waiting", NULL, waiting, NULL, NULL, NULL, napi_default_method, NULL},
      {"exists", NULL, exists, NULL, NULL, NULL, napi_default_method, NULL},
      {"join", NULL, join_group, NULL, NULL, NULL, napi_default_method, NULL},
      {"steer", NULL, steer_group, NULL, NULL, NULL, napi_default_method, NULL},
      {"close", NULL, close_method, NULL, NULL, NULL, napi_default_method, NULL},
  };
  napi_value ring;
  return napi_define_class(env, "PacketRing", NAPI_AUTO_LENGTH, construct, NULL, sizeof METHODS / sizeof METHODS[0],
                           METHODS, &ring) == napi_ok &&
         napi_set_named_property(env, exports, "PacketRing", ring) == napi_ok;
}
