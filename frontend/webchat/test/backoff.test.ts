import { describe, expect, it } from 'vitest'
import { backoffMs } from '../src/backoff'

describe('back-off', () => {
  it('begins at half a second and never exceeds fifteen, for ever', () => {
    for (let attempt = 0; attempt < 200; attempt += 1) {
      for (const random of [0, 0.5, 0.999]) {
        const wait = backoffMs(attempt, () => random)
        expect(wait).toBeGreaterThanOrEqual(500)
        expect(wait).toBeLessThanOrEqual(15_000)
      }
    }
  })

  it('grows', () => {
    const waits = [0, 1, 2, 3, 4, 5].map((attempt) => backoffMs(attempt, () => 0.999))
    expect(waits).toEqual([...waits].sort((a, b) => a - b))
    expect(waits.at(-1)).toBeGreaterThan(10_000)
  })

  it('spreads those who lost their connection together', () => {
    expect(backoffMs(6, () => 0)).toBeLessThan(backoffMs(6, () => 0.9))
  })
})
