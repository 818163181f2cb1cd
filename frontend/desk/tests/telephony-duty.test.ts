import { describe, expect, it } from 'vitest'
import type { Duty } from '../src/api/models'
import { formOf, freshDuty, gaps, inputOf, wrongWith } from '../src/telephony/duty'

const hour = 3_600_000
const at = (hours: number): string => new Date(hours * hour).toISOString()
const duty = (step: number, from: number, until: number): Duty => ({
  id: `${step}-${from}`,
  step,
  name: '李',
  account_id: null,
  number: '801',
  starts_at: at(from),
  ends_at: at(until),
  version: 3,
})

describe('the duty roster', () => {
  it('shows when nobody of a step is there, whatever the order and overlaps', () => {
    const duties = [duty(1, 12, 20), duty(1, 0, 8), duty(1, 6, 10), duty(2, 0, 24)]
    expect(gaps(duties, 1, 2 * hour, 24 * hour)).toEqual([
      [10 * hour, 12 * hour],
      [20 * hour, 24 * hour],
    ])
    expect(gaps(duties, 2, 0, 24 * hour)).toEqual([])
    expect(gaps(duties, 3, 0, 24 * hour)).toEqual([[0, 24 * hour]])
    expect(gaps([duty(1, 30, 40)], 1, 0, 24 * hour)).toEqual([[0, 24 * hour]])
  })

  it('a form says what is missing, and keeps the moments that were read', () => {
    const form = freshDuty(new Date(2026, 0, 31, 10))
    expect([form.starts, form.ends]).toEqual(['2026-01-31T18:00', '2026-02-01T09:00'])
    expect(wrongWith(form)).toBe('name')
    expect(wrongWith({ ...form, name: '李' })).toBe('reach')
    expect(wrongWith({ ...form, name: '李', number: '12a' })).toBe('reach')
    expect(wrongWith({ ...form, name: '李', number: '0755-8288 0001', ends: form.starts })).toBe('end')
    expect(wrongWith({ ...form, name: '李', account_id: 'a1' })).toBe('')
    const read = duty(2, 10, 12)
    expect(inputOf(formOf(read))).toMatchObject({
      starts_at: read.starts_at,
      ends_at: read.ends_at,
      number: '801',
      based_on: 3,
    })
    expect(inputOf({ ...formOf(read), account_id: 'a1' })).toMatchObject({ account_id: 'a1', number: '' })
  })
})
