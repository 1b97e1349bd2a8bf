/* BPF maps and programs, by bpf(2). What the structures say is in linux/bpf.h. */
#define _GNU_SOURCE
#include "addon.h"

#include <errno.h>
#include <linux/bpf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Bytes of a key and of a value, entries of a map, instructions of a program: at most. */
#define LONGEST 64
#define MOST_ENTRIES (1 << 24)
#define MOST_INSTRUCTIONS 4096
#define MOST_PROCESSORS 4096
/* Entries that go to the kernel in one call. */
#define BATCH 8192
#define LOG_BYTES (256 * 1024)
/* What is kept of a log: its end, where the verifier says what it did not take. */
#define LOG_END MOST_WORDS
/* ENOTSUPP of the kernel, which no header of the C library has: the map has no such command. */
#define NOT_SUPPORTED 524

/* Commands that came with Linux 5.6: headers may be older than the kernel. */
enum { LOOKUP_BATCH = 24, UPDATE_BATCH = 26, DELETE_BATCH = 27 };
struct batch {
  uint64_t in, out, keys, values;
  uint32_t count, map;
  uint64_t element_flags, flags;
};

static long bpf(int command, void *attributes, unsigned length) {
  return syscall(__NR_bpf, command, attributes, length);
}

static uint64_t address(const void *pointer) { return (uint64_t)(uintptr_t)pointer; }

/* Reads a name of at most 15 bytes, as the kernel gives them to maps, programs and interfaces. */
static bool read_name(napi_env env, napi_value value, char name[BPF_OBJ_NAME_LEN]) {
  char text[BPF_OBJ_NAME_LEN + 1];
  size_t length;
  if (napi_get_value_string_utf8(env, value, text, sizeof text, &length) != napi_ok || length == 0 ||
      length >= BPF_OBJ_NAME_LEN || strlen(text) != length) {
    refuse_argument(env, "name is not one of 1 to 15 bytes");
    return false;
  }
  memset(name, 0, BPF_OBJ_NAME_LEN);
  memcpy(name, text, length);
  return true;
}

static bool read_file(napi_env env, napi_value value, int *file) {
  int64_t number;
  if (!read_number(env, value, 0, INT32_MAX, &number)) {
    refuse_argument(env, "fd is not a descriptor");
    return false;
  }
  *file = (int)number;
  return true;
}

/* What the kernel says of a map or a program; reports it when it says nothing. */
static bool describe(napi_env env, int file, void *info, unsigned length) {
  union bpf_attr attributes;
  memset(&attributes, 0, sizeof attributes);
  attributes.info.bpf_fd = (uint32_t)file;
  attributes.info.info_len = length;
  attributes.info.info = address(info);
  if (bpf(BPF_OBJ_GET_INFO_BY_FD, &attributes, sizeof attributes) == 0) return true;
  report_failure(env, "bpf", errno);
  return false;
}

/* Reads the descriptor of a map whose keys and values are of the sizes that are bounded here. */
static bool read_map(napi_env env, napi_value value, int *file, struct bpf_map_info *info) {
  if (!read_file(env, value, file)) return false;
  memset(info, 0, sizeof *info);
  if (!describe(env, *file, info, sizeof *info)) return false;
  /* A descriptor of a program answers too, with other fields; a map has both sizes. */
  if (info->key_size == 0 || info->key_size > LONGEST || info->value_size == 0 || info->value_size > LONGEST) {
    refuse_argument(env, "fd is not a map of a known shape");
    return false;
  }
  return true;
}

/* bpfCreateMap(kind, keyBytes, valueBytes, entries, flags, name): its descriptor. */
static napi_value create_map(napi_env env, napi_callback_info info) {
  napi_value arguments[MOST_ARGUMENTS];
  int64_t kind, key, value, entries, flags;
  union bpf_attr attributes;
  memset(&attributes, 0, sizeof attributes);
  if (!read_arguments(env, info, 6, NULL, arguments)) return NULL;
  if (!read_number(env, arguments[0], 1, UINT16_MAX, &kind)) return refuse_argument(env, "kind is out of range");
  if (!read_number(env, arguments[1], 1, LONGEST, &key) || !read_number(env, arguments[2], 1, LONGEST, &value)) {
    return refuse_argument(env, "a size is out of range");
  }
  if (!read_number(env, arguments[3], 1, MOST_ENTRIES, &entries)) {
    return refuse_argument(env, "entries is out of range");
  }
  if (!read_number(env, arguments[4], 0, UINT32_MAX, &flags)) return refuse_argument(env, "flags are out of range");
  if (!read_name(env, arguments[5], attributes.map_name)) return NULL;
  attributes.map_type = (uint32_t)kind;
  attributes.key_size = (uint32_t)key;
  attributes.value_size = (uint32_t)value;
  attributes.max_entries = (uint32_t)entries;
  attributes.map_flags = (uint32_t)flags;
  long file = bpf(BPF_MAP_CREATE, &attributes, sizeof attributes);
  if (file < 0 && errno == EPERM) {
    /* Before Linux 5.11 maps count as locked memory, of which a process may have little. */
    struct rlimit unlimited = {RLIM_INFINITY, RLIM_INFINITY};
    if (setrlimit(RLIMIT_MEMLOCK, &unlimited) == 0) file = bpf(BPF_MAP_CREATE, &attributes, sizeof attributes);
    else errno = EPERM;
  }
  return file < 0 ? report_failure(env, "bpf", errno) : number_of(env, file);
}

/* Whether a command for many entries is missing, so that they go one by one. */
static bool lacks_batches(int number) { return number == EINVAL || number == NOT_SUPPORTED; }

/* bpfUpdate(map, keys, values): sets all of them; throws at the first that the kernel does not take. */
static napi_value update(napi_env env, napi_callback_info info) {
  napi_value arguments[MOST_ARGUMENTS];
  int file;
  struct bpf_map_info map;
  Elements keys, values;
  if (!read_arguments(env, info, 3, NULL, arguments) || !read_map(env, arguments[0], &file, &map)) return NULL;
  if (!read_elements(env, arguments[1], napi_uint8_array, &keys) ||
      !read_elements(env, arguments[2], napi_uint8_array, &values) || keys.length % map.key_size != 0 ||
      keys.length / map.key_size * map.value_size != values.length) {
    return refuse_argument(env, "keys and values do not fit the map");
  }
  const uint8_t *key = keys.data, *value = values.data;
  size_t left = keys.length / map.key_size;
  bool batches = left > 1;
  while (left > 0) {
    uint32_t done = 1;
    if (batches) {
      struct batch batch = {.keys = address(key), .values = address(value), .map = (uint32_t)file};
      batch.count = (uint32_t)(left < BATCH ? left : BATCH);
      uint32_t asked = batch.count;
      if (bpf(UPDATE_BATCH, &batch, sizeof batch) == 0) {
        done = asked;
      } else {
        if (!lacks_batches(errno)) return report_failure(env, "bpf", errno);
        batches = false;
        continue;
      }
    } else {
      union bpf_attr attributes;
      memset(&attributes, 0, sizeof attributes);
      attributes.map_fd = (uint32_t)file;
      attributes.key = address(key);
      attributes.value = address(value);
      if (bpf(BPF_MAP_UPDATE_ELEM, &attributes, sizeof attributes) != 0) return report_failure(env, "bpf", errno);
    }
    key += (size_t)done * map.key_size;
    value += (size_t)done * map.value_size;
    left -= done;
  }
  return NULL;
}

/* bpfDelete(map, keys): takes out those that are there; how many were. */
static napi_value delete_keys(napi_env env, napi_callback_info info) {
  napi_value arguments[MOST_ARGUMENTS];
  int file;
  struct bpf_map_info map;
  Elements keys;
  if (!read_arguments(env, info, 2, NULL, arguments) || !read_map(env, arguments[0], &file, &map)) return NULL;
  if (!read_elements(env, arguments[1], napi_uint8_array, &keys) || keys.length % map.key_size != 0) {
    return refuse_argument(env, "keys do not fit the map");
  }
  const uint8_t *key = keys.data;
  size_t left = keys.length / map.key_size;
  int64_t deleted = 0;
  bool batches = left > 1;
  while (left > 0) {
    uint32_t done = 1;
    if (batches) {
      struct batch batch = {.keys = address(key), .map = (uint32_t)file};
      batch.count = (uint32_t)(left < BATCH ? left : BATCH);
      uint32_t asked = batch.count;
      if (bpf(DELETE_BATCH, &batch, sizeof batch) == 0) {
        done = asked;
        deleted += asked;
      } else if (errno == ENOENT && batch.count < asked) {
        /* Those before it are gone; the one that is not there is passed over. */
        done = batch.count + 1;
        deleted += batch.count;
      } else {
        if (!lacks_batches(errno)) return report_failure(env, "bpf", errno);
        batches = false;
        continue;
      }
    } else {
      union bpf_attr attributes;
      memset(&attributes, 0, sizeof attributes);
      attributes.map_fd = (uint32_t)file;
      attributes.key = address(key);
      if (bpf(BPF_MAP_DELETE_ELEM, &attributes, sizeof attributes) == 0) deleted++;
      else if (errno != ENOENT) return report_failure(env, "bpf", errno);
    }
    key += (size_t)done * map.key_size;
    left -= done;
  }
  return number_of(env, deleted);
}

/* Processors that the kernel has room for: as many values has a map with one for each. */
static size_t possible_processors(void) {
  char text[256];
  FILE *file = fopen("/sys/devices/system/cpu/possible", "re");
  if (file == NULL) return 0;
  size_t length = fread(text, 1, sizeof text - 1, file);
  fclose(file);
  text[length] = 0;
  /* "0-3" or "0,2-5": the last number is the highest. */
  while (length > 0 && (text[length - 1] < '0' || text[length - 1] > '9')) text[--length] = 0;
  while (length > 0 && text[length - 1] >= '0' && text[length - 1] <= '9') length--;
  long last = strtol(text + length, NULL, 10);
  return last < 0 || last >= MOST_PROCESSORS ? 0 : (size_t)last + 1;
}

/* bpfLookup(map, key): the value, of a map per processor all of them, each from a multiple of 8 on; or undefined. */
static napi_value lookup(napi_env env, napi_callback_info info) {
  napi_value arguments[MOST_ARGUMENTS], buffer, result;
  int file;
  struct bpf_map_info map;
  Elements key;
  void *value;
  if (!read_arguments(env, info, 2, NULL, arguments) || !read_map(env, arguments[0], &file, &map)) return NULL;
  if (!read_elements(env, arguments[1], napi_uint8_array, &key) || key.length != map.key_size) {
    return refuse_argument(env, "key does not fit the map");
  }
  size_t length = map.value_size;
  if (map.type == BPF_MAP_TYPE_PERCPU_ARRAY || map.type == BPF_MAP_TYPE_PERCPU_HASH ||
      map.type == BPF_MAP_TYPE_LRU_PERCPU_HASH) {
    size_t processors = possible_processors();
    if (processors == 0) return report_failure(env, "/sys/devices/system/cpu/possible", ENOENT);
    length = (length + 7) / 8 * 8 * processors;
  }
  if (napi_create_arraybuffer(env, length, &value, &buffer) != napi_ok) return NULL;
  union bpf_attr attributes;
  memset(&attributes, 0, sizeof attributes);
  attributes.map_fd = (uint32_t)file;
  attributes.key = address(key.data);
  attributes.value = address(value);
  if (bpf(BPF_MAP_LOOKUP_ELEM, &attributes, sizeof attributes) != 0) {
    return errno == ENOENT ? NULL : report_failure(env, "bpf", errno);
  }
  return napi_create_typedarray(env, napi_uint8_array, length, buffer, 0, &result) == napi_ok ? result : NULL;
}

/* Reads entries one by one; how many, or -1 with errno. */
static int64_t walk(int file, const struct bpf_map_info *map, uint8_t *keys, uint8_t *values, size_t room) {
  size_t count = 0;
  uint8_t *previous = NULL;
  while (count < room) {
    union bpf_attr attributes;
    uint8_t *key = keys + count * map->key_size;
    memset(&attributes, 0, sizeof attributes);
    attributes.map_fd = (uint32_t)file;
    attributes.key = address(previous);
    attributes.next_key = address(key);
    if (bpf(BPF_MAP_GET_NEXT_KEY, &attributes, sizeof attributes) != 0) return errno == ENOENT ? (int64_t)count : -1;
    attributes.key = address(key);
    attributes.value = address(values + count * map->value_size);
    if (bpf(BPF_MAP_LOOKUP_ELEM, &attributes, sizeof attributes) != 0) return -1;
    previous = key;
    count++;
  }
  return (int64_t)count;
}

/* bpfEntries(map, keys, values): reads the map's entries as far as there is room; how many. Not for maps per CPU. */
static napi_value entries(napi_env env, napi_callback_info info) {
  napi_value arguments[MOST_ARGUMENTS];
  int file;
  struct bpf_map_info map;
  Elements keys, values;
  uint8_t token[LONGEST];
  if (!read_arguments(env, info, 3, NULL, arguments) || !read_map(env, arguments[0], &file, &map)) return NULL;
  if (map.type != BPF_MAP_TYPE_HASH && map.type != BPF_MAP_TYPE_LPM_TRIE) {
    return refuse_argument(env, "fd is neither a hash nor a trie");
  }
  if (!read_elements(env, arguments[1], napi_uint8_array, &keys) ||
      !read_elements(env, arguments[2], napi_uint8_array, &values)) {
    return refuse_argument(env, "keys and values are not Uint8Arrays");
  }
  size_t room = keys.length / map.key_size, most = values.length / map.value_size, count = 0;
  if (room > most) room = most;
  for (bool first = true; count < room; first = false) {
    struct batch batch = {.in = first ? 0 : address(token), .out = address(token), .map = (uint32_t)file};
    batch.keys = address((uint8_t *)keys.data + count * map.key_size);
    batch.values = address((uint8_t *)values.data + count * map.value_size);
    batch.count = (uint32_t)(room - count < BATCH ? room - count : BATCH);
    long done = bpf(LOOKUP_BATCH, &batch, sizeof batch);
    if (done != 0 && errno != ENOENT) {
      /* ENOSPC: entries that hash alike do not fit what is left. Then, and without batches, one by one. */
      if (!lacks_batches(errno) && errno != ENOSPC) return report_failure(env, "bpf", errno);
      int64_t walked = walk(file, &map, keys.data, values.data, room);
      return walked < 0 ? report_failure(env, "bpf", errno) : number_of(env, walked);
    }
    count += batch.count;
    if (done != 0) break;
  }
  return number_of(env, (int64_t)count);
}

/*
 * bpfLoad(kind, instructions, name, license, flags): the program's descriptor. Throws the end of the verifier's log
 * when the kernel does not take it.
 */
static napi_value load_program(napi_env env, napi_callback_info info) {
  napi_value arguments[MOST_ARGUMENTS];
  int64_t kind, flags;
  Elements code;
  char license[64];
  size_t length;
  union bpf_attr attributes;
  memset(&attributes, 0, sizeof attributes);
  if (!read_arguments(env, info, 5, NULL, arguments)) return NULL;
  if (!read_number(env, arguments[0], 1, UINT16_MAX, &kind)) return refuse_argument(env, "kind is out of range");
  if (!read_elements(env, arguments[1], napi_uint8_array, &code) || code.length == 0 ||
      code.length % sizeof(struct bpf_insn) != 0 || code.length / sizeof(struct bpf_insn) > MOST_INSTRUCTIONS) {
    return refuse_argument(env, "instructions are not a run of BPF instructions");
  }
  if (!read_name(env, arguments[2], attributes.prog_name)) return NULL;
  if (napi_get_value_string_utf8(env, arguments[3], license, sizeof license, &length) != napi_ok || length == 0 ||
      length == sizeof license - 1) {
    return refuse_argument(env, "license is not a name");
  }
  if (!read_number(env, arguments[4], 0, UINT32_MAX, &flags)) return refuse_argument(env, "flags are out of range");
  attributes.prog_type = (uint32_t)kind;
  attributes.insns = address(code.data);
  attributes.insn_cnt = (uint32_t)(code.length / sizeof(struct bpf_insn));
  attributes.license = address(license);
  attributes.prog_flags = (uint32_t)flags;
  long file = bpf(BPF_PROG_LOAD, &attributes, sizeof attributes);
  if (file >= 0) return number_of(env, file);
  int number = errno;
  if (number == EPERM) return report_failure(env, "bpf", number);
  /* Once more with a log, for the words; writing it costs time that a sound program need not pay. */
  char *log = calloc(1, LOG_BYTES);
  if (log == NULL) return report_failure(env, "bpf", number);
  attributes.log_buf = address(log);
  attributes.log_size = LOG_BYTES;
  attributes.log_level = 1;
  file = bpf(BPF_PROG_LOAD, &attributes, sizeof attributes);
  size_t end = strnlen(log, LOG_BYTES - 1);
  const char *words = log + (end > LOG_END ? end - LOG_END : 0);
  napi_value result = file >= 0 ? number_of(env, file) : report_words(env, "bpf", number, words);
  free(log);
  return result;
}

/* A descriptor of what has this number in the kernel; undefined where nothing has it any more. */
static napi_value open_number(napi_env env, napi_callback_info info, int command) {
  napi_value arguments[MOST_ARGUMENTS];
  int64_t number;
  union bpf_attr attributes;
  memset(&attributes, 0, sizeof attributes);
  if (!read_arguments(env, info, 1, NULL, arguments)) return NULL;
  if (!read_number(env, arguments[0], 0, UINT32_MAX, &number)) return refuse_argument(env, "id is out of range");
  attributes.map_id = (uint32_t)number;
  long file = bpf(command, &attributes, sizeof attributes);
  if (file < 0) return errno == ENOENT ? NULL : report_failure(env, "bpf", errno);
  return number_of(env, file);
}

/* bpfOpenProgram(id) */
static napi_value open_program(napi_env env, napi_callback_info info) {
  return open_number(env, info, BPF_PROG_GET_FD_BY_ID);
}

/* bpfOpenMap(id) */
static napi_value open_map(napi_env env, napi_callback_info info) {
  return open_number(env, info, BPF_MAP_GET_FD_BY_ID);
}

/* bpfDescribeMap(map): its shape. */
static napi_value describe_map(napi_env env, napi_callback_info info) {
  napi_value arguments[MOST_ARGUMENTS], result;
  int file;
  struct bpf_map_info map;
  if (!read_arguments(env, info, 1, NULL, arguments) || !read_file(env, arguments[0], &file)) return NULL;
  memset(&map, 0, sizeof map);
  if (!describe(env, file, &map, sizeof map)) return NULL;
  map.name[BPF_OBJ_NAME_LEN - 1] = 0;
  if (napi_create_object(env, &result) != napi_ok || !put_text(env, result, "name", map.name) ||
      !put_number(env, result, "id", map.id) || !put_number(env, result, "kind", map.type) ||
      !put_number(env, result, "keyBytes", map.key_size) || !put_number(env, result, "valueBytes", map.value_size) ||
      !put_number(env, result, "entries", map.max_entries) || !put_number(env, result, "flags", map.map_flags)) {
    return NULL;
  }
  return result;
}

/* bpfDescribeProgram(program): its name and the numbers of its maps. */
static napi_value describe_program(napi_env env, napi_callback_info info) {
  napi_value arguments[MOST_ARGUMENTS], result, list;
  int file;
  struct bpf_prog_info program;
  uint32_t maps[64];
  if (!read_arguments(env, info, 1, NULL, arguments) || !read_file(env, arguments[0], &file)) return NULL;
  memset(&program, 0, sizeof program);
  program.nr_map_ids = sizeof maps / sizeof maps[0];
  program.map_ids = address(maps);
  if (!describe(env, file, &program, sizeof program)) return NULL;
  program.name[BPF_OBJ_NAME_LEN - 1] = 0;
  if (napi_create_object(env, &result) != napi_ok || !put_text(env, result, "name", program.name) ||
      !put_number(env, result, "id", program.id) || !put_number(env, result, "kind", program.type) ||
      napi_create_array(env, &list) != napi_ok || napi_set_named_property(env, result, "maps", list) != napi_ok) {
    return NULL;
  }
  for (uint32_t i = 0; i < program.nr_map_ids && i < sizeof maps / sizeof maps[0]; i++) {
    napi_value id = number_of(env, maps[i]);
    if (id == NULL || napi_set_element(env, list, i, id) != napi_ok) return NULL;
  }
  return result;
}

bool add_ebpf(napi_env env, napi_value exports) {
  return add_function(env, exports, "bpfCreateMap", create_map) && add_function(env, exports, "bpfUpdate", update) &&
         add_function(env, exports, "bpfDelete", delete_keys) && add_function(env, exports, "bpfLookup", lookup) &&
         add_function(env, exports, "bpfEntries", entries) && add_function(env, exports, "bpfLoad", load_program) &&
         add_function(env, exports, "bpfOpenProgram", open_program) &&
         add_function(env, exports, "bpfOpenMap", open_map) &&
         add_function(env, exports, "bpfDescribeMap", describe_map) &&
         add_function(env, exports, "bpfDescribeProgram", describe_program);
}
