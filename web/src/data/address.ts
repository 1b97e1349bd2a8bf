const LONGEST = 45;

/** The address in its usual form when the text is an IPv4 or IPv6 address, else undefined. */
export function addressOf(text: string): string | undefined {
  const word = text.trim();
  if (word.length === 0 || word.length > LONGEST) return undefined;
  if (word.includes(':')) {
    // URL knows all forms of IPv6 and gives the canonical one.
    const url = /^[0-9a-f:.]+$/i.test(word) ? URL.parse(`http://[${word}]/`) : null;
    return url === null ? undefined : url.hostname.slice(1, -1);
  }
  const parts = word.split('.');
  const valid =
    parts.length === 4 && parts.every((part) => /^(0|[1-9]\d{0,2})$/.test(part) && Number(part) <= 255);
  return valid ? word : undefined;
}
