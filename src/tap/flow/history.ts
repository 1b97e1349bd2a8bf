/**
 * Zeek's history strings as nodes of a tree: a flow holds one number, and adding a letter is one lookup. Equal
 * histories share their node, so a million flows hold a few hundred strings.
 */
const LETTERS = 'SHADFRCGTWIQ^X';
const CHILDREN = 32;
/** Nodes at most; beyond it histories stop growing and are counted. */
const MAX_NODES = 1 << 16;
/** Letters of one history at most. */
const MAX_LENGTH = 64;

export const HISTORY_SYN = 0;
export const HISTORY_SYN_ACK = 1;
export const HISTORY_ACK = 2;
export const HISTORY_DATA = 3;
export const HISTORY_FIN = 4;
export const HISTORY_RST = 5;
export const HISTORY_CHECKSUM = 6;
export const HISTORY_GAP = 7;
export const HISTORY_RETRANSMISSION = 8;
export const HISTORY_ZERO_WINDOW = 9;
export const HISTORY_INCONSISTENT = 10;
export const HISTORY_MULTI_FLAG = 11;
export const HISTORY_FLIP = 12;
/** Analysis is partial: a limit was reached. */
export const HISTORY_LIMIT = 13;

/** The tree, one per engine. */
export class HistoryTable {
  private children = new Int32Array(64 * CHILDREN);
  private texts: string[] = [''];
  /** Letters that were not recorded because the tree or a history was full. */
  dropped = 0;

  /** Node of the history with one more letter: the client's in upper case, the server's in lower case. */
  append(node: number, letter: number, direction: number): number {
    const at = node * CHILDREN + letter * 2 + direction;
    const child = this.children[at]!;
    return child !== 0 ? child : this.create(node, at, letter, direction);
  }

  /** The history as text. */
  text(node: number): string {
    return this.texts[node] ?? '';
  }

  /** The same history with client and server exchanged, and the flip recorded in front. */
  flipped(node: number): number {
    let result = this.append(0, HISTORY_FLIP, 0);
    for (const character of this.text(node)) {
      const upper = character.toUpperCase();
      const letter = LETTERS.indexOf(upper);
      if (letter !== HISTORY_FLIP) result = this.append(result, letter, character === upper ? 1 : 0);
    }
    return result;
  }

  private create(node: number, at: number, letter: number, direction: number): number {
    const text = this.text(node);
    const next = this.texts.length;
    if (next >= MAX_NODES || text.length >= MAX_LENGTH) {
      this.dropped++;
      return node;
    }
    if ((next + 1) * CHILDREN > this.children.length) {
      const grown = new Int32Array(this.children.length * 2);
      grown.set(this.children);
      this.children = grown;
    }
    const character = LETTERS[letter]!;
    this.texts.push(text + (direction === 0 ? character : character.toLowerCase()));
    this.children[at] = next;
    return next;
  }
}
