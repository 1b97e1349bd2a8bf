/* Arguments of the addon's functions: read them, or say what is wrong. */
#include "addon.h"

#include <stdio.h>
#include <string.h>

napi_value refuse_argument(napi_env env, const char *message) {
  napi_throw_type_error(env, "ERR_INVALID_ARG_VALUE", message);
  return NULL;
}

napi_value report_failure(napi_env env, const char *name, int number) {
  char message[160];
  size_t length = 0;
  const char *parts[] = {name, ": ", strerror(number)};
  for (size_t i = 0; i < 3; i++) {
    size_t part = strlen(parts[i]);
    if (part > sizeof message - 1 - length) part = sizeof message - 1 - length;
    memcpy(message + length, parts[i], part);
    length += part;
  }
  napi_value text, error, code;
  if (napi_create_string_utf8(env, message, length, &text) == napi_ok &&
      napi_create_error(env, NULL, text, &error) == napi_ok &&
      napi_create_int32(env, number, &code) == napi_ok &&
      napi_set_named_property(env, error, "errno", code) == napi_ok &&
      napi_create_string_utf8(env, name, NAPI_AUTO_LENGTH, &text) == napi_ok &&
      napi_set_named_property(env, error, "syscall", text) == napi_ok) {
    napi_throw(env, error);
  }
  return NULL;
}

bool read_arguments(napi_env env, napi_callback_info info, size_t count, napi_value *self, napi_value *values) {
  size_t given = MOST_ARGUMENTS;
  if (napi_get_cb_info(env, info, &given, values, self, NULL) != napi_ok) return false;
  if (given >= count) return true;
  refuse_argument(env, "too few arguments");
  return false;
}

bool read_elements(napi_env env, napi_value value, napi_typedarray_type type, Elements *elements) {
  bool typed = false;
  napi_typedarray_type actual;
  if (napi_is_typedarray(env, value, &typed) != napi_ok || !typed) return false;
  if (napi_get_typedarray_info(env, value, &actual, &elements->length, &elements->data, NULL, NULL) != napi_ok) {
    return false;
  }
  return actual == type;
}

bool read_number(napi_env env, napi_value value, int64_t low, int64_t high, int64_t *number) {
  double given;
  if (napi_get_value_double(env, value, &given) != napi_ok) return false;
  /* NaN fails both comparisons. */
  if (!(given >= (double)low && given <= (double)high)) return false;
  *number = (int64_t)given;
  return (double)*number == given;
}

bool add_function(napi_env env, napi_value object, const char *name, napi_callback function) {
  napi_value value;
  return napi_create_function(env, name, NAPI_AUTO_LENGTH, function, NULL, &value) == napi_ok &&
         napi_set_named_property(env, object, name, value) == napi_ok;
}

napi_value report_words(napi_env env, const char *name, int number, const char *words) {
  char message[MOST_WORDS + 160];
  napi_value text, error, code;
  if (words[0] == 0) return report_failure(env, name, number);
  snprintf(message, sizeof message, "%s: %s: %s", name, strerror(number), words);
  if (napi_create_string_utf8(env, message, NAPI_AUTO_LENGTH, &text) == napi_ok &&
      napi_create_error(env, NULL, text, &error) == napi_ok && napi_create_int32(env, number, &code) == napi_ok &&
      napi_set_named_property(env, error, "errno", code) == napi_ok &&
      napi_create_string_utf8(env, name, NAPI_AUTO_LENGTH, &text) == napi_ok &&
      napi_set_named_property(env, error, "syscall", text) == napi_ok) {
    napi_throw(env, error);
  }
  return NULL;
}

napi_value number_of(napi_env env, int64_t number) {
  napi_value result;
  return napi_create_int64(env, number, &result) == napi_ok ? result : NULL;
}

bool put_number(napi_env env, napi_value object, const char *name, int64_t number) {
  napi_value value = number_of(env, number);
  return value != NULL && napi_set_named_property(env, object, name, value) == napi_ok;
}

bool put_text(napi_env env, napi_value object, const char *name, const char *text) {
  napi_value value;
  return napi_create_string_utf8(env, text, NAPI_AUTO_LENGTH, &value) == napi_ok &&
         napi_set_named_property(env, object, name, value) == napi_ok;
}
