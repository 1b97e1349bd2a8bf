import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TunnelRecord } from '../../event/index.ts';
import { ACK, FIN, Packet, PSH, RST, SYN, TCP } from '../packet/packet.ts';
import { connState } from './endpoint.ts';
import { HistoryTable } from './history.ts';
import { Interner } from './interner.ts';
import * as R from './record.ts';
import { stateName } from './states.ts';
import { FlowTable } from './table.ts';
import { TcpTracker } from './tcp.ts';
import { FlowView } from './view.ts';

/** `>` from the client, `<` from the server; letters are flags, a number is payload. */
type Step = readonly [side: '>' | '<', flags: number, payload?: number, sequence?: number];

function play(steps: readonly Step[]) {
  const table = new FlowTable({ maxFlows: 10, seed: 0 });
  const history = new HistoryTable();
  const tracker = new TcpTracker(table.words, table.doubles, history);
  const p = new Packet();
  p.ipVersion = 4;
  p.protocol = TCP;
  p.src0 = 1;
  p.dst0 = 2;
  p.timeUs = 1000;
  const w = table.insert(p, (4 << 8) | TCP, 0, 1);
  const next = [100, 5000];
  let time = 0;
  for (const [side, flags, payload = 0, sequence] of steps) {
    const direction = side === '>' ? 0 : 1;
    p.tcpFlags = flags;
    p.seq = sequence ?? next[direction]!;
    p.ack = next[1 - direction]!;
    p.window = 1000;
    p.payloadLength = payload;
    time += 1000;
    p.timeUs = time;
    table.words[w + R.TCP_FLAGS]! |= flags << (direction * 8);
    tracker.update(w, direction, p, payload);
    if (sequence === undefined) {
      next[direction]! += payload + ((flags & SYN) !== 0 ? 1 : 0) + ((flags & FIN) !== 0 ? 1 : 0);
    }
  }
  const view = new FlowView({
    flows: table,
    history,
    services: new Interner<readonly string[]>([], 1),
    protocols: new Interner('', 1),
    tunnels: new Interner<readonly TunnelRecord[]>([], 1),
    communitySeed: 0,
    community: [],
    application: () => assert.fail('no application is asked for'),
  }).at(w);
  const [up, down] = view.payload;
  const letters = history.text(table.words[w + R.HISTORY]!);
  return {
    history: letters,
    state: stateName(table.words[w + R.STATES]! & 15),
    conn: connState(table.words[w + R.STATES]!, letters, up + down),
    payload: [up, down],
    retransmissions: [table.words[w + R.RETRANSMISSIONS], table.words[w + R.RETRANSMISSIONS + 1]],
    rtt: [table.words[w + R.RTT], table.words[w + R.RTT + 1]],
  };
}

const SHAKE: readonly Step[] = [
  ['>', SYN],
  ['<', SYN | ACK],
  ['>', ACK],
];
const TALK: readonly Step[] = [...SHAKE, ['>', PSH | ACK, 10], ['<', PSH | ACK, 200], ['>', ACK]];

// What Zeek's documentation says of conn_state and history, and Suricata's names of the session's state.
const cases: readonly (readonly [
  name: string,
  steps: readonly Step[],
  conn: string,
  history: string,
  state: string,
])[] = [
  ['an attempt without an answer', [['>', SYN]], 'S0', 'S', 'syn_sent'],
  [
    'a refused attempt',
    [
      ['>', SYN],
      ['<', RST | ACK],
    ],
    'REJ',
    'Sr',
    'closed',
  ],
  ['established, not ended', TALK, 'S1', 'ShADd', 'established'],
  [
    'an orderly end by the client',
    [...TALK, ['>', FIN | ACK], ['<', FIN | ACK], ['>', ACK]],
    'SF',
    'ShADdFf',
    'closed',
  ],
  [
    'an orderly end by the server',
    [...TALK, ['<', FIN | ACK], ['>', FIN | ACK], ['<', ACK]],
    'SF',
    'ShADdfFa',
    'closed',
  ],
  ['closed by the client only', [...TALK, ['>', FIN | ACK]], 'S2', 'ShADdF', 'close_wait'],
  ['closed by the server only', [...TALK, ['<', FIN | ACK]], 'S3', 'ShADdf', 'fin_wait1'],
  ['reset by the client', [...TALK, ['>', RST]], 'RSTO', 'ShADdR', 'closed'],
  ['reset by the server', [...TALK, ['<', RST]], 'RSTR', 'ShADdr', 'closed'],
  [
    'a SYN and a RST of the client',
    [
      ['>', SYN],
      ['>', RST],
    ],
    'RSTOS0',
    'SR',
    'closed',
  ],
  [
    'a SYN and a FIN without an answer',
    [
      ['>', SYN],
      ['>', FIN],
    ],
    'SH',
    'SF',
    'syn_sent',
  ],
  [
    'midstream traffic',
    [
      ['>', ACK, 5],
      ['<', ACK, 5],
    ],
    'OTH',
    'Dd',
    'established',
  ],
];
for (const [name, steps, conn, history, state] of cases) {
  test(name, () => {
    const result = play(steps);
    assert.equal(result.history, history);
    assert.equal(result.conn, conn);
    assert.equal(result.state, state);
  });
}

test('payload is counted by sequence numbers, retransmissions apart', () => {
  const result = play([...SHAKE, ['>', ACK, 100], ['>', ACK, 100, 101], ['>', ACK, 50]]);
  assert.deepEqual(result.payload, [150, 0]);
  assert.deepEqual(result.retransmissions, [1, 0]);
  assert(result.history.includes('T'));
});

test('round trips of both halves of the handshake', () => {
  assert.deepEqual(play(SHAKE).rtt, [1000, 1000]);
});

test('SYN and FIN take a sequence number and are no payload', () => {
  const result = play([...SHAKE, ['>', FIN | ACK, 10], ['<', FIN | ACK, 20]]);
  assert.deepEqual(result.payload, [10, 20]);
});
