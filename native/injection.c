/*
 * weir-injection.node: libinjection, which tells SQL injection and cross-site scripting by how a value reads as SQL and
 * as HTML. Debian has it inside of libmodsecurity only, which is loaded with this library: nothing is linked to it, and
 * no header of it is needed. It keeps no state, so that any thread may ask.
 */
#include "addon.h"

#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>

/* The library of the packages libmodsecurity3 (Debian 12) and libmodsecurity3t64 (Debian 13, Ubuntu 24.04). */
#define LIBRARY "libmodsecurity.so.3"

/* Room for a fingerprint: five tokens, three to spare, and the end. */
#define FINGERPRINT 9

/* Bytes of a value at most. */
#define MOST_BYTES (1 << 20)

/* Values up to this size are copied to the stack. */
#define SMALL_BYTES 4096

static int (*is_sqli)(const char *value, size_t length, char fingerprint[]);
static int (*is_xss)(const char *value, size_t length);

/* The bytes of a string, in `small` where they fit, else to be freed; NULL with an exception pending. */
static char *read_value(napi_env env, napi_callback_info info, char *small, size_t *length) {
  napi_value arguments[MOST_ARGUMENTS];
  if (!read_arguments(env, info, 1, NULL, arguments)) return NULL;
  if (napi_get_value_string_latin1(env, arguments[0], NULL, 0, length) != napi_ok) {
    refuse_argument(env, "value is not a string");
    return NULL;
  }
  if (*length > MOST_BYTES) {
    refuse_argument(env, "value is too long");
    return NULL;
  }
  size_t room = *length + 1;
  char *value = room <= SMALL_BYTES ? small : malloc(room);
  if (value == NULL) {
    napi_throw_error(env, NULL, "out of memory");
    return NULL;
  }
  if (napi_get_value_string_latin1(env, arguments[0], value, room, length) == napi_ok) return value;
  if (value != small) free(value);
  return NULL;
}

/* sqli(value): the fingerprint of what reads as SQL injection; empty where nothing does. */
static napi_value sqli(napi_env env, napi_callback_info info) {
  char small[SMALL_BYTES], fingerprint[FINGERPRINT] = {0};
  size_t length;
  char *value = read_value(env, info, small, &length);
  if (value == NULL) return NULL;
  bool found = is_sqli(value, length, fingerprint) != 0;
  if (value != small) free(value);
  napi_value text;
  size_t end = found ? strnlen(fingerprint, sizeof fingerprint) : 0;
  return napi_create_string_latin1(env, fingerprint, end, &text) == napi_ok ? text : NULL;
}

/* xss(value): whether the value reads as cross-site scripting. */
static napi_value xss(napi_env env, napi_callback_info info) {
  char small[SMALL_BYTES];
  size_t length;
  char *value = read_value(env, info, small, &length);
  if (value == NULL) return NULL;
  bool found = is_xss(value, length) != 0;
  if (value != small) free(value);
  napi_value answer;
  return napi_get_boolean(env, found, &answer) == napi_ok ? answer : NULL;
}

/* A function of the library; NULL where it has none of that name. */
static void *find(void *library, const char *name) {
  return library == NULL ? NULL : dlsym(library, name);
}

NAPI_MODULE_INIT() {
  /* It stays loaded: what it draws in registers destructors that must find it. */
  void *library = dlopen(LIBRARY, RTLD_LAZY | RTLD_LOCAL | RTLD_NODELETE);
  /* POSIX has functions and data of one size; C does not say how to turn one into the other. */
  *(void **)&is_sqli = find(library, "libinjection_sqli");
  *(void **)&is_xss = find(library, "libinjection_xss");
  if (is_sqli == NULL || is_xss == NULL) {
    const char *reason = dlerror();
    napi_throw_error(env, NULL, reason == NULL ? LIBRARY " does not export libinjection" : reason);
    return NULL;
  }
  napi_value limit;
  if (napi_create_uint32(env, MOST_BYTES, &limit) != napi_ok ||
      napi_set_named_property(env, exports, "limit", limit) != napi_ok || !add_function(env, exports, "sqli", sqli) ||
      !add_function(env, exports, "xss", xss)) {
    return NULL;
  }
  return exports;
}
