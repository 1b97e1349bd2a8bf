/** A setting of a channel is wrong; the message says which and what to do. */
export class NotifyError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'NotifyError';
  }
}

/** A message could not be sent. */
export class SendError extends Error {
  /** Whether it may go well when it is tried again. */
  readonly again: boolean;

  constructor(message: string, again: boolean, options?: ErrorOptions) {
    super(message, options);
    this.name = 'SendError';
    this.again = again;
  }
}
