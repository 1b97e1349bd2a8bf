import { formatPrefix, parsePrefix } from '../../net/index.ts';
import type { ProtectionSource } from './source.ts';

/** What the user has said is never to be banned. Throws RangeError for what is no address and no network. */
export function neverBanList(texts: readonly string[]): ProtectionSource {
  const entries = texts.map((text) => {
    const prefix = parsePrefix(text.trim());
    if (prefix === undefined) throw new RangeError(`never_ban: '${text}' is no address and no network`);
    return { prefix, what: `${formatPrefix(prefix)} of the never-ban list` };
  });
  return { name: 'never_ban', everyMs: Number.POSITIVE_INFINITY, read: async () => entries };
}
