import { networkInterfaces } from 'node:os';
import { parsePrefix } from '../../net/index.ts';
import type { ProtectionSource } from './source.ts';

/** Addresses of this machine. `interfaces`: as `os.networkInterfaces` gives them. */
export function ownAddresses(interfaces: typeof networkInterfaces = networkInterfaces): ProtectionSource {
  return {
    name: 'own_address',
    everyMs: 10_000,
    isAbsolute: true,
    read: async () => {
      const entries = [];
      for (const [name, addresses] of Object.entries(interfaces())) {
        for (const { address } of addresses ?? []) {
          const prefix = parsePrefix(address);
          if (prefix !== undefined) entries.push({ prefix, what: `this machine's address on ${name}` });
        }
      }
      return entries;
    },
  };
}
