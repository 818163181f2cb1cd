import { describe, expect, it } from 'vitest'
import { EntityMap, type Change } from '../src/realtime/reducer'

const change = (id: string, version: number, data: unknown): Change => ({ entity: 'contact', id, version, data })

describe('entities', () => {
  const history = [
    change('a', 1, 'queued'),
    change('b', 1, 'queued'),
    change('a', 2, 'offered'),
    change('a', 3, 'active'),
    change('c', 1, 'queued'),
    change('b', 2, null),
    change('a', 4, 'closed'),
  ]

  it('a stale snapshot plus the events since then equals a fresh snapshot', () => {
    const fresh = new EntityMap()
    fresh.replace(history)
    for (let cut = 0; cut <= history.length; cut += 1) {
      const stale = new EntityMap()
      stale.replace(history.slice(0, cut))
      // Events overlap the snapshot: the cursor is taken before the snapshot is read.
      for (const event of history.slice(Math.max(0, cut - 3))) stale.apply(event)
      expect(stale.all('contact')).toEqual(fresh.all('contact'))
    }
  })

  it('the order in which changes arrive does not matter', () => {
    const straight = new EntityMap()
    const backwards = new EntityMap()
    history.forEach((event) => straight.apply(event))
    history.toReversed().forEach((event) => backwards.apply(event))
    expect(new Set(backwards.all('contact'))).toEqual(new Set(straight.all('contact')))
  })

  it('tells whether a change was news', () => {
    const map = new EntityMap()
    expect(map.apply(change('a', 2, 'x'))).toBe(true)
    expect(map.apply(change('a', 2, 'y'))).toBe(false)
    expect(map.apply(change('a', 1, 'y'))).toBe(false)
    expect(map.get('contact', 'a')).toBe('x')
  })

  it('an older change does not bring a removed entity back', () => {
    const map = new EntityMap()
    map.apply(change('a', 3, null))
    map.apply(change('a', 2, 'x'))
    expect(map.get('contact', 'a')).toBeUndefined()
  })
})
