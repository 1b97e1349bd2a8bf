/** Equal values under one number, so that a flow's record can hold them. Number 0 is the empty value. */
export class Interner<T> {
  private readonly numbers = new Map<string, number>();
  private readonly values: T[];
  private readonly limit: number;
  /** Values that were turned away because the table was full; they read as the empty value. */
  dropped = 0;

  constructor(empty: T, limit: number) {
    this.values = [empty];
    this.numbers.set('', 0);
    this.limit = limit;
  }

  /** Number of the value that `key` stands for; `make` is called when it is new. */
  number(key: string, make: () => T): number {
    const known = this.numbers.get(key);
    if (known !== undefined) return known;
    if (this.values.length >= this.limit) {
      this.dropped++;
      return 0;
    }
    const number = this.values.length;
    this.values.push(make());
    this.numbers.set(key, number);
    return number;
  }

  /** The value of a number. */
  value(number: number): T {
    return this.values[number] ?? this.values[0]!;
  }
}
