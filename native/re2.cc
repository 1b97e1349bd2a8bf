/*
 * weir-re2.node: RE2, for the regular expressions that can take V8 longer than a request may. A library of its own, for
 * RE2 need not be installed. Values are binary strings: RE2 sees their bytes as Latin-1.
 */
#define NAPI_VERSION 8
#include <node_api.h>
#include <re2/re2.h>

#include <cstdint>
#include <memory>
#include <new>
#include <string>
#include <vector>

namespace {

/* Values up to this length are copied to a buffer that is there already. */
constexpr size_t kShort = 1 << 16;
/* Groups of an expression at most, the whole match among them. */
constexpr int kMostGroups = 256;
/* Memory of one expression, program and DFA: at least, at most. */
constexpr int64_t kLeastMemory = 1 << 16;
constexpr int64_t kMostMemory = 1 << 30;

/* The functions of one expression share it; the last to be collected frees it. */
using Shared = std::shared_ptr<const re2::RE2>;

napi_value refuse(napi_env env, const char *message) {
  napi_throw_type_error(env, "ERR_INVALID_ARG_VALUE", message);
  return nullptr;
}

/* The bytes of a string argument, valid until the next call on this thread. */
bool read_text(napi_env env, napi_value value, re2::StringPiece *text) {
  static thread_local std::unique_ptr<char[]> buffer(new (std::nothrow) char[kShort]);
  static thread_local std::unique_ptr<char[]> large;
  size_t length = 0;
  if (buffer == nullptr || napi_get_value_string_latin1(env, value, buffer.get(), kShort, &length) != napi_ok) {
    return false;
  }
  large.reset();
  if (length < kShort - 1) {
    *text = re2::StringPiece(buffer.get(), length);
    return true;
  }
  /* It may have been cut. */
  if (napi_get_value_string_latin1(env, value, nullptr, 0, &length) != napi_ok) return false;
  large.reset(new (std::nothrow) char[length + 1]);
  if (large == nullptr || napi_get_value_string_latin1(env, value, large.get(), length + 1, &length) != napi_ok) {
    return false;
  }
  *text = re2::StringPiece(large.get(), length);
  return true;
}

/* Reads the first argument of a call and tells the expression that its function belongs to. */
const re2::RE2 *begin(napi_env env, napi_callback_info info, size_t count, napi_value *arguments,
                      re2::StringPiece *text) {
  size_t given = count;
  void *data = nullptr;
  if (napi_get_cb_info(env, info, &given, arguments, nullptr, &data) != napi_ok || given < count ||
      !read_text(env, arguments[0], text)) {
    refuse(env, "the value is not a string, or too long");
    return nullptr;
  }
  return static_cast<Shared *>(data)->get();
}

/* test(value): whether the expression matches anywhere. */
napi_value test(napi_env env, napi_callback_info info) {
  napi_value argument, result = nullptr;
  re2::StringPiece text;
  const re2::RE2 *expression = begin(env, info, 1, &argument, &text);
  if (expression == nullptr) return nullptr;
  const bool matches = expression->Match(text, 0, text.size(), re2::RE2::UNANCHORED, nullptr, 0);
  napi_get_boolean(env, matches, &result);
  return result;
}

/* exec(value, offsets): the same; fills an Int32Array with start and end of the match and of the groups, -1 for none. */
napi_value exec(napi_env env, napi_callback_info info) {
  napi_value arguments[2], result = nullptr;
  re2::StringPiece text;
  const re2::RE2 *expression = begin(env, info, 2, arguments, &text);
  if (expression == nullptr) return nullptr;
  napi_typedarray_type type;
  size_t length = 0;
  void *data = nullptr;
  if (napi_get_typedarray_info(env, arguments[1], &type, &length, &data, nullptr, nullptr) != napi_ok ||
      type != napi_int32_array) {
    return refuse(env, "offsets are not an Int32Array");
  }
  const int known = expression->NumberOfCapturingGroups() + 1;
  const int wanted = static_cast<int>(length / 2 < kMostGroups ? length / 2 : kMostGroups);
  const int groups = wanted < known ? wanted : known;
  re2::StringPiece found[kMostGroups];
  const bool matches = expression->Match(text, 0, text.size(), re2::RE2::UNANCHORED, found, groups);
  if (matches) {
    int32_t *offsets = static_cast<int32_t *>(data);
    for (int i = 0; i < wanted; i++) {
      const bool set = i < groups && found[i].data() != nullptr;
      const int32_t start = set ? static_cast<int32_t>(found[i].data() - text.data()) : -1;
      offsets[2 * i] = start;
      offsets[2 * i + 1] = set ? start + static_cast<int32_t>(found[i].size()) : -1;
    }
  }
  napi_get_boolean(env, matches, &result);
  return result;
}

void release(napi_env, void *data, void *) { delete static_cast<Shared *>(data); }

/* Adds a function that owns a share of the expression. */
bool add(napi_env env, napi_value object, const char *name, napi_callback function, const Shared &expression) {
  napi_value value;
  Shared *share = new (std::nothrow) Shared(expression);
  if (share == nullptr) return false;
  if (napi_create_function(env, name, NAPI_AUTO_LENGTH, function, share, &value) != napi_ok ||
      napi_add_finalizer(env, value, share, release, nullptr, nullptr) != napi_ok) {
    delete share;
    return false;
  }
  return napi_set_named_property(env, object, name, value) == napi_ok;
}

/* compile(source, memory): {test, exec, size}; throws what RE2 says of an expression that it does not take. */
napi_value compile(napi_env env, napi_callback_info info) {
  size_t given = 2;
  napi_value arguments[2], object, size;
  int64_t memory = 0;
  re2::StringPiece source;
  if (napi_get_cb_info(env, info, &given, arguments, nullptr, nullptr) != napi_ok || given < 2 ||
      !read_text(env, arguments[0], &source)) {
    return refuse(env, "the source is not a string, or too long");
  }
  if (napi_get_value_int64(env, arguments[1], &memory) != napi_ok || memory < kLeastMemory || memory > kMostMemory) {
    return refuse(env, "memory is out of range");
  }
  re2::RE2::Options options;
  options.set_encoding(re2::RE2::Options::EncodingLatin1);
  options.set_log_errors(false);
  options.set_dot_nl(true);
  options.set_max_mem(memory);
  const Shared expression = std::make_shared<const re2::RE2>(source, options);
  if (!expression->ok()) {
    napi_throw_error(env, "ERR_RE2", expression->error().c_str());
    return nullptr;
  }
  if (napi_create_object(env, &object) != napi_ok || !add(env, object, "test", test, expression) ||
      !add(env, object, "exec", exec, expression) ||
      napi_create_int32(env, expression->ProgramSize(), &size) != napi_ok ||
      napi_set_named_property(env, object, "size", size) != napi_ok) {
    return refuse(env, "the expression could not be set up");
  }
  return object;
}

}  // namespace

NAPI_MODULE_INIT() {
  napi_value function;
  if (napi_create_function(env, "compile", NAPI_AUTO_LENGTH, compile, nullptr, &function) != napi_ok ||
      napi_set_named_property(env, exports, "compile", function) != napi_ok) {
    napi_throw_error(env, nullptr, "the addon could not be set up");
    return nullptr;
  }
  return exports;
}
