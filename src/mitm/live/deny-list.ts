import { type PrefixSet, parseAddress } from '../../net/index.ts';
import { type Judgement, PASSED } from '../judge.ts';
import type { IncomingRequest } from '../transaction.ts';
import type { ClientGate } from './client-gate.ts';

const DENIED: Judgement = {
  ...PASSED,
  action: 'deny',
  status: 403,
  reason: 'the address is on the deny list',
};

/** Turns away clients of some networks. */
export class DenyList implements ClientGate {
  private readonly networks: PrefixSet;
  private denied = 0;

  constructor(networks: PrefixSet) {
    this.networks = networks;
  }

  check({ connection: { client } }: Pick<IncomingRequest, 'connection'>): Judgement | undefined {
    const address = parseAddress(client.address);
    if (address === undefined || !this.networks.has(address.version, ...address.words)) return undefined;
    this.denied++;
    return DENIED;
  }

  statistics(): Readonly<Record<string, number>> {
    return { denied: this.denied };
  }
}
