import { createPinia, setActivePinia } from 'pinia'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { useInbox } from '../src/stores/inbox'
import { useThread } from '../src/stores/thread'
import { contactRow } from './support/contacts'

const realFetch = globalThis.fetch
const said = { id: 'm', version: 1, contact_id: 'k', thread_id: 't', seq: 1, created_at: '2026-11-24T01:00:00Z' }
const json = (body: object, status = 200) =>
  new Response(JSON.stringify(body), { status, headers: { 'content-type': 'application/json' } })

describe('the open conversation', () => {
  let visible = true

  beforeEach(() => {
    visible = true
    globalThis.fetch = ((request: Request) => {
      if (!visible) return Promise.resolve(json({ code: 'not_found', status: 404 }, 404))
      const isThread = request.url.includes('/thread')
      return Promise.resolve(json(isThread ? { items: [said], before: null } : contactRow('k')))
    }) as typeof fetch
    setActivePinia(createPinia())
  })
  afterEach(() => {
    globalThis.fetch = realFetch
  })

  it('shows nothing any more of what may not be seen any more', async () => {
    const [inbox, thread] = [useInbox(), useThread()]
    await thread.open('k')
    expect(thread.messages.map((item) => item.id)).toEqual(['m'])
    visible = false
    const gone = { entity: 'contact', id: 'k', version: 2, data: null }
    inbox.takeChange(gone)
    thread.takeChange(gone)
    expect([thread.messages, thread.contact]).toEqual([[], null])
    await expect.poll(() => thread.problem?.code).toBe('not_found')
  })
})
