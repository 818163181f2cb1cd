const firstS = 0.5
const mostS = 15

/** Seconds to wait before the given attempt (0 is the first): doubles from 0.5 to 15, the upper half is jitter, no end. */
export function backoffS(attempt: number, random: () => number = Math.random): number {
  const step = Math.min(mostS, firstS * 2 ** Math.min(attempt, 10))
  return Math.max(firstS, step / 2 + (step / 2) * random())
}
