import { useEffect, useState } from 'react';

/** Milliseconds without a key after which what is typed is looked at. */
const REST_MS = 700;

/** A value as it was when it had not changed for a moment. Keep it the same between renders where nothing changed. */
export function useRested<Value>(value: Value): Value {
  const [rested, setRested] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setRested(value), REST_MS);
    return () => clearTimeout(timer);
  }, [value]);
  return rested;
}
