import { describe, expect, it } from 'vitest'
import { cellsOf, inRange, levelOf, moved, tint } from '../src/skills/grid'

describe('the skills grid', () => {
  it('moves by arrows and stops at the edges', () => {
    expect(moved('ArrowRight', { row: 0, column: 2 }, 3, 3, false)).toEqual({ row: 0, column: 2 })
    expect(moved('ArrowDown', { row: 0, column: 2 }, 3, 3, false)).toEqual({ row: 1, column: 2 })
    expect(moved('End', { row: 1, column: 0 }, 3, 3, true)).toEqual({ row: 2, column: 2 })
    expect(moved('x', { row: 1, column: 0 }, 3, 3, false)).toBeNull()
  })

  it('sets levels by digits, ten by nought, none by Delete', () => {
    expect(['1', '9', '0', 'Delete', 'a'].map(levelOf)).toEqual([1, 9, 10, 0, null])
  })

  it('a range reaches from its start in any direction', () => {
    const range = { from: { row: 2, column: 1 }, to: { row: 1, column: 0 } }
    expect(cellsOf(range)).toHaveLength(4)
    expect(inRange(range, 1, 1)).toBe(true)
    expect(inRange(range, 0, 0)).toBe(false)
  })

  it('tints by level', () => {
    expect([0, 1, 3, 6, 8, 10].map(tint)).toEqual(['l0', 'l1', 'l2', 'l3', 'l4', 'l5'])
  })
})
