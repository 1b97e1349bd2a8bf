import type { HttpRequest } from '../request.ts';
import type { Match } from '../verdict.ts';

/** The line that a web server with ModSecurity writes to its error log for a rule that matched. */
export function logLine(match: Match, request: HttpRequest, uniqueId: string): string {
  const host = request.headers.find(([name]) => name.toLowerCase() === 'host')?.[1] ?? '';
  const field = (name: string, text: string): string => (text === '' ? '' : ` [${name} "${escaped(text)}"]`);
  return [
    `[client ${request.client?.address ?? '-'}] ModSecurity: Warning. Matched "Operator \`${escaped(match.operator)}'`,
    ` against variable \`${escaped(match.variable)}' (Value: \`${escaped(match.value.slice(0, 200))}')`,
    field('file', match.file),
    field('line', String(match.line)),
    field('id', String(match.id)),
    field('msg', match.message),
    field('data', match.data),
    field('severity', match.severity),
    field('ver', match.version),
    ...match.tags.map((tag) => field('tag', tag)),
    field('hostname', host),
    field('uri', request.target),
    field('unique_id', uniqueId),
  ].join('');
}

/** Only printable characters; quotes as they are would end a field. */
function escaped(text: string): string {
  return text.replaceAll(/"|[^\x20-\x7e]/g, (character) =>
    character === '"' ? '\\"' : `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`,
  );
}
