/*
 * Processor time for threads that can wait.
 */
#define _GNU_SOURCE
#include "addon.h"

#include <errno.h>
#include <sched.h>
#include <sys/syscall.h>
#include <unistd.h>

/* The shortest slice that Linux gives, in nanoseconds. */
#define SHORTEST_SLICE 100000

/* struct sched_attr of linux/sched/types.h, as sched_setattr(2) has had it from the first: not all C libraries have it. */
struct attributes {
  uint32_t size;
  uint32_t policy;
  uint64_t flags;
  int32_t nice;
  uint32_t priority;
  uint64_t runtime;
  uint64_t deadline;
  uint64_t period;
};

/*
 * giveWay(): the calling thread, and those that it makes, have the processor while nobody else wants it (SCHED_IDLE).
 * Who wakes up there has it at once, and counts it as free when it looks for one: a thread that is only nice is left
 * alone for its slice, some milliseconds. Since Linux 6.12 the slice is as short as can be too.
 */
static napi_value give_way(napi_env env, napi_callback_info info) {
  (void)info;
  napi_value result;
  struct attributes attributes = {
      .size = sizeof attributes, .policy = SCHED_OTHER, .nice = 19, .runtime = SHORTEST_SLICE};
  struct sched_param none = {0};
  /* The slice outlives the change of the policy, of which it can be no part. Without it little is lost. */
  syscall(SYS_sched_setattr, 0, &attributes, 0);
  if (sched_setscheduler(0, SCHED_IDLE, &none) != 0) return report_failure(env, "sched_setscheduler", errno);
  return napi_get_undefined(env, &result) == napi_ok ? result : NULL;
}

bool add_schedule(napi_env env, napi_value exports) { return add_function(env, exports, "giveWay", give_way); }
