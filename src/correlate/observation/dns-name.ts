/** What the form of a DNS name tells. */
export interface NameFeatures {
  /** The name in lower case, without a dot at its end. */
  readonly name: string;
  /** What somebody registered, as far as its form tells: `example.com`, `example.co.uk`. */
  readonly domain: string;
  /** Labels below the registered domain, and their characters without dots. */
  readonly sublabels: number;
  readonly subLength: number;
  /** Shannon entropy of those characters, in bits for each; 0 without any. */
  readonly subEntropy: number;
  /** Share of digits in them, 0 to 1. */
  readonly subDigits: number;
  /** Longest label of the name. */
  readonly longestLabel: number;
  /** The label that was registered (`example`) looks like drawn by lot. */
  readonly random: boolean;
}

/** Labels of two levels under which names are registered, before a country's two letters: `co.uk`, `com.au`. */
const SECOND_LEVEL = new Set([
  'ac',
  'co',
  'com',
  'edu',
  'gob',
  'gov',
  'gv',
  'mil',
  'ne',
  'net',
  'nom',
  'or',
  'org',
]);

/** Features of a name. Linear in its length, which is 255 at most. */
export function nameFeatures(text: string): NameFeatures {
  const whole = text.slice(0, 255).toLowerCase();
  const name = whole.endsWith('.') ? whole.slice(0, -1) : whole;
  const labels = name.split('.');
  const top = labels.at(-1) ?? '';
  const registered = top.length === 2 && SECOND_LEVEL.has(labels.at(-2) ?? '') ? 3 : 2;
  const below = labels.slice(0, Math.max(0, labels.length - registered));
  const sub = below.join('');
  return {
    name,
    domain: labels.slice(-registered).join('.'),
    sublabels: below.length,
    subLength: sub.length,
    subEntropy: entropyOf(sub),
    subDigits: sub === '' ? 0 : digitsOf(sub) / sub.length,
    longestLabel: labels.reduce((longest, { length }) => Math.max(longest, length), 0),
    random: labels.length >= registered && looksRandom(labels.at(-registered) ?? ''),
  };
}

/** Shannon entropy of a text's characters, in bits for each; 0 for the empty text. */
export function entropyOf(text: string): number {
  const counts = new Map<string, number>();
  for (const character of text) counts.set(character, (counts.get(character) ?? 0) + 1);
  let bits = 0;
  for (const count of counts.values()) bits -= (count / text.length) * Math.log2(count / text.length);
  return bits;
}

function digitsOf(text: string): number {
  let digits = 0;
  for (let i = 0; i < text.length; i++) if (isDigit(text.charCodeAt(i))) digits++;
  return digits;
}

function isDigit(code: number): boolean {
  return code >= 48 && code <= 57;
}

/** Shorter labels tell nothing; names that are made up by programs are longer. */
const LEAST_RANDOM = 10;

/**
 * Whether a label looks like what malware makes up (a DGA): long, and a run of consonants that no language has, hardly
 * any vowels, or digits spread through it. One such name says nothing; many that do not exist do.
 */
function looksRandom(label: string): boolean {
  if (label.length < LEAST_RANDOM || label.startsWith('xn--') || label.includes('-')) return false;
  let vowels = 0;
  let letters = 0;
  let run = 0;
  let longest = 0;
  let changes = 0;
  let wasDigit = false;
  for (let i = 0; i < label.length; i++) {
    const digit = isDigit(label.charCodeAt(i));
    if (i > 0 && digit !== wasDigit) changes++;
    wasDigit = digit;
    if (digit) {
      run = 0;
      continue;
    }
    letters++;
    if ('aeiouy'.includes(label[i] as string)) {
      vowels++;
      run = 0;
    } else longest = Math.max(longest, ++run);
  }
  return longest >= 5 || changes >= 4 || (letters >= LEAST_RANDOM && vowels / letters < 0.2);
}
