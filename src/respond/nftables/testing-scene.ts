import { join } from 'node:path';
import { after, afterEach, before, beforeEach } from 'node:test';
import type { NftablesOptions } from './index.ts';
import type { EnforcerCommand } from './testing-enforcer.ts';
import { RouterNetwork, Spoken } from './testing-network.ts';

/** Rules of somebody else, that must stay as they are. */
const THEIRS = `table inet firewall {
  set ban4 { type ipv4_addr; flags timeout; elements = { 203.0.113.250 } }
  chain forward { type filter hook forward priority 0; policy accept; ip saddr @ban4 drop; }
}
table ip nat {
  chain postrouting { type nat hook postrouting priority 100; oifname "right" ip saddr 203.0.113.0/24 masquerade; }
}
`;

/** Two hosts and a router with rules of somebody else, on which enforcers run: for the tests of a `describe`. */
export class RouterScene {
  readonly network = new RouterNetwork();
  /** The rule set of somebody else. */
  theirs = '';
  private enforcers: Spoken<EnforcerCommand>[] = [];

  constructor() {
    before(() => this.network.start());
    after(() => this.network.remove());
    beforeEach(() => {
      this.network.onRouter('nft', THEIRS);
      this.theirs = this.ruleset();
    });
    afterEach(() => {
      for (const { child } of this.enforcers) child.kill('SIGKILL');
      this.enforcers = [];
      this.network.onRouter('nft', 'flush', 'ruleset');
    });
  }

  /** All rules, without what they counted. */
  ruleset(): string {
    return this.network.onRouter('nft', '-s', 'list', 'ruleset');
  }

  /** Our table without what is in its sets and what it counted. */
  structure(): string {
    const shown = this.network.onRouter('nft', '-t', 'list', 'table', 'inet', 'weir_decisions');
    return shown.replace(/packets \d+ bytes \d+/g, '');
  }

  /** An enforcer that has done nothing yet. */
  async start(options: NftablesOptions = {}): Promise<Spoken<EnforcerCommand>> {
    const program = join(import.meta.dirname, 'testing-enforcer.ts');
    const { router } = this.network;
    const command = ['netns', 'exec', router, process.execPath, program, JSON.stringify(options)];
    const enforcer = new Spoken<EnforcerCommand>('ip', command);
    this.keep(enforcer);
    await enforcer.ready;
    return enforcer;
  }

  /** One that has its table, without a decision. */
  async ready(options: NftablesOptions = {}): Promise<Spoken<EnforcerCommand>> {
    const enforcer = await this.start(options);
    await enforcer.say({ op: 'reconcile', decisions: [] });
    return enforcer;
  }

  /** Ends an enforcer with the test. */
  keep(enforcer: Spoken<EnforcerCommand>): void {
    this.enforcers.push(enforcer);
  }
}
