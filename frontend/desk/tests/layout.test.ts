import { describe, expect, it } from 'vitest'
import { FrozenLayout } from '../src/inbox/layout'

const rows = (...ids: string[]) => [{ key: 'open', ids }]

describe('the list', () => {
  it('follows the newest order while nobody is inside', () => {
    const layout = new FrozenLayout()
    layout.offer(rows('a', 'b'))
    expect(layout.offer(rows('b', 'a', 'c'))).toEqual(rows('b', 'a', 'c'))
  })

  it('moves nothing while the pointer or the focus is inside, and catches up when it leaves', () => {
    const layout = new FrozenLayout()
    layout.offer(rows('a', 'b'))
    layout.hold(true)
    expect(layout.offer(rows('c', 'b', 'a'))).toEqual(rows('a', 'b'))
    expect(layout.offer(rows('c', 'b'))).toEqual(rows('a', 'b'))
    expect(layout.waiting).toBe(1)
    expect(layout.hold(false)).toEqual(rows('c', 'b'))
    expect(layout.waiting).toBe(0)
  })

  it('another tab shows its own rows at once', () => {
    const layout = new FrozenLayout()
    layout.offer(rows('a'))
    layout.hold(true)
    expect(layout.reset(rows('x', 'y'))).toEqual(rows('x', 'y'))
  })
})
