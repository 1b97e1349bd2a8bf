import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { MirrorError } from './mirror-error.ts';
import {
  type Attached,
  isEvidence,
  nextUndo,
  placeFilters,
  planFilters,
  planProbe,
  planSeals,
  planSwitchOn,
  planTarget,
  type Remains,
  type Step,
} from './plan.ts';
import type { SoftwareMirror, Target } from './record.ts';
import { type Filter, type Link, parseFilters } from './traffic-control.ts';

const COOKIE = '05be24fc074f29b5394c7cef40d073e7';
const VETH: Target = {
  kind: 'veth',
  name: 'weir0',
  address: '02:00:00:00:00:01',
  input: 'weir0-in',
  inputAddress: '02:00:00:00:00:02',
};
const DUMMY: Target = { ...VETH, kind: 'dummy', input: 'weir0', inputAddress: VETH.address };
const CLSACT = { kind: 'clsact', handle: 'ffff:', rest: 'parent ffff:fff1' };
const HTB = { kind: 'htb', handle: '1:', rest: 'root refcnt 2' };
const MIRROR: SoftwareMirror = {
  target: VETH,
  clsact: true,
  filters: { classifier: 'u32', cookie: COOKIE, ingress: 1000, egress: 1001 },
};
const LINK: Link = {
  index: 9,
  name: 'weir0-in',
  kind: 'veth',
  layer: 'ether',
  address: VETH.inputAddress,
  up: true,
  sendDrops: 0,
};

/** Steps as they would be typed. */
function lines(steps: readonly Step[]): string[] {
  return steps.map((step) =>
    'program' in step ? [step.program, ...step.args].join(' ') : `${step.file} = ${step.value}`,
  );
}

function u32(preference: number, cookie: string, node = '7e1'): Filter[] {
  const head = `filter protocol all pref ${preference} u32 chain 0`;
  return parseFilters(
    `${head} \n${head} fh 800: ht divisor 1 \n${head} fh 800::${node} order 2017\n\taction order 1: mirred (Egress Mirror to device weir0-in) continue\n\tcookie ${cookie}\n`,
  );
}

function foreign(preference: number): Filter[] {
  return parseFilters(`filter protocol ip pref ${preference} bpf chain 0 handle 0x1\n`);
}

describe('the target', () => {
  test('a dummy is one device', () => {
    const { create, quieten } = planTarget(DUMMY, { ipv6: true });
    assert.deepEqual(lines([create, ...quieten, ...planSwitchOn(DUMMY)]), [
      'ip link add name weir0 address 02:00:00:00:00:01 mtu 65535 type dummy',
      '/proc/sys/net/ipv6/conf/weir0/disable_ipv6 = 1',
      'ip link set dev weir0 arp off',
      'ip link set dev weir0 up',
    ]);
  });

  test('a pair is quiet at both ends before it is switched on', () => {
    const { create, quieten } = planTarget(VETH, { ipv6: false });
    assert.deepEqual(lines([create, ...quieten, ...planSwitchOn(VETH)]), [
      'ip link add name weir0-in address 02:00:00:00:00:02 mtu 65535 type veth peer name weir0 address 02:00:00:00:00:01 mtu 65535',
      'ip link set dev weir0-in arp off',
      'ip link set dev weir0 arp off',
      'ip link set dev weir0-in up',
      'ip link set dev weir0 up',
    ]);
  });

  test('what passes the capture on the pair is dropped, with the action or with one BPF instruction', () => {
    assert.deepEqual(lines(planSeals(VETH, 'matchall')), [
      'tc filter add dev weir0 ingress protocol all pref 1 matchall action drop',
      'tc filter add dev weir0 ingress protocol all pref 1 bpf da bytecode 1,6 0 0 2,',
    ]);
  });

  test('classifiers are tried on the target, not on the source', () => {
    assert.deepEqual(lines(planProbe(VETH, 'matchall')), [
      'tc filter add dev weir0 egress protocol all pref 1 handle 0x7e1 matchall skip_hw action mirred egress mirror dev weir0-in continue cookie 00',
      'tc filter del dev weir0 egress pref 1',
    ]);
  });
});

describe('the place of the filters', () => {
  const place = (preferences: readonly number[], qdiscs = [HTB, CLSACT]) =>
    placeFilters('eth0', { qdiscs, ingress: preferences.flatMap(foreign), egress: [] });

  test('alone, and in front of others', () => {
    assert.deepEqual(place([], [HTB]), { clsact: true, ingress: 1000, egress: 1001 });
    assert.deepEqual(place([]), { clsact: false, ingress: 1000, egress: 1001 });
    assert.deepEqual(place([49152]), { clsact: false, ingress: 1000, egress: 1001 });
    assert.deepEqual(place([1001, 49152]), { clsact: false, ingress: 999, egress: 1000 });
    assert.deepEqual(place([4]), { clsact: false, ingress: 2, egress: 3 });
  });

  test('behind others where there is no room in front, never with them', () => {
    assert.deepEqual(place([1]), { clsact: false, ingress: 2, egress: 3 });
    assert.deepEqual(place([1, 3, 4, 6]), { clsact: false, ingress: 7, egress: 8 });
  });

  test('filters of what is sent count as well', () => {
    const attached: Attached = { qdiscs: [CLSACT], ingress: [], egress: foreign(500) };
    assert.deepEqual(placeFilters('eth0', attached), { clsact: false, ingress: 498, egress: 499 });
  });

  test('ingress and shared blocks are refused', () => {
    assert.throws(() => place([], [{ ...CLSACT, kind: 'ingress' }]), /tc qdisc del dev eth0 ingress/);
    assert.throws(
      () => place([], [{ ...CLSACT, rest: 'parent ffff:fff1 ingress_block 21' }]),
      (error) => error instanceof MirrorError && error.message.includes('ingress_block 21'),
    );
  });

  test('one filter in each direction, and those behind it are still asked', () => {
    const end = `action mirred egress mirror dev weir0-in continue cookie ${COOKIE}`;
    assert.deepEqual(lines(planFilters('eth0', 'weir0-in', { ...MIRROR.filters!, classifier: 'u32' })), [
      `tc filter add dev eth0 ingress protocol all pref 1000 handle ::7e1 u32 match u32 0 0 skip_hw ${end}`,
      `tc filter add dev eth0 egress protocol all pref 1001 handle ::7e1 u32 match u32 0 0 skip_hw ${end}`,
    ]);
    assert.deepEqual(lines(planFilters('eth0', 'weir0-in', { ...MIRROR.filters!, classifier: 'matchall' })), [
      `tc filter add dev eth0 ingress protocol all pref 1000 handle 0x7e1 matchall skip_hw ${end}`,
      `tc filter add dev eth0 egress protocol all pref 1001 handle 0x7e1 matchall skip_hw ${end}`,
    ]);
  });
});

describe('undoing', () => {
  const left = (attached: Partial<Attached>, target: Link | undefined = LINK): Remains => ({
    source: 'eth0',
    attached: { qdiscs: [CLSACT], ingress: [], egress: [], ...attached },
    target,
    up: new Set(),
  });
  const next = (remains: Remains, mirror = MIRROR, sure = true): string | undefined => {
    const step = nextUndo(mirror, remains, sure);
    return step === undefined ? undefined : lines([step])[0];
  };
  const table = u32(1000, COOKIE).slice(0, 2);

  test('filters, the empty list, the hook, the target', () => {
    const own = { ingress: u32(1000, COOKIE), egress: u32(1001, COOKIE) };
    assert.equal(
      next(left(own)),
      'tc filter del dev eth0 ingress protocol all pref 1000 handle 800::7e1 u32',
    );
    assert.equal(
      next(left({ ...own, ingress: table })),
      'tc filter del dev eth0 ingress protocol all pref 1000 u32',
    );
    assert.equal(
      next(left({ egress: own.egress })),
      'tc filter del dev eth0 egress protocol all pref 1001 handle 800::7e1 u32',
    );
    assert.equal(next(left({})), 'tc qdisc del dev eth0 clsact');
    assert.equal(next(left({ qdiscs: [HTB] })), 'ip link del dev weir0-in');
    assert.equal(next({ ...left({ qdiscs: [HTB] }), target: undefined }), undefined);
  });

  test('a filter that came to our preference later stays, and so does its list and the hook', () => {
    const shared = [...u32(1000, COOKIE), ...u32(1000, '77', '800').slice(2)];
    assert.equal(
      next(left({ ingress: shared })),
      'tc filter del dev eth0 ingress protocol all pref 1000 handle 800::7e1 u32',
    );
    const after = [...table, ...u32(1000, '77', '800').slice(2)];
    assert.equal(next(left({ ingress: after })), 'ip link del dev weir0-in');
  });

  test('a hook that was there before stays', () => {
    assert.equal(next(left({}), { ...MIRROR, clsact: false }), 'ip link del dev weir0-in');
  });

  test('a hook that nothing shows to be ours stays', () => {
    const nothing = { ...left({}), target: undefined };
    assert.equal(isEvidence(MIRROR, nothing), false);
    assert.equal(next(nothing, MIRROR, false), undefined);
    assert.equal(isEvidence(MIRROR, left({})), true);
    assert.equal(
      isEvidence(MIRROR, { ...nothing, attached: { ...nothing.attached, egress: u32(1001, COOKIE) } }),
      true,
    );
    assert.equal(
      isEvidence(MIRROR, { ...nothing, attached: { ...nothing.attached, egress: u32(1001, '77') } }),
      false,
    );
  });

  test('a source that is gone has taken everything with it but the target', () => {
    assert.equal(next({ ...left({}), source: undefined }), 'ip link del dev weir0-in');
  });

  test('a renamed target goes by its new name', () => {
    assert.equal(next(left({ qdiscs: [] }, { ...LINK, name: 'other' })), 'ip link del dev other');
  });
});
