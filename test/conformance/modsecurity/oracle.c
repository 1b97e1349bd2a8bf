/*
 * Runs HTTP requests through libmodsecurity and prints which rules matched.
 *
 *   oracle [RULE-FILE...] < input > verdicts
 *
 * Input: fields, each a length (32 bits, little endian) and that many bytes; `count` is four bytes without a length.
 *   rules                                        text, loaded before the files
 *   then for each transaction:
 *     client address, method, uri, version ("1.1"),
 *     count, then so many (header name, header value), body,
 *     count: status of the response, 0 when there is none; else
 *     version ("HTTP/1.1"), count, then so many (header name, header value), body
 *
 * Output: for each transaction a line of JSON, bytes above 0x7e as \u00XX:
 *   {"matches":[{"id":1,"msg":"...","data":"..."}],"status":200}
 * where the matches are the rules that log, `msg` and `data` are left out when empty, and status is what an
 * intervention asked for, or 200.
 *
 * Exit: 0 done, 1 the rules were refused (words on stderr), 2 the input was cut or too large.
 */
#include <modsecurity/intervention.h>
#include <modsecurity/modsecurity.h>
#include <modsecurity/rules_set.h>
#include <modsecurity/transaction.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAXIMUM_FIELD (64u << 20)

struct field {
  uint32_t length;
  unsigned char *bytes;
};

static int matches_in_line;

static void refuse(const char *why) {
  fprintf(stderr, "%s\n", why);
  exit(2);
}

/* Whether there was one; an input that ends inside a number is refused. */
static int read_count(uint32_t *count) {
  unsigned char raw[4];
  size_t got = fread(raw, 1, sizeof raw, stdin);
  if (got == 0) return 0;
  if (got != sizeof raw) refuse("the input ends inside a number");
  *count = (uint32_t)raw[0] | (uint32_t)raw[1] << 8 | (uint32_t)raw[2] << 16 | (uint32_t)raw[3] << 24;
  return 1;
}

static uint32_t need_count(void) {
  uint32_t count;
  if (!read_count(&count)) refuse("the input ends before a number");
  return count;
}

static int read_field(struct field *field) {
  if (!read_count(&field->length)) return 0;
  if (field->length > MAXIMUM_FIELD) refuse("a field is longer than 64 MiB");
  field->bytes = malloc((size_t)field->length + 1);
  if (field->bytes == NULL) refuse("out of memory");
  if (fread(field->bytes, 1, field->length, stdin) != field->length) refuse("the input ends inside a field");
  field->bytes[field->length] = 0;
  return 1;
}

static struct field need_field(void) {
  struct field field;
  if (!read_field(&field)) refuse("the input ends before a field");
  return field;
}

static void print_json_text(const char *text, size_t length) {
  putchar('"');
  for (size_t i = 0; i < length; i++) {
    unsigned char byte = (unsigned char)text[i];
    if (byte == '"' || byte == '\\') {
      putchar('\\');
      putchar(byte);
    } else if (byte < 0x20 || byte > 0x7e) {
      printf("\\u%04x", byte);
    } else {
      putchar(byte);
    }
  }
  putchar('"');
}

/* The text of `[name "text"]`; libmodsecurity writes quotes inside values as \x22. */
static int bracketed(const char *line, const char *name, const char **text, size_t *length) {
  char start[32];
  int width = snprintf(start, sizeof start, "[%s \"", name);
  const char *found = strstr(line, start);
  if (found == NULL) return 0;
  *text = found + width;
  const char *end = strstr(*text, "\"]");
  if (end == NULL) return 0;
  *length = (size_t)(end - *text);
  return 1;
}

static void on_log(void *context, const void *message) {
  (void)context;
  const char *line = message;
  const char *text;
  size_t length;
  if (!bracketed(line, "id", &text, &length)) return;
  printf("%s{\"id\":%ld", matches_in_line++ == 0 ? "" : ",", strtol(text, NULL, 10));
  if (bracketed(line, "msg", &text, &length) && length > 0) {
    printf(",\"msg\":");
    print_json_text(text, length);
  }
  if (bracketed(line, "data", &text, &length) && length > 0) {
    printf(",\"data\":");
    print_json_text(text, length);
  }
  putchar('}');
}

/*
 * Whether the rules so far want the transaction stopped; the first status counts. The rule that does is not logged: its
 * line is in the intervention.
 */
static int intervened(Transaction *transaction, int *status) {
  ModSecurityIntervention intervention = {200, 0, NULL, NULL, 0};
  msc_intervention(transaction, &intervention);
  if (intervention.disruptive && intervention.log != NULL) on_log(NULL, intervention.log);
  free(intervention.url);
  free(intervention.log);
  if (!intervention.disruptive) return 0;
  *status = intervention.status;
  return 1;
}

static int request_phases(Transaction *transaction, const struct field *client, const struct field *method,
                          const struct field *uri, const struct field *version, int *status) {
  msc_process_connection(transaction, (const char *)client->bytes, 40000, "127.0.0.1", 80);
  msc_process_uri(transaction, (const char *)uri->bytes, (const char *)method->bytes, (const char *)version->bytes);
  uint32_t headers = need_count();
  for (uint32_t i = 0; i < headers; i++) {
    struct field name = need_field();
    struct field value = need_field();
    msc_add_n_request_header(transaction, name.bytes, name.length, value.bytes, value.length);
    free(name.bytes);
    free(value.bytes);
  }
  struct field body = need_field();
  msc_process_request_headers(transaction);
  int stopped = intervened(transaction, status);
  if (!stopped) {
    if (body.length > 0) msc_append_request_body(transaction, body.bytes, body.length);
    msc_process_request_body(transaction);
    stopped = intervened(transaction, status);
  }
  free(body.bytes);
  return stopped;
}

static void response_phases(Transaction *transaction, int stopped, int *status) {
  uint32_t response_status = need_count();
  if (response_status == 0) return;
  struct field version = need_field();
  uint32_t headers = need_count();
  for (uint32_t i = 0; i < headers; i++) {
    struct field name = need_field();
    struct field value = need_field();
    if (!stopped) msc_add_n_response_header(transaction, name.bytes, name.length, value.bytes, value.length);
    free(name.bytes);
    free(value.bytes);
  }
  struct field body = need_field();
  if (!stopped) {
    msc_process_response_headers(transaction, (int)response_status, (const char *)version.bytes);
    stopped = intervened(transaction, status);
  }
  if (!stopped) {
    if (body.length > 0) msc_append_response_body(transaction, body.bytes, body.length);
    msc_process_response_body(transaction);
    intervened(transaction, status);
  }
  free(version.bytes);
  free(body.bytes);
}

int main(int count, char **arguments) {
  ModSecurity *library = msc_init();
  RulesSet *rules = msc_create_rules_set();
  const char *error = NULL;
  msc_set_log_cb(library, on_log);
  struct field text = need_field();
  if (msc_rules_add(rules, (const char *)text.bytes, &error) < 0) {
    fprintf(stderr, "%s\n", error == NULL ? "the rules were refused" : error);
    return 1;
  }
  free(text.bytes);
  for (int i = 1; i < count; i++) {
    if (msc_rules_add_file(rules, arguments[i], &error) < 0) {
      fprintf(stderr, "%s: %s\n", arguments[i], error == NULL ? "the rules were refused" : error);
      return 1;
    }
  }
  struct field client;
  while (read_field(&client)) {
    struct field method = need_field();
    struct field uri = need_field();
    struct field version = need_field();
    int status = 200;
    Transaction *transaction = msc_new_transaction(library, rules, NULL);
    matches_in_line = 0;
    printf("{\"matches\":[");
    int stopped = request_phases(transaction, &client, &method, &uri, &version, &status);
    response_phases(transaction, stopped, &status);
    msc_process_logging(transaction);
    printf("],\"status\":%d}\n", status);
    msc_transaction_cleanup(transaction);
    free(client.bytes);
    free(method.bytes);
    free(uri.bytes);
    free(version.bytes);
  }
  msc_rules_cleanup(rules);
  msc_cleanup(library);
  return 0;
}
