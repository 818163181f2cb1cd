import { describe, expect, it } from 'vitest'
import { shareWords } from '../src/board/satisfaction'
import { keptWay, wayKey } from '../src/messages/ways'

const way = (channel: string, address_id: string | null, forbidden = false) => ({
  channel,
  address_id,
  address: '',
  proven: true,
  forbidden,
})

describe('the way an answer takes', () => {
  const ways = [way('mail', null), way('sms', 'a1'), way('sms', 'a2', true)]

  it('is the own way at first, and stays what was chosen', () => {
    expect(keptWay(ways, '')).toBe('mail:')
    expect(keptWay(ways, 'sms:a1')).toBe('sms:a1')
  })

  it('leaves a way that is gone or forbidden', () => {
    expect(keptWay(ways, 'sms:a2')).toBe('mail:')
    expect(keptWay([way('sms', 'a2', true)], 'sms:a2')).toBe('')
  })

  it('tells two numbers of one channel apart', () => {
    expect(new Set(ways.map(wayKey)).size).toBe(3)
  })
})

describe('a share', () => {
  const words = (key: string, figures: Record<string, string | number>): string => `${key} ${JSON.stringify(figures)}`

  it('always says of how many', () => {
    const said = shareWords({ value: 2 / 3, numerator: 2, of: 3, age_s: 0 }, words)
    expect(said).toBe('satisfaction.share {"percent":"66.7","numerator":2,"of":3}')
  })

  it('is nothing, not zero, where there is nothing to count', () => {
    expect(shareWords({ value: null, numerator: 0, of: 0, age_s: 0 }, words)).toBe('satisfaction.nothing {}')
  })
})
