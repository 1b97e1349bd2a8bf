import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { after, suite, test } from 'node:test';
import { kernelAddon } from '../../src/native/index.ts';
import { ENVIRONMENT } from '../namespaces.ts';
import { ADDRESS } from '../topology.ts';
import { WEIR } from '../web-gateway.ts';
import { removeLab } from './state.ts';
import { type EveRecord, recordsIn, TestLab, withoutLab } from './test-lab.ts';

const withoutNat =
  withoutLab !== false
    ? withoutLab
    : kernelAddon() === undefined
      ? 'build/weir.node is not built (setup/addon.sh)'
      : spawnSync('nft', ['--version'], { env: ENVIRONMENT }).error === undefined
        ? false
        : 'needs the program nft';

suite('the lab with NAT', { skip: withoutNat, timeout: 120_000 }, () => {
  const lab = new TestLab();
  after(() => removeLab(lab.lab));

  test('a connection through it is two flows, and both are recorded', async () => {
    await lab.up('--bare', '--nat');
    const links = ['lan0', 'wan0'] as const;
    const sensors = await Promise.all(
      links.map((link) => {
        const outputs = ['--no-sampling', '--eve', lab.path(`${link}.json`)];
        return lab.startOn('gateway', [WEIR, 'read', '-i', link, ...outputs], /capturing on/);
      }),
    );
    const fetches = [
      ['alice', '-4', `http://www.example.com/?behind=${lab.name}`],
      ['alice', '-6', `http://www.example.com/?six=${lab.name}`],
      ['dmz', '-4', `http://www.example.com/?server=${lab.name}`],
    ] as const;
    for (const [host, family, url] of fetches) {
      const { code, stderr } = await lab.runOn(host, ['curl', '-sS', '-o', '/dev/null', family, url]);
      assert.equal(code, 0, stderr);
    }
    for (const sensor of sensors) assert.equal((await sensor.stop()).code, 0);
    const [inside, outside] = links.map((link) => recordsIn(lab.path(`${link}.json`)));
    const request = (records: readonly EveRecord[] | undefined, word: string): EveRecord => {
      const found = records!.filter(
        ({ event_type, http }) => event_type === 'http' && http?.url === `/?${word}=${lab.name}`,
      );
      assert.equal(found.length, 1, word);
      return found[0]!;
    };
    const flowOf = ({ community_id }: EveRecord, records: readonly EveRecord[] | undefined) =>
      records!.filter((record) => record.event_type === 'flow' && record.community_id === community_id);

    const before = request(inside, 'behind');
    const behind = request(outside, 'behind');
    assert.deepEqual([before.src_ip, behind.src_ip], [ADDRESS.alice, ADDRESS.front]);
    assert.deepEqual([before.dest_ip, behind.dest_ip], [ADDRESS.www, ADDRESS.www]);
    assert.notEqual(before.community_id, behind.community_id);
    assert.equal(flowOf(before, inside).length, 1);
    assert.equal(flowOf(behind, outside).length, 1);
    // Neither side knows of the other's flow.
    assert.equal(flowOf(before, outside).length, 0);
    assert.equal(flowOf(behind, inside).length, 0);
    assert.ok(outside!.every(({ src_ip, dest_ip }) => src_ip !== ADDRESS.alice && dest_ip !== ADDRESS.alice));

    // What goes as it is has one community id on both sides.
    for (const [word, address] of [
      ['six', expanded(ADDRESS.alice6)],
      ['server', ADDRESS.dmz],
    ] as const) {
      const [near, far] = [request(inside, word), request(outside, word)];
      assert.deepEqual([near.src_ip, far.src_ip], [address, address]);
      assert.equal(near.community_id, far.community_id);
    }

    const again = await lab.run('up', '--bare', '--nat');
    assert.equal(again.code, 0, again.stderr);
    assert.equal((await lab.run('down')).code, 0);
    lab.assertNothingLeft();
  });

  test('NAT is not put into a lab that stands, and is of `up` alone', async () => {
    assert.match((await lab.run('status', '--nat')).stderr, /--nat is an option of 'lab up'/);
    await lab.up('--bare');
    const { code, stderr } = await lab.run('up', '--nat', '--bare');
    assert.equal(code, 1);
    assert.match(stderr, /the lab is up without weir, and no NAT: 'weir lab down --name \w+' first/);
  });
});

/** An IPv6 address as records have it. */
function expanded(text: string): string {
  const [head = '', tail = ''] = text.split('::');
  const words = (part: string): string[] => (part === '' ? [] : part.split(':'));
  const missing = 8 - words(head).length - words(tail).length;
  return [...words(head), ...new Array<string>(missing).fill('0'), ...words(tail)]
    .map((word) => word.padStart(4, '0'))
    .join(':');
}
