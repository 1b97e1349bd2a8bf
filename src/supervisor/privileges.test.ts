import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chownSync, mkdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { findUser } from './privileges.ts';
import { CAPTURES, folderFor, PATIENCE_MS, up, writeConfiguration } from './testing.ts';

/** Root as systemd's unit leaves it: without the right to write into folders of others. */
const FEW_RIGHTS = ['setpriv', '--bounding-set', '-all,+net_admin,+setuid,+setgid,+chown,+kill,+setpcap'];

const skip =
  process.getuid?.() !== 0
    ? 'needs root'
    : spawnSync('setpriv', [...FEW_RIGHTS.slice(1), 'true']).status !== 0 && 'needs setpriv';

for (const owner of ['root', 'nobody']) {
  test(`with few rights, in a folder of ${owner}: the responder's place is root's, all others the user's`, {
    skip,
  }, async (context) => {
    const folder = folderFor(context);
    const store = join(folder, 'store');
    writeConfiguration(folder, `store: {folder: ${store}}`);
    mkdirSync(store);
    const { uid, gid } = findUser(owner);
    chownSync(store, uid, gid);
    const weir = up(
      context,
      folder,
      ['--capture', join(CAPTURES, 'campus-1.pcap'), '--once'],
      {},
      FEW_RIGHTS,
    );
    for (const end = Date.now() + PATIENCE_MS; weir.child.exitCode === null; ) {
      assert.ok(Date.now() < end, weir.said);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    assert.equal(weir.child.exitCode, 0, weir.said);
    const ownerOf = (name: string): number => statSync(join(store, name)).uid;
    assert.equal(ownerOf('respond'), 0);
    assert.equal(statSync(join(store, 'respond')).mode & 0o777, 0o700);
    assert.equal(ownerOf('correlation'), findUser('nobody').uid);
    assert.equal(ownerOf('correlation/reputation.jsonl'), findUser('nobody').uid);
  });
}
