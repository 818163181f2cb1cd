import { describe, expect, it } from 'vitest'
import { emptySms, inputOf, isReady, startOf } from '../src/channels/sms-form'
import { fits, openVariables, partsOf, signed, started } from '../src/messages/sms'

describe('a text message', () => {
  it('is counted as it travels', () => {
    expect([partsOf('a'.repeat(160)), partsOf('a'.repeat(161)), partsOf('€'.repeat(81))]).toEqual([1, 2, 2])
    expect([partsOf('字'.repeat(70)), partsOf('字'.repeat(71)), partsOf('字'.repeat(135))]).toEqual([1, 2, 3])
  })

  it('carries its signature once', () => {
    expect(signed('云州科技', signed('云州科技', '您好'))).toBe('【云州科技】您好')
    expect(signed('', '您好')).toBe('您好')
  })

  it('fits the template that it is made of', () => {
    const template = { text: '事项${编号}已办结：${结果}。' }
    expect(fits('事项0017已办结：通过。', template)).toBe(true)
    for (const other of ['事项0017已办结：通过', '事项已办结：通过。', '事项0017已办结：。', '您好']) {
      expect(fits(other, template)).toBe(false)
    }
    expect(fits('已收到。', { text: '已收到。' })).toBe(true)
  })

  it('starts from a template with what is known in it', () => {
    const text = started({ text: '事项${编号}：{结果}' }, { 编号: '17' })
    expect(text).toBe('事项17：{结果}')
    expect(openVariables(text)).toEqual(['结果'])
  })
})

describe('the form of an account', () => {
  it('is ready with what its kind needs', () => {
    const form = { ...emptySms(), name: '短信', number: '10690001' }
    expect(isReady(form)).toBe(false)
    form.fields = { access_key_id: 'LTAI', extend_code: '' }
    expect(isReady(form)).toBe(true)
    expect(inputOf(form)).toMatchObject({ settings: { access_key_id: 'LTAI' }, secret: null })
  })

  it('takes a described kind as JSON only', () => {
    const form = { ...emptySms(), kind: 'generic' as const, json: '{' }
    expect(inputOf(form)).toBeNull()
    expect(inputOf({ ...form, json: '[]' })).toBeNull()
    expect(inputOf({ ...form, json: startOf('generic') })?.settings).toHaveProperty('send')
  })
})
