/** A line of a configuration, without its comment. */
export interface ConfigLine {
  readonly file: string;
  /** From 1 on. */
  readonly line: number;
  readonly words: readonly string[];
}

/** A section of a haproxy.cfg: `frontend NAME` and the lines below it. */
export interface ConfigSection extends ConfigLine {
  readonly kind: string;
  /** Empty without. */
  readonly name: string;
  readonly lines: readonly ConfigLine[];
  /** The `defaults` that it takes over. */
  readonly defaults: ConfigSection | undefined;
}

const SECTIONS = new Set(
  (
    'global defaults frontend backend listen peers resolvers userlist mailers cache program http-errors ring ' +
    'log-forward fcgi-app crt-store traces acme log-profile'
  ).split(' '),
);

/**
 * Words of a line as HAProxy takes them apart (configuration.txt, 2.2): quotes hold blanks together, a backslash takes
 * the meaning from what follows, `#` begins a comment.
 */
export function wordsOf(text: string): readonly string[] {
  const words: string[] = [];
  let word = '';
  let isWord = false;
  let quote = '';
  for (let i = 0; i < text.length; i++) {
    const character = text[i] as string;
    if (quote !== '') {
      if (character === quote) quote = '';
      else if (character === '\\' && quote === '"' && i + 1 < text.length) word += text[++i];
      else word += character;
    } else if (character === '"' || character === "'") {
      quote = character;
      isWord = true;
    } else if (character === '\\' && i + 1 < text.length) {
      word += text[++i];
      isWord = true;
    } else if (character === '#') {
      break;
    } else if (character === ' ' || character === '\t' || character === '\r') {
      if (isWord) words.push(word);
      word = '';
      isWord = false;
    } else {
      word += character;
      isWord = true;
    }
  }
  if (isWord) words.push(word);
  return words;
}

/** Lines that are not empty. */
export function linesOf(text: string, file: string): readonly ConfigLine[] {
  const lines: ConfigLine[] = [];
  for (const [i, line] of text.split('\n').entries()) {
    const words = wordsOf(line);
    if (words.length > 0) lines.push({ file, line: i + 1, words });
  }
  return lines;
}

/** Sections in their order, each with the `defaults` that apply to it: those it names, or the last before it. */
export function sectionsOf(lines: readonly ConfigLine[]): readonly ConfigSection[] {
  const sections: ConfigSection[] = [];
  const named = new Map<string, ConfigSection>();
  let last: ConfigSection | undefined;
  let inside: ConfigLine[] = [];
  for (const line of lines) {
    const [kind = '', name = ''] = line.words;
    if (!SECTIONS.has(kind)) {
      inside.push(line);
      continue;
    }
    inside = [];
    const from = line.words.indexOf('from', 1);
    const defaults = from === -1 ? last : named.get(line.words[from + 1] ?? '');
    const section: ConfigSection = {
      ...line,
      kind,
      name: name === 'from' ? '' : name,
      lines: inside,
      defaults,
    };
    if (kind === 'defaults') {
      last = section;
      if (section.name !== '') named.set(section.name, section);
    }
    sections.push(section);
  }
  return sections;
}

/** The last line of a section, or of its `defaults`, that begins with these words. */
export function settingOf(section: ConfigSection, ...words: readonly string[]): ConfigLine | undefined {
  const found = section.lines.findLast((line) => words.every((word, i) => line.words[i] === word));
  if (found !== undefined || section.defaults === undefined || section.defaults === section) return found;
  return settingOf(section.defaults, ...words);
}
