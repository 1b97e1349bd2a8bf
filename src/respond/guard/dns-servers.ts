import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { parsePrefix } from '../../net/index.ts';
import type { Protected } from './protected-set.ts';
import { type ProtectionSource, readSystemFile } from './source.ts';

/** Where resolvers say whom they ask. Files that are missing are passed over. */
export interface ResolverFiles {
  /** In the form of resolv.conf(5). */
  readonly resolv: readonly string[];
  /** In the form of dnsmasq(8). */
  readonly dnsmasq: readonly string[];
  /** Folders whose files, with names that begin so, are in dnsmasq's form. */
  readonly folders: readonly { readonly path: string; readonly begin: string }[];
}

const SYSTEM: ResolverFiles = {
  resolv: [
    '/etc/resolv.conf',
    '/run/systemd/resolve/resolv.conf',
    '/run/NetworkManager/no-stub-resolv.conf',
    '/run/dnsmasq/resolv.conf',
    '/tmp/resolv.conf.auto',
    '/tmp/resolv.conf.d/resolv.conf.auto',
  ],
  dnsmasq: ['/etc/dnsmasq.conf'],
  folders: [
    { path: '/etc/dnsmasq.d', begin: '' },
    // Where OpenWrt puts what it makes of /etc/config/dhcp.
    { path: '/var/etc', begin: 'dnsmasq.conf' },
  ],
};
const MAX_FILES_IN_FOLDER = 64;
const MAX_SERVERS = 1024;

/** DNS servers that this machine asks. */
export function dnsServers(files: ResolverFiles = SYSTEM): ProtectionSource {
  return {
    name: 'dns_server',
    everyMs: 10_000,
    read: async () => {
      const found: Protected[] = [];
      for (const path of files.resolv) found.push(...nameservers(await readSystemFile(path), path));
      const dnsmasq = [...files.dnsmasq];
      for (const { path, begin } of files.folders) dnsmasq.push(...(await filesIn(path, begin)));
      for (const path of dnsmasq) found.push(...dnsmasqServers(await readSystemFile(path), path));
      return found.slice(0, MAX_SERVERS);
    },
  };
}

async function filesIn(folder: string, begin: string): Promise<string[]> {
  try {
    const entries = await readdir(folder, { withFileTypes: true });
    return entries
      .filter((entry) => entry.isFile() && entry.name.startsWith(begin) && !entry.name.startsWith('.'))
      .slice(0, MAX_FILES_IN_FOLDER)
      .map(({ name }) => join(folder, name));
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return [];
    throw error;
  }
}

function nameservers(text: string, path: string): Protected[] {
  const found: Protected[] = [];
  for (const line of text.split('\n')) {
    const match = /^\s*nameserver\s+(\S+)/.exec(line);
    if (match?.[1] !== undefined) found.push(...serverEntry(match[1], path));
  }
  return found;
}

/** `server=/domain/192.0.2.1#53@eth0`, with the domain, the port and the interface left out or not. */
function dnsmasqServers(text: string, path: string): Protected[] {
  const found: Protected[] = [];
  for (const line of text.split('\n')) {
    const match = /^\s*server\s*=\s*(\S+)/.exec(line);
    const value = match?.[1];
    if (value !== undefined) found.push(...serverEntry(value.slice(value.lastIndexOf('/') + 1), path));
  }
  return found;
}

function serverEntry(text: string, path: string): Protected[] {
  const prefix = parsePrefix(text.split(/[#@%]/, 1)[0] ?? '');
  return prefix === undefined ? [] : [{ prefix, what: `a DNS server of ${path}` }];
}
