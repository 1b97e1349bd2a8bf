/*
 * weir-ndpi.node: nDPI as a second voice on what a flow carries. Packets come in batches, each with the number of its
 * flow; the state of a flow under inspection lies in a slab that the caller's numbers index, and is freed on `release`.
 * This library does not know flows that have ended: the caller numbers them, and uses a number again after its release.
 */
#include "addon.h"
#include "ndpi-api.h"

#include <netinet/in.h>
#include <pthread.h>
#include <stdlib.h>

/* Numbers of a result, in this order: master protocol, application protocol, confidence | final << 8, category, risks
 * (low and high 32 bits). */
#define RESULT_NUMBERS 6
#define FINAL 0x100

/* What a result rests on. */
enum { CONFIDENCE_NONE, CONFIDENCE_PORT, CONFIDENCE_ADDRESS, CONFIDENCE_CONTENT };

/* Flows under inspection at most. */
#define MOST_FLOWS (1 << 20)

static const napi_type_tag INSPECTOR_TAG = {0x7765697220647069, 0x6e44504920766f69};

/* Modules must not be made by two threads at the same time. */
static pthread_mutex_t opening = PTHREAD_MUTEX_INITIALIZER;

typedef struct {
  struct ndpi_detection_module_struct *module;
  struct ndpi_flow_struct *flows;
  /* IP protocol of each flow; 0 for a number that is free. */
  uint8_t *protocols;
  uint32_t capacity;
  uint32_t live;
} Inspector;

static void clear_flow(Inspector *inspector, uint32_t number) {
  if (inspector->protocols[number] == 0) return;
  struct ndpi_flow_struct *flow = &inspector->flows[number];
  ndpi_free_flow_data(flow);
  memset(flow, 0, sizeof *flow);
  inspector->protocols[number] = 0;
  inspector->live--;
}

static void close_inspector(napi_env env, void *data, void *hint) {
  (void)env;
  (void)hint;
  Inspector *inspector = data;
  if (inspector->module != NULL) {
    for (uint32_t i = 0; i < inspector->capacity && inspector->live > 0; i++) clear_flow(inspector, i);
    ndpi_exit_detection_module(inspector->module);
  }
  free(inspector->flows);
  free(inspector->protocols);
  free(inspector);
}

static Inspector *open_inspector(uint32_t capacity) {
  Inspector *inspector = calloc(1, sizeof *inspector);
  if (inspector == NULL) return NULL;
  inspector->capacity = capacity;
  /* The system commits the pages of flows as they are touched. */
  inspector->flows = calloc(capacity, sizeof *inspector->flows);
  inspector->protocols = calloc(capacity, 1);
  if (inspector->flows != NULL && inspector->protocols != NULL) {
    pthread_mutex_lock(&opening);
    inspector->module = ndpi_open();
    pthread_mutex_unlock(&opening);
  }
  if (inspector->module != NULL) return inspector;
  close_inspector(NULL, inspector, NULL);
  return NULL;
}

/* new Inspector(capacity): flows are numbered from 0 to capacity - 1. */
static napi_value construct(napi_env env, napi_callback_info info) {
  napi_value self, arguments[MOST_ARGUMENTS];
  int64_t capacity;
  if (!read_arguments(env, info, 1, &self, arguments)) return NULL;
  if (!read_number(env, arguments[0], 1, MOST_FLOWS, &capacity)) {
    return refuse_argument(env, "capacity is out of range");
  }
  Inspector *inspector = open_inspector((uint32_t)capacity);
  if (inspector == NULL) {
    napi_throw_error(env, NULL, "nDPI could not be set up");
    return NULL;
  }
  if (napi_wrap(env, self, inspector, close_inspector, NULL, NULL) != napi_ok) {
    close_inspector(env, inspector, NULL);
    return NULL;
  }
  napi_type_tag_object(env, self, &INSPECTOR_TAG);
  return self;
}

/* The inspector that a method was called on; NULL with an exception pending. */
static Inspector *inspector_of(napi_env env, napi_callback_info info, size_t count, napi_value *arguments) {
  napi_value self;
  bool ours = false;
  void *inspector = NULL;
  if (!read_arguments(env, info, count, &self, arguments)) return NULL;
  if (napi_check_object_type_tag(env, self, &INSPECTOR_TAG, &ours) != napi_ok || !ours ||
      napi_unwrap(env, self, &inspector) != napi_ok) {
    refuse_argument(env, "this is not an inspector");
    return NULL;
  }
  return inspector;
}

static void write_result(int32_t *result, const struct ndpi_flow_struct *flow, ndpi_protocol protocol, bool final) {
  uint16_t numbers[2];
  ndpi_numbers(&protocol, numbers);
  int32_t confidence = CONFIDENCE_CONTENT;
  if (flow->confidence == NDPI_CONFIDENCE_UNKNOWN) confidence = CONFIDENCE_NONE;
  if (flow->confidence == NDPI_CONFIDENCE_MATCH_BY_PORT) confidence = CONFIDENCE_PORT;
  if (flow->confidence == NDPI_CONFIDENCE_MATCH_BY_IP) confidence = CONFIDENCE_ADDRESS;
  if ((numbers[0] | numbers[1]) == 0) confidence = CONFIDENCE_NONE;
  uint64_t risks = (uint64_t)flow->risk;
  result[0] = numbers[0];
  result[1] = numbers[1];
  result[2] = confidence | (final ? FINAL : 0);
  result[3] = (int32_t)protocol.category;
  result[4] = (int32_t)(uint32_t)risks;
  result[5] = (int32_t)(uint32_t)(risks >> 32);
}

/*
 * The flow to show a packet to; NULL where it must not be shown. nDPI reads the headers by itself, and its TCP parsers
 * take for granted that there is a TCP header: a flow that began as TCP and whose next packet nDPI takes for UDP would
 * end the process. So its own view of the transport decides what belongs to the flow.
 */
static struct ndpi_flow_struct *flow_for(Inspector *inspector, int32_t number, const uint8_t *packet, size_t length) {
  const u_int8_t *transport = NULL;
  u_int16_t transport_length = 0;
  u_int8_t protocol = 0;
  if (ndpi_detection_get_l4(packet, (u_int16_t)length, &transport, &transport_length, &protocol, 0) != 0) return NULL;
  if (protocol != IPPROTO_TCP && protocol != IPPROTO_UDP) return NULL;
  if (inspector->protocols[number] == 0) {
    inspector->protocols[number] = protocol;
    inspector->live++;
  }
  return inspector->protocols[number] == protocol ? &inspector->flows[number] : NULL;
}

/*
 * process(bytes, count, offsets, lengths, flows, times, results): shows `count` packets. Each lies in `bytes` at its
 * offset, from its IP header on; `times` are milliseconds; passed over are a packet whose flow is negative and one that
 * is neither TCP nor UDP, or not what its flow began as. Fills a result for each packet (all 0 where passed over).
 */
static napi_value process(napi_env env, napi_callback_info info) {
  napi_value arguments[MOST_ARGUMENTS];
  Inspector *inspector = inspector_of(env, info, 7, arguments);
  if (inspector == NULL) return NULL;
  Elements bytes, offsets, lengths, flows, times, results;
  int64_t count;
  if (!read_elements(env, arguments[0], napi_uint8_array, &bytes) ||
      !read_elements(env, arguments[2], napi_uint32_array, &offsets) ||
      !read_elements(env, arguments[3], napi_uint32_array, &lengths) ||
      !read_elements(env, arguments[4], napi_int32_array, &flows) ||
      !read_elements(env, arguments[5], napi_float64_array, &times) ||
      !read_elements(env, arguments[6], napi_int32_array, &results)) {
    return refuse_argument(env, "an array is of the wrong type");
  }
  if (!read_number(env, arguments[1], 0, UINT32_MAX, &count) || (size_t)count > offsets.length ||
      (size_t)count > lengths.length || (size_t)count > flows.length || (size_t)count > times.length ||
      (size_t)count > results.length / RESULT_NUMBERS) {
    return refuse_argument(env, "count is more than an array holds");
  }
  for (size_t i = 0; i < (size_t)count; i++) {
    int32_t *result = (int32_t *)results.data + i * RESULT_NUMBERS;
    size_t offset = ((const uint32_t *)offsets.data)[i];
    size_t length = ((const uint32_t *)lengths.data)[i];
    int32_t number = ((const int32_t *)flows.data)[i];
    double time = ((const double *)times.data)[i];
    memset(result, 0, RESULT_NUMBERS * sizeof *result);
    if (number < 0 || (uint32_t)number >= inspector->capacity || length > UINT16_MAX || offset > bytes.length ||
        length > bytes.length - offset || !(time >= 0 && time < 1e15)) {
      continue;
    }
    const uint8_t *packet = (const uint8_t *)bytes.data + offset;
    struct ndpi_flow_struct *flow = flow_for(inspector, number, packet, length);
    if (flow == NULL) continue;
    ndpi_protocol protocol = ndpi_show(inspector->module, flow, packet, (uint16_t)length, (uint64_t)time);
    write_result(result, flow, protocol, ndpi_is_final(inspector->module, flow, &protocol));
  }
  return NULL;
}

/* conclude(flow, results): the last word on a flow that was shown, into the first result; all 0 if it was not. */
static napi_value conclude(napi_env env, napi_callback_info info) {
  napi_value arguments[MOST_ARGUMENTS];
  Inspector *inspector = inspector_of(env, info, 2, arguments);
  if (inspector == NULL) return NULL;
  int64_t number;
  Elements results;
  if (!read_number(env, arguments[0], 0, (int64_t)inspector->capacity - 1, &number)) {
    return refuse_argument(env, "flow is out of range");
  }
  if (!read_elements(env, arguments[1], napi_int32_array, &results) || results.length < RESULT_NUMBERS) {
    return refuse_argument(env, "results is not an Int32Array of a result");
  }
  int32_t *result = results.data;
  memset(result, 0, RESULT_NUMBERS * sizeof *result);
  if (inspector->protocols[number] == 0) return NULL;
  struct ndpi_flow_struct *flow = &inspector->flows[number];
  write_result(result, flow, ndpi_conclude(inspector->module, flow), true);
  return NULL;
}

/* release(flows, count): frees what is kept of the flows; their numbers may be used again. */
static napi_value release(napi_env env, napi_callback_info info) {
  napi_value arguments[MOST_ARGUMENTS];
  Inspector *inspector = inspector_of(env, info, 2, arguments);
  if (inspector == NULL) return NULL;
  Elements flows;
  int64_t count;
  if (!read_elements(env, arguments[0], napi_int32_array, &flows) ||
      !read_number(env, arguments[1], 0, UINT32_MAX, &count) || (size_t)count > flows.length) {
    return refuse_argument(env, "flows is not an Int32Array of count numbers");
  }
  for (size_t i = 0; i < (size_t)count; i++) {
    int32_t number = ((const int32_t *)flows.data)[i];
    if (number >= 0 && (uint32_t)number < inspector->capacity) clear_flow(inspector, (uint32_t)number);
  }
  return NULL;
}

/* live(): flows that are kept. */
static napi_value live(napi_env env, napi_callback_info info) {
  napi_value arguments[MOST_ARGUMENTS], count;
  Inspector *inspector = inspector_of(env, info, 0, arguments);
  if (inspector == NULL) return NULL;
  return napi_create_uint32(env, inspector->live, &count) == napi_ok ? count : NULL;
}

static napi_value text_or_empty(napi_env env, const char *text) {
  napi_value value;
  return napi_create_string_utf8(env, text == NULL ? "" : text, NAPI_AUTO_LENGTH, &value) == napi_ok ? value : NULL;
}

/* protocolName(number): nDPI's name of a protocol or application. */
static napi_value protocol_name(napi_env env, napi_callback_info info) {
  napi_value arguments[MOST_ARGUMENTS];
  int64_t number;
  Inspector *inspector = inspector_of(env, info, 1, arguments);
  if (inspector == NULL) return NULL;
  if (!read_number(env, arguments[0], 0, UINT16_MAX, &number)) return refuse_argument(env, "number is out of range");
  return text_or_empty(env, ndpi_get_proto_name(inspector->module, (u_int16_t)number));
}

/* categoryName(number): nDPI's name of a category. */
static napi_value category_name(napi_env env, napi_callback_info info) {
  napi_value arguments[MOST_ARGUMENTS];
  int64_t number;
  Inspector *inspector = inspector_of(env, info, 1, arguments);
  if (inspector == NULL) return NULL;
  if (!read_number(env, arguments[0], 0, NDPI_PROTOCOL_NUM_CATEGORIES - 1, &number)) {
    return refuse_argument(env, "number is out of range");
  }
  return text_or_empty(env, ndpi_category_get_name(inspector->module, (ndpi_protocol_category_t)number));
}

/* riskName(bit): nDPI's words for a risk. */
static napi_value risk_name(napi_env env, napi_callback_info info) {
  napi_value arguments[MOST_ARGUMENTS];
  int64_t bit;
  if (!read_arguments(env, info, 1, NULL, arguments)) return NULL;
  if (!read_number(env, arguments[0], 0, 63, &bit)) return refuse_argument(env, "bit is out of range");
  return text_or_empty(env, bit < NDPI_MAX_RISK ? ndpi_risk2str((ndpi_risk_enum)bit) : "");
}

NAPI_MODULE_INIT() {
  static const napi_property_descriptor METHODS[] = {
      {"process", NULL, process, NULL, NULL, NULL, napi_default_method, NULL},
      {"conclude", NULL, conclude, NULL, NULL, NULL, napi_default_method, NULL},
      {"release", NULL, release, NULL, NULL, NULL, napi_default_method, NULL},
      {"live", NULL, live, NULL, NULL, NULL, napi_default_method, NULL},
      {"protocolName", NULL, protocol_name, NULL, NULL, NULL, napi_default_method, NULL},
      {"categoryName", NULL, category_name, NULL, NULL, NULL, napi_default_method, NULL},
  };
  /* The library that is loaded may not be the one whose headers this was compiled with. */
  if (ndpi_detection_get_sizeof_ndpi_flow_struct() != sizeof(struct ndpi_flow_struct)) {
    napi_throw_error(env, NULL, "the installed nDPI is not the one that the addon was built for; build it again");
    return NULL;
  }
  napi_value inspector, version = text_or_empty(env, ndpi_revision());
  if (version == NULL || napi_set_named_property(env, exports, "version", version) != napi_ok ||
      napi_define_class(env, "Inspector", NAPI_AUTO_LENGTH, construct, NULL, sizeof METHODS / sizeof METHODS[0],
                        METHODS, &inspector) != napi_ok ||
      napi_set_named_property(env, exports, "Inspector", inspector) != napi_ok ||
      !add_function(env, exports, "riskName", risk_name)) {
    return NULL;
  }
  return exports;
}
