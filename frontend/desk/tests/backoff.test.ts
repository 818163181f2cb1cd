import { describe, expect, it } from 'vitest'
import { backoffS } from '../src/realtime/backoff'

describe('back-off', () => {
  it('stays between half a second and fifteen seconds, for ever', () => {
    for (let attempt = 0; attempt < 2000; attempt += 1) {
      for (const random of [0, 0.5, 0.999]) {
        const wait = backoffS(attempt, () => random)
        expect(wait).toBeGreaterThanOrEqual(0.5)
        expect(wait).toBeLessThanOrEqual(15)
      }
    }
  })

  it('grows, and spreads the crowd', () => {
    expect(backoffS(3, () => 0.999)).toBeGreaterThan(backoffS(0, () => 0.999))
    expect(backoffS(9, () => 0)).toBe(7.5)
    expect(backoffS(9, () => 1)).toBe(15)
  })
})
