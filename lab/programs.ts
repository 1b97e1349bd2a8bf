import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';

/** Debian packages of the programs that take part; none of them but nginx starts a service of its own. */
const PACKAGES =
  'iproute2 ethtool tcpdump curl openssl openssh-client dropbear-bin bind9-dnsutils dnsmasq-base busybox nginx nmap python3 python3-aiosmtpd python3-pyftpdlib ngtcp2-client ngtcp2-server';
const PROGRAMS =
  '/usr/bin/python3 ip ethtool tcpdump curl openssl ssh dropbear dig dnsmasq busybox nginx nmap gtlsclient gtlsserver';

const ROOT = join(import.meta.dirname, '..');

/** The folder of the lab's own small programs. */
export const PROGRAMS_FOLDER = join(import.meta.dirname, 'programs');

/**
 * Installs what is missing, where that is possible; `more`: packages besides, each with a file of it. Returns what is
 * missing still.
 */
export function installPrograms(more: readonly (readonly [name: string, file: string])[] = []): string[] {
  const packages = [...PACKAGES.split(' '), ...more.map(([name]) => name)];
  // Its words are for the user; standard output is for data.
  spawnSync(join(ROOT, 'setup/system-packages.sh'), packages, { stdio: ['ignore', 2, 2] });
  return [...PROGRAMS.split(' '), ...more.map(([, file]) => file)].filter((program) => !isInstalled(program));
}

function isInstalled(program: string): boolean {
  if (program.startsWith('/')) return existsSync(program);
  const folders = `${process.env.PATH ?? ''}:/usr/sbin:/sbin`.split(':');
  return folders.some((folder) => existsSync(join(folder, program)));
}
