/** The mirror cannot be had as it was asked for; the message says what is in the way and what to do. */
export class MirrorError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'MirrorError';
  }
}
