import assert from 'node:assert/strict';
import { test } from 'node:test';
import { failureOf, oddFlagsOf } from './connection-state.ts';
import { flowOf } from './flow.ts';
import { type FlowParts, flowRecord } from './testing.ts';

const state = (parts: FlowParts): string | undefined => {
  const flow = flowOf(flowRecord(parts));
  return flow === undefined ? undefined : failureOf(flow)?.state;
};
const syn = { packets: [1, 0], bytes: [74, 0] } as const;

test('connections that fail, by the flags of both sides', () => {
  assert.equal(state({ ...syn, flags: ['02', '00'] }), 'S0');
  assert.equal(state({ ...syn, flags: ['c2', '00'] }), 'S0', 'with ECN');
  assert.equal(state({ packets: [1, 1], bytes: [58, 54], flags: ['02', '14'] }), 'REJ');
  assert.equal(state({ packets: [2, 1], bytes: [112, 58], flags: ['06', '12'] }), 'RSTOS0');
  assert.equal(state({ packets: [1, 3], bytes: [58, 174], flags: ['02', '12'] }), 'SH');
});

test('connections that carry data, or whose beginning was not seen, do not fail', () => {
  assert.equal(state({}), undefined);
  assert.equal(
    state({ packets: [2, 1], bytes: [128, 74], flags: ['12', '12'] }),
    undefined,
    'complete, then left',
  );
  assert.equal(
    state({ packets: [40, 0], bytes: [40_000, 0], flags: ['1a', '00'] }),
    undefined,
    'one direction alone',
  );
  assert.equal(state({ packets: [3, 0], bytes: [200, 0], flags: ['18', '00'] }), undefined);
  assert.equal(
    state({ packets: [1, 1], flags: ['10', '04'], bytes: [54, 54] }),
    undefined,
    'an ACK that is reset',
  );
});

test('UDP and pings fail when nothing comes back', () => {
  assert.equal(state({ ...syn, proto: 'UDP' }), 'S0');
  assert.equal(state({ proto: 'UDP' }), undefined);
  assert.equal(state({ ...syn, proto: 'ICMP', more: { icmp_type: 8 } }), 'S0');
  assert.equal(state({ ...syn, proto: 'ICMP', more: { icmp_type: 3 } }), undefined);
});

test('flags that no connection begins with', () => {
  const odd = (flags: readonly [string, string]): string | undefined => {
    const flow = flowOf(flowRecord({ ...syn, flags }));
    return flow === undefined ? undefined : oddFlagsOf(flow);
  };
  assert.equal(odd(['00', '00']), 'null');
  assert.equal(odd(['01', '14']), 'fin');
  assert.equal(odd(['29', '14']), 'xmas');
  assert.equal(odd(['03', '00']), 'syn-fin');
  assert.equal(odd(['02', '12']), undefined);
  assert.equal(odd(['01', '10']), undefined, 'the end of a connection that began before');
  assert.equal(odd(['11', '00']), undefined);
});
