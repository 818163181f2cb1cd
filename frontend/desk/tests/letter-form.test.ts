import { describe, expect, it } from 'vitest'
import { bodyOf, dayOf, emptyLetter, moved, type Page } from '../src/letters/letter-form'

const page = (key: string, id: string | null): Page => ({
  key,
  name: key,
  picture: '',
  upload: id
    ? { id, filename: key, media_type: 'image/png', size_bytes: 1, has_preview: false, recognised: null }
    : null,
})

describe('the form of a letter', () => {
  it('sends the pages in their order, and not those that are still on their way', () => {
    const form = emptyLetter(new Date(2026, 10, 24))
    expect(form.received_on).toBe('2026-11-24')
    expect(bodyOf(form, [page('b', '2'), page('c', null), page('a', '1')], false).attachment_ids).toEqual(['2', '1'])
  })

  it('sends nothing for a visit that only a letter has', () => {
    const form = { ...emptyLetter(new Date()), channel: 'visit' as const, dated: '2026-11-20' }
    expect(bodyOf(form, [], true)).toMatchObject({ form: '', dated: null, confirmed: true })
    expect(bodyOf({ ...form, channel: 'letter', dated: '' }, [], false).dated).toBeNull()
  })

  it('names the day here', () => {
    expect(dayOf(new Date(2026, 0, 5, 23, 59))).toBe('2026-01-05')
  })

  it('moves a page one place, and not past the ends', () => {
    expect(moved(['a', 'b', 'c'], 2, 1)).toEqual(['a', 'c', 'b'])
    expect(moved(['a', 'b'], 0, -1)).toEqual(['a', 'b'])
    expect(moved(['a', 'b'], 1, 2)).toEqual(['a', 'b'])
  })
})
