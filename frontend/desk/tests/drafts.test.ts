import { describe, expect, it } from 'vitest'
import { mergeDraft } from '../src/messages/drafts'

describe('draft merging', () => {
  it('takes the side that changed', () => {
    expect(mergeDraft('您好', '您好，', '您好')).toEqual({ text: '您好，', theirs: null })
    expect(mergeDraft('您好', '您好', '您好！')).toEqual({ text: '您好！', theirs: null })
  })

  it('takes the one that holds the other', () => {
    expect(mergeDraft('您', '您好', '您好，已收到')).toEqual({ text: '您好，已收到', theirs: null })
    expect(mergeDraft('您', '您好，已收到', '您好')).toEqual({ text: '您好，已收到', theirs: null })
  })

  it('keeps what is typed here and offers the other text when both changed', () => {
    expect(mergeDraft('您好', '您好，请稍候', '已转处室')).toEqual({ text: '您好，请稍候', theirs: '已转处室' })
  })

  it('an emptied draft is not refilled by what was saved before', () => {
    expect(mergeDraft('您好', '', '您好')).toEqual({ text: '', theirs: null })
  })
})
