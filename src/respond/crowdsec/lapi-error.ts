/**
 * Why a call of the LAPI failed: nobody answered in time (`unreachable`), it does not let us in (`refused`), or what
 * came back is not what it should be (`answer`).
 */
export type LapiFault = 'unreachable' | 'refused' | 'answer';

/** A call of CrowdSec's LAPI failed; the message says what and what to do. */
export class LapiError extends Error {
  readonly fault: LapiFault;
  /** Of HTTP; 0 where there was no answer. */
  readonly status: number;

  constructor(fault: LapiFault, message: string, status = 0, options?: ErrorOptions) {
    super(message, options);
    this.name = 'LapiError';
    this.fault = fault;
    this.status = status;
  }
}
