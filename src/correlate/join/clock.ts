/** A record whose time is further away than this from all others has a clock of its own. */
const FAR_US = 1800e6;
/** So many records in a row that are far away, and time has really moved. */
const IN_A_ROW = 16;

/**
 * The time of records: the latest that was seen. A few records whose time is far off do not move it, or one wrong
 * clock would end everybody's wait; a capture that goes on after a gap does.
 */
export class EventClock {
  /** Microseconds since 1970; -Infinity before the first record. */
  nowUs = Number.NEGATIVE_INFINITY;
  private far = 0;

  /** Takes the time of a record; true where time went on. */
  take(timeUs: number): boolean {
    const distance = timeUs - this.nowUs;
    if (distance > -FAR_US && distance < FAR_US) {
      this.far = 0;
      if (distance <= 0) return false;
    } else if (this.nowUs !== Number.NEGATIVE_INFINITY && ++this.far < IN_A_ROW) {
      return false;
    }
    this.far = 0;
    this.nowUs = timeUs;
    return true;
  }
}
