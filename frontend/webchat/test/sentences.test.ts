import { describe, expect, it } from 'vitest'
import { availabilityText, minutes, spaced, statusText } from '../src/sentences'
import { initialState, reduce } from '../src/state'
import { fill, languages, wordsFor } from '../src/words'

const zh = wordsFor('zh-CN')

describe('words', () => {
  it('are complete in both languages, with the same figures', () => {
    const [chinese, english] = [languages['zh-CN']!, languages.en!]
    const figures = (text: string): string[] => (text.match(/\{\w+\}/g) ?? []).sort()
    for (const key of Object.keys(chinese) as (keyof typeof chinese)[]) {
      expect(english[key], key).toBeTruthy()
      expect(figures(english[key]), key).toEqual(figures(chinese[key]))
      expect(english[key], key).not.toMatch(/[\u4e00-\u9fff]/)
    }
  })

  it('fill in figures and leave what is unknown', () => {
    expect(fill('{a} {b}', { a: 1 })).toBe('1 {b}')
  })
})

describe('waits', () => {
  it('are whole minutes, never none, and always a range', () => {
    expect(minutes(0, 60)).toEqual({ low: 1, high: 2 })
    expect(minutes(65, 170)).toEqual({ low: 1, high: 3 })
  })

  it('are told in the words of the workspace', () => {
    const state = reduce(initialState, { type: 'status', status: 'waiting', text: '您前面 2 位，约 1–3 分钟' })
    expect(statusText(zh, state, null)).toBe('您前面 2 位，约 1–3 分钟')
  })

  it('tell closed from nobody there', () => {
    const now = { reachable: false, wait_low_s: null, wait_high_s: null }
    expect(availabilityText(zh, { ...now, reason: 'closed' })).not.toBe(availabilityText(zh, { ...now, reason: 'busy' }))
  })

  it('name who answers by staff number', () => {
    expect(statusText(zh, { ...initialState, status: 'active', staffNumber: '1006' }, null)).toBe('工号 1006 正在为您服务')
  })
})

it('a number is shown in the groups it is read in', () => {
  expect(spaced('20261120003179')).toBe('20261120 00317 9')
  expect(spaced('abc')).toBe('abc')
})
