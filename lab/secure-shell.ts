import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Network } from './network.ts';
import { ADDRESS } from './topology.ts';

/** What anna's account on the campus server can be entered with, in the standing lab: a guess finds it. */
export const WEAK_PASSWORD = 'sunshine';

/** What the SSH client needs to trust any server and to use the key it is given, and nothing of the user's own. */
export const SSH_OPTIONS: readonly string[] = [
  ...['-F', 'none', '-o', 'BatchMode=yes', '-o', 'StrictHostKeyChecking=no'],
  ...['-o', 'UserKnownHostsFile=/dev/null', '-o', 'IdentitiesOnly=yes'],
];

/**
 * dropbear on the campus server, with a user that exists only in its mount namespace. By key alone; with `passwords`
 * also by those of a shadow file of its own, and over IPv6.
 */
export function startSecureShell(net: Network, { passwords }: { readonly passwords: boolean }): void {
  const { folder } = net;
  const home = join(folder, 'anna');
  mkdirSync(join(home, '.ssh'), { recursive: true, mode: 0o700 });
  for (const name of ['client', 'stranger']) {
    run('ssh-keygen', '-q', '-t', 'ed25519', '-N', '', '-C', name, '-f', join(folder, `${name}.key`));
  }
  const key = readFileSync(join(folder, 'client.key.pub'));
  writeFileSync(join(home, '.ssh', 'authorized_keys'), key, { mode: 0o600 });
  writeFileSync(join(folder, 'passwd'), `root:x:0:0::/root:/bin/sh\nanna:x:0:0::${home}:/bin/sh\n`);
  for (const kind of ['ed25519', 'ecdsa']) {
    run('dropbearkey', '-t', kind, '-f', join(folder, `host-${kind}`));
  }
  const mounts = [`mount --bind ${folder}/passwd /etc/passwd`];
  const options = [
    `-F -E -j -k -P ${folder}/dropbear.pid -r ${folder}/host-ed25519 -r ${folder}/host-ecdsa`,
    `-p ${ADDRESS.dmz}:22`,
  ];
  if (passwords) {
    const digest = run('openssl', 'passwd', '-6', WEAK_PASSWORD).trim();
    writeFileSync(join(folder, 'shadow'), `root:*:19000::::::\nanna:${digest}:19000::::::\n`, {
      mode: 0o600,
    });
    mounts.push(`mount --bind ${folder}/shadow /etc/shadow`);
    options.push(`-p [${ADDRESS.dmz6}]:22`);
  } else {
    options.push('-s');
  }
  net.start('dmz', 'sh', '-c', `${mounts.join(' && ')} && exec dropbear ${options.join(' ')}`);
}

function run(command: string, ...args: readonly string[]): string {
  const { status, stdout, stderr } = spawnSync(command, args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${command}: ${stderr.trim()}`);
  return stdout;
}
