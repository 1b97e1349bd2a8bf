/*
 * What of nDPI's interface differs between its versions, from 4.2 (Debian 12) to 5.x. A version that is not known here
 * does not compile, and set-up goes on without nDPI.
 */
#ifndef WEIR_NDPI_API_H
#define WEIR_NDPI_API_H

#include <ndpi/ndpi_api.h>

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#define NDPI_AT_LEAST(major, minor) (NDPI_MAJOR > (major) || (NDPI_MAJOR == (major) && NDPI_MINOR >= (minor)))

#if !NDPI_AT_LEAST(4, 2) || NDPI_AT_LEAST(6, 0)
#error "weir knows nDPI 4.2 to 5.x"
#endif

/* A detection module with every protocol switched on; NULL when it could not be made. */
static inline struct ndpi_detection_module_struct *ndpi_open(void) {
#if NDPI_AT_LEAST(4, 10)
  struct ndpi_detection_module_struct *module = ndpi_init_detection_module(NULL);
#else
  struct ndpi_detection_module_struct *module = ndpi_init_detection_module(ndpi_no_prefs);
#endif
  if (module == NULL) return NULL;
#if !NDPI_AT_LEAST(5, 0)
  NDPI_PROTOCOL_BITMASK all;
  NDPI_BITMASK_SET_ALL(all);
  ndpi_set_protocol_detection_bitmask2(module, &all);
#endif
  ndpi_finalize_initialization(module);
  return module;
}

/* Shows a packet, from its IP header on. */
static inline ndpi_protocol ndpi_show(struct ndpi_detection_module_struct *module, struct ndpi_flow_struct *flow,
                                      const uint8_t *packet, uint16_t length, uint64_t time_ms) {
#if NDPI_AT_LEAST(4, 6)
  return ndpi_detection_process_packet(module, flow, packet, length, time_ms, NULL);
#else
  return ndpi_detection_process_packet(module, flow, packet, length, time_ms);
#endif
}

/* The last word on a flow; by its port or address when nothing better is known. */
static inline ndpi_protocol ndpi_conclude(struct ndpi_detection_module_struct *module, struct ndpi_flow_struct *flow) {
#if NDPI_AT_LEAST(5, 0)
  return ndpi_detection_giveup(module, flow);
#else
  u_int8_t guessed = 0;
#if NDPI_AT_LEAST(4, 10)
  return ndpi_detection_giveup(module, flow, &guessed);
#else
  return ndpi_detection_giveup(module, flow, 1, &guessed);
#endif
#endif
}

/*
 * Master and application protocol of a result. They are the first two numbers of the structure in every version; from
 * 4.12 on they lie in a structure of their own, so that they have no name that holds for all.
 */
static inline void ndpi_numbers(const ndpi_protocol *protocol, uint16_t numbers[2]) {
  memcpy(numbers, protocol, 2 * sizeof(uint16_t));
}

/* True when further packets cannot tell more. */
static inline bool ndpi_is_final(struct ndpi_detection_module_struct *module, struct ndpi_flow_struct *flow,
                                 const ndpi_protocol *protocol) {
#if NDPI_AT_LEAST(5, 0)
  (void)module;
  if (protocol->state == NDPI_STATE_MONITORING) return true;
  return protocol->state == NDPI_STATE_CLASSIFIED && flow->extra_packets_func == NULL;
#else
  uint16_t numbers[2];
  ndpi_numbers(protocol, numbers);
  return (numbers[0] | numbers[1]) != 0 && !ndpi_extra_dissection_possible(module, flow);
#endif
}

#endif
