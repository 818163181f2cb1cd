import { describe, expect, it } from 'vitest'
import { changesOf, emptyForm, missingFields } from '../src/cases/form'
import { caseNumber } from '../src/cases/number'
import { wakeAt } from '../src/inbox/wake'
import { cannedQuery, fillCanned, insertCanned, matchCanned } from '../src/messages/canned'

const answers = [
  { number: 1, language: 'zh-CN', text: '您好,工号{工号}为您服务' },
  { number: 2, language: 'zh-CN', text: '我正在核实,请稍候' },
]

describe('canned answers', () => {
  it('opens at a slash that begins a word, not inside one', () => {
    expect(cannedQuery('/', 1)).toBe('')
    expect(cannedQuery('您好 /核实', 6)).toBe('核实')
    expect(cannedQuery('2026/11', 7)).toBeNull()
    expect(cannedQuery('http://x', 8)).toBeNull()
  })

  it('finds by number or words', () => {
    expect(matchCanned(answers, '2').map((one) => one.number)).toEqual([2])
    expect(matchCanned(answers, '核实').map((one) => one.number)).toEqual([2])
    expect(matchCanned(answers, '')).toHaveLength(2)
  })

  it('fills in what is known and leaves the rest to the agent', () => {
    expect(fillCanned('工号{工号},{n}分钟', { 工号: '1006' })).toBe('工号1006,{n}分钟')
  })

  it('replaces the slash command and nothing else', () => {
    expect(insertCanned('前 /核 后', 4, '请稍候')).toEqual({ text: '前 请稍候 后', caret: 5 })
    expect(insertCanned('前后', 1, '中')).toEqual({ text: '前中后', caret: 2 })
  })
})

describe('the case form', () => {
  it('names the mandatory fields that are empty', () => {
    expect(missingFields({ ...emptyForm(), kind: 'inquiry', title: ' ', summary: '问' })).toEqual(['category', 'title'])
  })

  it('sends only what differs, an emptied field as null', () => {
    const stored = { ...emptyForm(), title: '旧', department_id: 'd1' }
    expect(changesOf({ ...stored, title: '新', department_id: '' }, stored)).toEqual({
      title: '新',
      department_id: null,
    })
  })

  it('shows a number in its groups', () => {
    expect(caseNumber('20261120003179')).toBe('20261120 00317 9')
    expect(caseNumber('')).toBe('')
  })
})

describe('wake dates', () => {
  it('days begin in the morning, an hour is an hour', () => {
    const now = new Date(2026, 10, 30, 17, 20)
    expect(wakeAt('hour', now)).toEqual(new Date(2026, 10, 30, 18, 20))
    expect(wakeAt('tomorrow', now)).toEqual(new Date(2026, 11, 1, 9))
    expect(wakeAt('week', now)).toEqual(new Date(2026, 11, 7, 9))
  })
})
