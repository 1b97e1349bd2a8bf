import { BoundedMap, Budget } from './bounded-map.ts';
import { addOnce } from './host.ts';
import { type NameClaim, NameList } from './names.ts';

const MOST_ADDRESSES = 8192;
const MOST_ASKERS = 4096;
const MOST_ANSWERS_EACH = 512;
const MOST_ANSWERS = 32_768;
const MOST_NAMES_EACH = 4;

interface Answer {
  readonly names: string[];
  lastUs: number;
}

interface Asker {
  readonly answers: BoundedMap<Answer>;
  lastUs: number;
}

interface Named {
  readonly names: NameList;
  lastUs: number;
}

/**
 * Names of addresses: of clients, and for each client of the addresses outside, as DNS answered it. They come before
 * the flow records, which are written when flows end.
 */
export class NameBook {
  private readonly clients: BoundedMap<Named>;
  private readonly askers: BoundedMap<Asker>;
  private readonly answersBudget = new Budget(MOST_ANSWERS);
  private gone = 0;

  constructor() {
    this.clients = new BoundedMap<Named>(
      MOST_ADDRESSES,
      new Budget(MOST_ADDRESSES),
      (named) => named.lastUs,
      () => this.gone++,
    );
    this.askers = new BoundedMap<Asker>(
      MOST_ASKERS,
      new Budget(MOST_ASKERS),
      (asker) => asker.lastUs,
      (asker) => {
        this.gone += asker.answers.size;
        asker.answers.clear();
      },
    );
  }

  /** Names that had to go for lack of room. */
  get turnedAway(): number {
    return this.gone;
  }

  /** A client's address has a name. */
  nameClient(claim: NameClaim, timeUs: number): void {
    let named = this.clients.use(claim.address);
    if (named === undefined) {
      named = { names: new NameList(), lastUs: timeUs };
      this.clients.add(claim.address, named);
    }
    named.lastUs = Math.max(named.lastUs, timeUs);
    named.names.add(claim.name, claim.source, timeUs);
  }

  /** A client asked for a name and got an address. */
  answer(client: string, claim: NameClaim, timeUs: number): void {
    let asker = this.askers.use(client);
    if (asker === undefined) {
      const answers = new BoundedMap<Answer>(
        MOST_ANSWERS_EACH,
        this.answersBudget,
        (answer) => answer.lastUs,
        () => this.gone++,
      );
      asker = { answers, lastUs: timeUs };
      this.askers.add(client, asker);
    }
    asker.lastUs = Math.max(asker.lastUs, timeUs);
    let answer = asker.answers.use(claim.address);
    if (answer === undefined) {
      answer = { names: [], lastUs: timeUs };
      if (!asker.answers.add(claim.address, answer)) this.gone++;
    }
    answer.lastUs = Math.max(answer.lastUs, timeUs);
    addOnce(answer.names, claim.name, MOST_NAMES_EACH);
  }

  namesOf(client: string): NameList | undefined {
    return this.clients.get(client)?.names;
  }

  /** Names that a client got this address for. */
  answersFor(client: string, address: string): readonly string[] {
    return this.askers.get(client)?.answers.get(address)?.names ?? [];
  }

  /** Drops what was not heard of since. */
  expire(beforeUs: number): void {
    for (const [address, named] of this.clients) {
      if (named.lastUs < beforeUs) this.clients.delete(address);
    }
    for (const [client, asker] of this.askers) {
      for (const [address, answer] of asker.answers) {
        if (answer.lastUs < beforeUs) asker.answers.delete(address);
      }
      if (asker.lastUs < beforeUs) {
        asker.answers.clear();
        this.askers.delete(client);
      }
    }
  }
}
