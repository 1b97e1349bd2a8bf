/** Buffer B cannot do what it was asked for; the message says what is wrong, where, and what to do. */
export class BufferError extends Error {
  override name = 'BufferError';
}

/** The words of an error. */
export function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
