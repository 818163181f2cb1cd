import { describe, expect, it } from 'vitest'
import { dueWord } from '../src/inbox/due'
import { mySections, ourTurn, waitingSections } from '../src/inbox/sections'
import { contactRow } from './support/contacts'

const now = Date.parse('2026-11-24T02:00:00Z')
const at = (minutes: number): string => new Date(now + minutes * 60_000).toISOString()

describe('the sections of the list', () => {
  it('puts what is due first, by deadline, then what is under way, then what is parked', () => {
    const rows = [
      contactRow('parked-late', { status: 'parked', parked_until: at(90) }),
      contactRow('parked-soon', { status: 'parked', parked_until: at(30) }),
      contactRow('old', { last_in_at: at(-30), last_out_at: at(-20) }),
      contactRow('fresh', { last_in_at: at(-5), last_out_at: at(-1) }),
      contactRow('due', { last_in_at: at(-1), due_at: at(5) }),
      contactRow('late', { last_in_at: at(-60), due_at: at(-10) }),
    ]
    expect(mySections(rows, now)).toEqual([
      { key: 'due', ids: ['late', 'due'] },
      { key: 'active', ids: ['fresh', 'old'] },
      { key: 'parked', ids: ['parked-soon', 'parked-late'] },
    ])
  })

  it('a deadline counts only while it is our turn', () => {
    const answered = contactRow('a', { last_in_at: at(-9), last_out_at: at(-1), due_at: at(-2) })
    expect(ourTurn(answered)).toBe(false)
    expect(mySections([answered], now)).toEqual([{ key: 'active', ids: ['a'] }])
  })

  it('lists those who wait by deadline', () => {
    const rows = [contactRow('b', { due_at: at(9) }), contactRow('a', { due_at: at(3) })]
    expect(waitingSections(rows)).toEqual([{ key: 'waiting', ids: ['a', 'b'] }])
    expect(waitingSections([])).toEqual([])
  })

  it('says late in red, near in amber, far plainly', () => {
    expect(dueWord(at(-21), now)).toMatchObject({ key: 'late', tone: 'bad', ms: 21 * 60_000 })
    expect(dueWord(new Date(now + 48_000).toISOString(), now)).toMatchObject({ key: 'left', tone: 'warn' })
    expect(dueWord(at(120), now)).toMatchObject({ key: 'left', tone: 'idle' })
  })
})
