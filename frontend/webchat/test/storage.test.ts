import { describe, expect, it } from 'vitest'
import { isCollapsed, loadDraft, loadPending, memoryStore, saveDraft, savePending, setCollapsed } from '../src/storage'

describe('storage', () => {
  it('gives back after a reload what was written without a connection', () => {
    const store = memoryStore()
    const message = { clientMsgId: 'a', text: '断网时写的', attachments: [], refused: null }
    savePending(store, [message])
    expect(loadPending(store)).toEqual([message])
    savePending(store, [])
    expect(loadPending(store)).toEqual([])
  })

  it('keeps the draft', () => {
    const store = memoryStore()
    saveDraft(store, '写到一半')
    expect(loadDraft(store)).toBe('写到一半')
    saveDraft(store, '')
    expect(loadDraft(store)).toBe('')
  })

  it.each(['', 'null', '{', '{"a":1}', '[1,null,{"text":2}]'])('is not upset by rubbish: %s', (rubbish) => {
    const store = memoryStore()
    store.setItem('axd-chat-pending', rubbish)
    expect(loadPending(store)).toEqual([])
  })

  it('remembers that the panel was collapsed', () => {
    const store = memoryStore()
    setCollapsed(store, true)
    expect(isCollapsed(store)).toBe(true)
    setCollapsed(store, false)
    expect(isCollapsed(store)).toBe(false)
  })
})
