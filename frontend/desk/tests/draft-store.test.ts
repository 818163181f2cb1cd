import { createPinia, setActivePinia } from 'pinia'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { useDrafts } from '../src/stores/drafts'
import { DraftServer } from './support/draft-server'

const realFetch = globalThis.fetch

describe('drafts on the server', () => {
  let server: DraftServer
  let drafts: ReturnType<typeof useDrafts>

  beforeEach(() => {
    localStorage.clear()
    server = new DraftServer()
    globalThis.fetch = server.fetch as typeof fetch
    setActivePinia(createPinia())
    drafts = useDrafts()
  })
  afterEach(() => {
    globalThis.fetch = realFetch
  })

  it('is flushed to the last letter', async () => {
    drafts.write('k', 'reply', '您好')
    await drafts.flush('k')
    expect(server.text).toBe('您好')
    expect(drafts.of('k', 'reply').savedAt).not.toBeNull()
  })

  it('survives a reload while the line is down, and is saved afterwards', async () => {
    server.down = true
    drafts.write('k', 'reply', '写到一半')
    await expect(drafts.flush('k')).rejects.toMatchObject({ code: 'draft_unsaved' })
    expect(drafts.of('k', 'reply').status).toBe('waiting')

    setActivePinia(createPinia())
    const reloaded = useDrafts()
    server.down = false
    await reloaded.load('k', 'reply')
    expect(reloaded.of('k', 'reply').text).toBe('写到一半')
    await reloaded.flush('k')
    expect(server.text).toBe('写到一半')
  })

  it('keeps what is typed here and offers what was saved elsewhere', async () => {
    drafts.write('k', 'reply', '您好')
    await drafts.flush('k')
    server.put('已转处室')
    drafts.write('k', 'reply', '您好，请稍候')
    await drafts.flush('k')
    const draft = drafts.of('k', 'reply')
    expect(draft.text).toBe('您好，请稍候')
    expect(draft.theirs).toBe('已转处室')
    await drafts.flush('k')
    expect(server.text).toBe('您好，请稍候')
  })

  it('comes back with what was saved elsewhere when nothing was typed here', async () => {
    server.put('交班前写的')
    await drafts.load('k', 'reply')
    expect(drafts.of('k', 'reply').text).toBe('交班前写的')
  })

  it('is gone once it is sent, and old news does not refill it', async () => {
    drafts.write('k', 'reply', '您好')
    await drafts.flush('k')
    const old = server.view()
    await drafts.drop('k', 'reply')
    drafts.takeChange({ entity: 'draft', id: 'd', version: old.version, data: old })
    expect(drafts.of('k', 'reply').text).toBe('')
    expect(server.text).toBe('')
    drafts.write('k', 'reply', '第二条')
    await drafts.flush('k')
    await drafts.flush('k')
    expect(server.text).toBe('第二条')
  })
})
