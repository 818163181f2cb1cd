const FIRST_MS = 500
const LONGEST_MS = 15_000

/** Wait before attempt `attempt` (from 0): doubling to 15 s, with jitter so that a thousand tabs do not return at once. */
export function backoffMs(attempt: number, random: () => number = Math.random): number {
  const ceiling = Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.min(attempt, 10))
  return Math.round(Math.max(FIRST_MS, ceiling * (0.5 + random() * 0.5)))
}
