/** Puts millions of packets in the order of time without an object for each. */

/**
 * The numbers 0 to `times.length` - 1 in the order of `times` (whole microseconds from 0, below 2^31); equal times
 * keep their order. Throws a RangeError when time and number do not fit into a double together.
 */
export function inOrderOfTime(times: Float64Array): Uint32Array {
  const count = times.length;
  // Time and number in one double: sorting plain numbers is many times faster than sorting by a comparison.
  if (count > 2 ** 22) throw new RangeError(`${count} packets are too many to sort; use a smaller --scale`);
  const keys = new Float64Array(count);
  for (let i = 0; i < count; i++) keys[i] = (times[i] as number) * count + i;
  keys.sort();
  const order = new Uint32Array(count);
  for (let i = 0; i < count; i++) order[i] = (keys[i] as number) % count;
  return order;
}
