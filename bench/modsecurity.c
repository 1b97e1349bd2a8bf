/*
 * Measures the time that libmodsecurity's API takes for requests.
 *
 *   modsecurity < input > times
 *
 * Input: fields, each a length (32 bits, little endian) and that many bytes; a count is four bytes without a length.
 *   rules: text
 *   count: of the first requests, which are run and not measured
 *   count: of all requests, then for each
 *     client address, method, uri, version ("1.1"), count, then so many (header name, header value), body
 *
 * Output: for each measured request a line: nanoseconds of CPU, and 1 where a rule intervened, else 0. All requests are
 * read before the first is run.
 *
 * Exit: 0 done, 1 the rules were refused (words on stderr), 2 the input was cut or too large.
 */
#define _POSIX_C_SOURCE 200809L
#include <modsecurity/intervention.h>
#include <modsecurity/modsecurity.h>
#include <modsecurity/rules_set.h>
#include <modsecurity/transaction.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define MAXIMUM_FIELD (64u << 20)
#define MAXIMUM_COUNT (1u << 20)

struct field {
  uint32_t length;
  unsigned char *bytes;
};

struct header {
  struct field name;
  struct field value;
};

struct request {
  struct field client;
  struct field method;
  struct field uri;
  struct field version;
  uint32_t header_count;
  struct header *headers;
  struct field body;
};

static void refuse(const char *why) {
  fprintf(stderr, "%s\n", why);
  exit(2);
}

static void *allocate(size_t size) {
  void *memory = malloc(size > 0 ? size : 1);
  if (memory == NULL) refuse("out of memory");
  return memory;
}

static uint32_t read_number(void) {
  unsigned char raw[4];
  if (fread(raw, 1, sizeof raw, stdin) != sizeof raw) refuse("the input ends inside a number");
  return (uint32_t)raw[0] | (uint32_t)raw[1] << 8 | (uint32_t)raw[2] << 16 | (uint32_t)raw[3] << 24;
}

static uint32_t read_count(void) {
  uint32_t count = read_number();
  if (count > MAXIMUM_COUNT) refuse("a count is above a million");
  return count;
}

static struct field read_field(void) {
  struct field field;
  field.length = read_number();
  if (field.length > MAXIMUM_FIELD) refuse("a field is longer than 64 MiB");
  field.bytes = allocate((size_t)field.length + 1);
  if (fread(field.bytes, 1, field.length, stdin) != field.length) refuse("the input ends inside a field");
  field.bytes[field.length] = 0;
  return field;
}

static struct request read_request(void) {
  struct request request;
  request.client = read_field();
  request.method = read_field();
  request.uri = read_field();
  request.version = read_field();
  request.header_count = read_count();
  request.headers = allocate(request.header_count * sizeof *request.headers);
  for (uint32_t i = 0; i < request.header_count; i++) {
    request.headers[i].name = read_field();
    request.headers[i].value = read_field();
  }
  request.body = read_field();
  return request;
}

static void ignore_log(void *context, const void *message) {
  (void)context;
  (void)message;
}

static int intervened(Transaction *transaction) {
  ModSecurityIntervention intervention = {200, 0, NULL, NULL, 0};
  msc_intervention(transaction, &intervention);
  free(intervention.url);
  free(intervention.log);
  return intervention.disruptive;
}

static int run(ModSecurity *library, RulesSet *rules, const struct request *request) {
  Transaction *transaction = msc_new_transaction(library, rules, NULL);
  msc_process_connection(transaction, (const char *)request->client.bytes, 40000, "192.0.2.2", 80);
  msc_process_uri(transaction, (const char *)request->uri.bytes, (const char *)request->method.bytes,
                  (const char *)request->version.bytes);
  for (uint32_t i = 0; i < request->header_count; i++) {
    const struct header *header = &request->headers[i];
    msc_add_n_request_header(transaction, header->name.bytes, header->name.length, header->value.bytes,
                             header->value.length);
  }
  msc_process_request_headers(transaction);
  int stopped = intervened(transaction);
  if (!stopped) {
    if (request->body.length > 0) msc_append_request_body(transaction, request->body.bytes, request->body.length);
    msc_process_request_body(transaction);
    stopped = intervened(transaction);
  }
  msc_process_logging(transaction);
  msc_transaction_cleanup(transaction);
  return stopped;
}

static int64_t cpu_ns(void) {
  struct timespec now;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

int main(void) {
  ModSecurity *library = msc_init();
  RulesSet *rules = msc_create_rules_set();
  const char *error = NULL;
  msc_set_log_cb(library, ignore_log);
  struct field text = read_field();
  if (msc_rules_add(rules, (const char *)text.bytes, &error) < 0) {
    fprintf(stderr, "%s\n", error == NULL ? "the rules were refused" : error);
    return 1;
  }
  uint32_t warm_up = read_count();
  uint32_t count = read_count();
  struct request *requests = allocate(count * sizeof *requests);
  for (uint32_t i = 0; i < count; i++) requests[i] = read_request();
  for (uint32_t i = 0; i < count; i++) {
    int64_t begun = cpu_ns();
    int stopped = run(library, rules, &requests[i]);
    int64_t spent = cpu_ns() - begun;
    if (i >= warm_up) printf("%lld %d\n", (long long)spent, stopped);
  }
  /* The system takes the memory back. */
  return 0;
}
