import { readFileSync } from 'node:fs';

/** What an interface of this machine has received and sent. */
export interface InterfaceCounters {
  readonly rxBytes: number;
  readonly txBytes: number;
  readonly rxPackets: number;
  readonly txPackets: number;
}

/** The kernel's counters of an interface; undefined where there is no such interface. */
export function readInterfaceCounters(name: string): InterfaceCounters | undefined {
  if (name.includes('/') || name === '.' || name === '..') return undefined;
  const read = (counter: string): number =>
    Number(readFileSync(`/sys/class/net/${name}/statistics/${counter}`, 'utf8'));
  try {
    return {
      rxBytes: read('rx_bytes'),
      txBytes: read('tx_bytes'),
      rxPackets: read('rx_packets'),
      txPackets: read('tx_packets'),
    };
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'EINVAL' || code === 'ENODEV') return undefined;
    throw error;
  }
}
