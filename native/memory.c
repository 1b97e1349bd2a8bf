/*
 * Memory that a long-lived process needs no more: what starting it took and its work does not touch.
 */
#define _GNU_SOURCE
#include "addon.h"

#include <link.h>
#include <malloc.h>
#include <sys/mman.h>
#include <unistd.h>

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

/* Lets go of the pages of code and constants of one program or library; the file has them, and they come back by use. */
static int drop_text(struct dl_phdr_info *object, size_t size, void *data) {
  (void)size;
  size_t *bytes = data;
  if (relocates_text(object)) return 0;
  uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
  for (size_t i = 0; i < object->dlpi_phnum; i++) {
    const ElfW(Phdr) *header = &object->dlpi_phdr[i];
    /* What is writable, or was until the loader had done with it, is not what the file has. */
    if (header->p_type != PT_LOAD || (header->p_flags & PF_W) != 0) continue;
    uintptr_t start = (object->dlpi_addr + header->p_vaddr + page - 1) & ~(page - 1);
    uintptr_t end = (object->dlpi_addr + header->p_vaddr + header->p_filesz) & ~(page - 1);
    if (start < end && madvise((void *)start, end - start, MADV_DONTNEED) == 0) *bytes += end - start;
  }
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
