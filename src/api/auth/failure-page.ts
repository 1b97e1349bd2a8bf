import type { Problem } from '../problem.ts';

const ESCAPES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

/** A problem as a page: for a browser that a provider sent, where no script of ours could show it. */
export function failurePage({ title, message }: Problem): string {
  return `<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>weir: ${escaped(title)}</title>
<h1>${escaped(title)}</h1>
<p>${escaped(message)}</p>
<p><a href="/login">Back to the login</a></p>
</html>
`;
}

function escaped(text: string): string {
  return text.replace(/[&<>"]/g, (one) => ESCAPES[one] ?? '');
}
