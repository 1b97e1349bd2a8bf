/*
 * A file's bytes without a copy, as an ArrayBuffer over a mapping.
 *
 * Only for files that nobody writes: when a mapped file is truncated, touching what is gone raises SIGBUS, which ends
 * the process. The mapping is private: what JavaScript writes into the buffer stays in this process, and no write can
 * crash it as one into a read-only mapping would.
 */
#include "addon.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/* Larger files are read in pieces: what an ArrayBuffer may hold in every supported Node. */
#define MOST_BYTES ((int64_t)1 << 32)

static void unmap(napi_env env, void *data, void *hint) {
  (void)env;
  munmap(data, (size_t)(uintptr_t)hint);
}

/* Reads `[offset, offset + length)` into a buffer of JavaScript's own: false with an exception pending. */
static bool copy(napi_env env, int file, int64_t offset, size_t length, napi_value *buffer) {
  void *bytes;
  if (napi_create_arraybuffer(env, length, &bytes, buffer) != napi_ok) {
    report_failure(env, "mmap", ENOMEM);
    return false;
  }
  for (size_t done = 0; done < length;) {
    ssize_t got = pread(file, (char *)bytes + done, length - done, offset + (int64_t)done);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) {
      report_failure(env, "pread", got < 0 ? errno : EIO);
      return false;
    }
    done += (size_t)got;
  }
  return true;
}

/*
 * mapFile(fd, offset, length): { buffer, mapped }. `offset` is a multiple of the page size; the range lies within the
 * file. `mapped` is false where the runtime refuses memory that is not its own (a V8 with the sandbox): then `buffer`
 * is a copy. The mapping goes with the ArrayBuffer.
 */
static napi_value map_file(napi_env env, napi_callback_info info) {
  napi_value arguments[MOST_ARGUMENTS], result, buffer, mapped;
  int64_t file, offset, length;
  if (!read_arguments(env, info, 3, NULL, arguments)) return NULL;
  if (!read_number(env, arguments[0], 0, INT32_MAX, &file)) return refuse_argument(env, "fd is not a descriptor");
  if (!read_number(env, arguments[1], 0, (int64_t)1 << 52, &offset) || offset % sysconf(_SC_PAGESIZE) != 0) {
    return refuse_argument(env, "offset is not a multiple of the page size");
  }
  if (!read_number(env, arguments[2], 1, MOST_BYTES, &length)) return refuse_argument(env, "length is out of range");
  struct stat status;
  if (fstat((int)file, &status) != 0) return report_failure(env, "fstat", errno);
  if (!S_ISREG(status.st_mode) || offset + length > status.st_size) {
    return refuse_argument(env, "the range is not in the file");
  }
  void *bytes = mmap(NULL, (size_t)length, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_NORESERVE, (int)file, offset);
  if (bytes == MAP_FAILED) return report_failure(env, "mmap", errno);
  napi_status status_of_buffer =
      napi_create_external_arraybuffer(env, bytes, (size_t)length, unmap, (void *)(uintptr_t)length, &buffer);
  bool external = status_of_buffer == napi_ok;
  if (!external) {
    munmap(bytes, (size_t)length);
    if (!copy(env, (int)file, offset, (size_t)length, &buffer)) return NULL;
  }
  if (napi_create_object(env, &result) != napi_ok || napi_get_boolean(env, external, &mapped) != napi_ok ||
      napi_set_named_property(env, result, "buffer", buffer) != napi_ok ||
      napi_set_named_property(env, result, "mapped", mapped) != napi_ok) {
    return NULL;
  }
  return result;
}

/* advise(bytes, advice): how bytes in memory of their own will be used; the pages that they touch, whole. True when it was taken. */
static napi_value advise(napi_env env, napi_callback_info info) {
  static const int ADVICE[] = {MADV_NORMAL, MADV_SEQUENTIAL, MADV_RANDOM, MADV_WILLNEED, MADV_HUGEPAGE};
  napi_value arguments[MOST_ARGUMENTS], taken;
  Elements bytes;
  int64_t advice;
  if (!read_arguments(env, info, 2, NULL, arguments)) return NULL;
  if (!read_elements(env, arguments[0], napi_uint8_array, &bytes)) {
    return refuse_argument(env, "bytes is not a Uint8Array");
  }
  if (!read_number(env, arguments[1], 0, 4, &advice)) return refuse_argument(env, "there is no such advice");
  uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
  uintptr_t start = (uintptr_t)bytes.data & ~(page - 1);
  uintptr_t end = (uintptr_t)bytes.data + bytes.length;
  bool done = bytes.length > 0 && madvise((void *)start, end - start, ADVICE[advice]) == 0;
  return napi_get_boolean(env, done, &taken) == napi_ok ? taken : NULL;
}

bool add_mmap(napi_env env, napi_value exports) {
  return add_function(env, exports, "mapFile", map_file) && add_function(env, exports, "advise", advise);
}
