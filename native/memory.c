/*
 * Memory that a long-lived process needs no more: what starting it took and its work does not touch.
 */
#define _GNU_SOURCE
#include "addon.h"

#include <fcntl.h>
#include <limits.h>
#include <link.h>
#include <linux/userfaultfd.h>
#include <malloc.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Of linux/userfaultfd.h since Linux 5.11 and 6.7. */
#ifndef UFFD_USER_MODE_ONLY
#define UFFD_USER_MODE_ONLY 1
#endif
#define ASYNCHRONOUS_PROTECTION (1 << 15)

/* True where the loader writes into segments that are not writable (DT_TEXTREL): their pages are not those of the file. */
static bool relocates_text(const struct dl_phdr_info *object) {
  for (size_t i = 0; i < object->dlpi_phnum; i++) {
    const ElfW(Phdr) *header = &object->dlpi_phdr[i];
    if (header->p_type != PT_DYNAMIC) continue;
    const ElfW(Dyn) *entry = (const ElfW(Dyn) *)(object->dlpi_addr + header->p_vaddr);
    for (; entry->d_tag != DT_NULL; entry++) {
      if (entry->d_tag == DT_TEXTREL || (entry->d_tag == DT_FLAGS && (entry->d_un.d_val & DF_TEXTREL) != 0)) {
        return true;
      }
    }
  }
  return false;
}

/* Where page faults of the ranges below are seen to; -1 before the first time, -2 where that cannot be had. */
static int single_faults = -1;

/*
 * A fault in a file's mapping brings the 64 KB around it along, as far as the page cache has them: of a large program
 * that is used here and there, four times what is used. The kernel leaves that be in ranges whose writes are watched
 * (userfaultfd(2); since 6.7 the pages of a file may be), and nobody writes to these. Where it cannot be had nothing is lost.
 */
static void fault_singly(uintptr_t start, uintptr_t end) {
#ifdef SYS_userfaultfd
  if (single_faults == -1) {
    struct uffdio_api api = {.api = UFFD_API, .features = ASYNCHRONOUS_PROTECTION};
    single_faults = (int)syscall(SYS_userfaultfd, O_CLOEXEC | O_NONBLOCK | UFFD_USER_MODE_ONLY);
    if (single_faults >= 0 && ioctl(single_faults, UFFDIO_API, &api) != 0) {
      close(single_faults);
      single_faults = -1;
    }
    if (single_faults < 0) single_faults = -2;
  }
  struct uffdio_register range = {.range = {start, end - start}, .mode = UFFDIO_REGISTER_MODE_WP};
  /* A range that it refuses goes on as it was. */
  if (single_faults >= 0) ioctl(single_faults, UFFDIO_REGISTER, &range);
#endif
}

/* Lets go of the pages of a range that are those of a file: they come back by use. Returns how many bytes it has. */
static size_t drop_range(uintptr_t start, uintptr_t end) {
  if (start >= end) return 0;
  fault_singly(start, end);
  return madvise((void *)start, end - start, MADV_DONTNEED) == 0 ? end - start : 0;
}

/*
 * V8 maps its built-in functions out of the program's file a second time, near the code that it makes: no segment tells of
 * that. Looked for once, and only outside of the segments, `from` to `to`.
 */
static void find_second_mapping(uintptr_t from, uintptr_t to, uintptr_t *start, uintptr_t *end) {
  char program[PATH_MAX], line[PATH_MAX + 128], path[PATH_MAX], permissions[5];
  ssize_t length = readlink("/proc/self/exe", program, sizeof program - 1);
  FILE *maps = length > 0 ? fopen("/proc/self/maps", "re") : NULL;
  if (maps == NULL) return;
  program[length] = 0;
  while (*start == 0 && fgets(line, sizeof line, maps) != NULL) {
    unsigned long first, last;
    int fields = sscanf(line, "%lx-%lx %4s %*s %*s %*s %4095[^\n]", &first, &last, permissions, path);
    if (fields != 4 || strcmp(permissions, "r-xp") != 0 || strcmp(path, program) != 0) continue;
    if (first < to && last > from) continue;
    *start = first;
    *end = last;
  }
  fclose(maps);
}

/* Lets go of the code and the constants of one program or library. */
static int drop_text(struct dl_phdr_info *object, size_t size, void *data) {
  static bool searched;
  static uintptr_t second_start, second_end;
  (void)size;
  size_t *bytes = data;
  if (relocates_text(object)) return 0;
  uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE), lowest = UINTPTR_MAX, highest = 0;
  for (size_t i = 0; i < object->dlpi_phnum; i++) {
    const ElfW(Phdr) *header = &object->dlpi_phdr[i];
    if (header->p_type != PT_LOAD) continue;
    uintptr_t start = object->dlpi_addr + header->p_vaddr;
    if (start < lowest) lowest = start;
    if (start + header->p_memsz > highest) highest = start + header->p_memsz;
    /* What is writable, or was until the loader had done with it, is not what the file has. */
    if ((header->p_flags & PF_W) != 0) continue;
    *bytes += drop_range((start + page - 1) & ~(page - 1), (start + header->p_filesz) & ~(page - 1));
  }
  /* The program itself has no name here (dl_iterate_phdr(3)). */
  if (object->dlpi_name[0] != 0) return 0;
  if (!searched) find_second_mapping(lowest, highest, &second_start, &second_end);
  searched = true;
  *bytes += drop_range(second_start, second_end);
  return 0;
}

/*
 * releaseUnused(): gives free memory of the C library back to the system, and takes the program's own code, which
 * starting has spread over memory, out of it: what is used comes back from the page cache, a few pages at a time.
 */
static napi_value release_unused(napi_env env, napi_callback_info info) {
  (void)info;
  size_t bytes = 0;
  napi_value result;
#ifdef __GLIBC__
  malloc_trim(0);
#endif
  dl_iterate_phdr(drop_text, &bytes);
  return napi_get_undefined(env, &result) == napi_ok ? result : NULL;
}

bool add_memory(napi_env env, napi_value exports) { return add_function(env, exports, "releaseUnused", release_unused); }
