/** A text is no question; the message says what to write in its place. */
export class QueryError extends Error {
  /** Where, from 1: characters of the text. */
  readonly column: number;
  /** What could be meant, as it would be written there. */
  readonly suggestions: readonly string[];

  constructor(column: number, message: string, suggestions: readonly string[] = []) {
    const meant = suggestions.length === 0 ? '' : `; is ${suggestions.join(' or ')} meant?`;
    super(`column ${column}: ${message}${meant}`);
    this.name = 'QueryError';
    this.column = column;
    this.suggestions = suggestions;
  }
}
