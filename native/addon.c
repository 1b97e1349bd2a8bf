/* weir.node: what only the kernel can give. nDPI has a library of its own (ndpi.c), for it need not be installed. */
#include "addon.h"

NAPI_MODULE_INIT() {
  if (!add_mmap(env, exports) || !add_bpf(env, exports) || !add_ring(env, exports) || !add_send(env, exports) ||
      !add_memory(env, exports) || !add_schedule(env, exports) || !add_destination(env, exports) ||
      !add_ebpf(env, exports) || !add_xdp(env, exports) || !add_netlink(env, exports)) {
    napi_throw_error(env, NULL, "the addon could not be set up");
    return NULL;
  }
  return exports;
}
