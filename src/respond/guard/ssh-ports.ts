import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { readSystemFile } from './source.ts';

/** Where SSH servers are told their ports. */
export interface SshPortFiles {
  readonly sshd: string;
  /** Folder of further files for sshd, `*.conf`. */
  readonly sshdFolder: string;
  /** OpenWrt's configuration of dropbear. */
  readonly dropbear: string;
}

const SYSTEM: SshPortFiles = {
  sshd: '/etc/ssh/sshd_config',
  sshdFolder: '/etc/ssh/sshd_config.d',
  dropbear: '/etc/config/dropbear',
};
const MAX_FILES = 64;

/** Ports on which SSH servers of this machine listen, by their configuration; 22 is always among them. */
export async function sshPorts(files: SshPortFiles = SYSTEM): Promise<Set<number>> {
  const ports = new Set([22]);
  for (const path of [files.sshd, ...(await configurationsIn(files.sshdFolder))]) {
    for (const line of (await readSystemFile(path)).split('\n')) {
      // sshd_config(5): `Port 2222`, `ListenAddress [::1]:2222`; keywords in any case, with blanks or `=`.
      const match = /^\s*(?:port[\s=]+|listenaddress[\s=]+\S*[\]\d.a-z]:)"?(\d{1,5})"?\s*(?:#.*)?$/i.exec(
        line,
      );
      addPort(ports, match?.[1]);
    }
  }
  for (const line of (await readSystemFile(files.dropbear)).split('\n')) {
    addPort(ports, /^\s*option\s+['"]?Port['"]?\s+['"]?(\d{1,5})['"]?\s*$/i.exec(line)?.[1]);
  }
  return ports;
}

function addPort(ports: Set<number>, digits: string | undefined): void {
  const port = Number(digits ?? 0);
  if (port > 0 && port < 65_536) ports.add(port);
}

async function configurationsIn(folder: string): Promise<string[]> {
  try {
    const names = await readdir(folder);
    return names
      .filter((name) => name.endsWith('.conf'))
      .sort()
      .slice(0, MAX_FILES)
      .map((name) => join(folder, name));
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return [];
    throw error;
  }
}
