import { spawnSync } from 'node:child_process';
import { ENVIRONMENT, type Program, programsIn } from '../namespaces.ts';
import { ROLES, STANDING_HOSTS } from '../topology.ts';
import type { Lab } from './state.ts';

/** An interface of a host. */
export interface HostInterface {
  readonly name: string;
  readonly mac: string;
  readonly addresses: readonly string[];
  /** Since it was made; of both directions. */
  readonly packets: number;
  readonly bytes: number;
}

/** A host of the lab. */
export interface Host {
  readonly name: string;
  readonly namespace: string;
  readonly role: string;
  readonly interfaces: readonly HostInterface[];
  readonly programs: readonly Omit<Program, 'namespace'>[];
}

/** What `ip -json -statistics address` says of an interface, as far as it is used here. */
interface Link {
  readonly ifname?: string;
  readonly address?: string;
  readonly addr_info?: readonly { readonly local: string; readonly scope: string }[];
  readonly stats64?: Record<'rx' | 'tx', { readonly packets: number; readonly bytes: number }>;
}

/** The hosts of a lab as they are at this moment. */
export function hostsOf(lab: Lab): Host[] {
  const programs = programsIn(lab.namespaces);
  return STANDING_HOSTS.map((name) => {
    const namespace = `${lab.prefix}-${name}`;
    const own = programs.filter((program) => program.namespace === namespace);
    return {
      name,
      namespace,
      role: ROLES[name],
      interfaces: interfacesOf(namespace),
      programs: own.map(({ pid, command, seconds }) => ({ pid, command, seconds: Math.round(seconds) })),
    };
  });
}

/** Addresses of some of these hosts. */
export function addressesOf(hosts: readonly Host[], ...names: readonly string[]): string[] {
  const found = hosts.filter(({ name }) => names.includes(name));
  return found.flatMap(({ interfaces }) => interfaces.flatMap(({ addresses }) => addresses));
}

/** Interfaces with addresses, without loopback and the ports of the bridge. */
function interfacesOf(namespace: string): HostInterface[] {
  const { status, stdout, stderr } = spawnSync('ip', ['-n', namespace, '-j', '-s', 'address', 'show'], {
    encoding: 'utf8',
    env: ENVIRONMENT,
  });
  if (status !== 0) throw new Error(`ip address of ${namespace}: ${stderr.trim()}`);
  const links = JSON.parse(stdout) as readonly Link[];
  return links.flatMap((link) => {
    const { ifname: name = '', address: mac = '', addr_info = [], stats64 } = link;
    const addresses = addr_info.filter(({ scope }) => scope === 'global').map(({ local }) => local);
    if (addresses.length === 0) return [];
    const sum = (unit: 'packets' | 'bytes'): number => (stats64?.rx[unit] ?? 0) + (stats64?.tx[unit] ?? 0);
    return [{ name, mac, addresses, packets: sum('packets'), bytes: sum('bytes') }];
  });
}
