/*
 * What the files of the addon share: reading arguments and reporting what is wrong with them. One file per
 * capability; a file offers one function that adds its functions to the exports.
 */
#ifndef WEIR_ADDON_H
#define WEIR_ADDON_H

#define NAPI_VERSION 8
#include <node_api.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Arguments of any function here at most. */
#define MOST_ARGUMENTS 7

/* The elements of a typed array that was passed in; valid while the call lasts. */
typedef struct {
  void *data;
  size_t length;
} Elements;

/* Throws a TypeError; returns NULL so that a function can end with it. */
napi_value refuse_argument(napi_env env, const char *message);

/* Throws an Error whose `code` and `errno` tell what the system call `name` failed with; returns NULL. */
napi_value report_failure(napi_env env, const char *name, int number);

/* Words of the kernel that an error holds at most. */
#define MOST_WORDS 1500

/* As report_failure, with the kernel's own words about it, where there are any. */
napi_value report_words(napi_env env, const char *name, int number, const char *words);

/* Reads at least `count` arguments into `values`; false with an exception pending when there are fewer. */
bool read_arguments(napi_env env, napi_callback_info info, size_t count, napi_value *self, napi_value *values);

/* Reads a typed array of the given kind; false when the value is not one. */
bool read_elements(napi_env env, napi_value value, napi_typedarray_type type, Elements *elements);

/* Reads a whole number from `low` to `high`; false when the value is not one. */
bool read_number(napi_env env, napi_value value, int64_t low, int64_t high, int64_t *number);

/* Adds a function to an object. */
bool add_function(napi_env env, napi_value object, const char *name, napi_callback function);

/* A whole number; NULL with an exception pending. */
napi_value number_of(napi_env env, int64_t number);

/* Sets a property of an object. */
bool put_number(napi_env env, napi_value object, const char *name, int64_t number);
bool put_text(napi_env env, napi_value object, const char *name, const char *text);

bool add_mmap(napi_env env, napi_value exports);
bool add_bpf(napi_env env, napi_value exports);
bool add_ring(napi_env env, napi_value exports);
bool add_send(napi_env env, napi_value exports);
bool add_memory(napi_env env, napi_value exports);
bool add_schedule(napi_env env, napi_value exports);
bool add_destination(napi_env env, napi_value exports);
bool add_netlink(napi_env env, napi_value exports);
bool add_ebpf(napi_env env, napi_value exports);
bool add_xdp(napi_env env, napi_value exports);

#endif
