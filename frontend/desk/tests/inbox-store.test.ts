import { createPinia, setActivePinia } from 'pinia'
import { beforeEach, describe, expect, it } from 'vitest'
import type { ContactSummary, Snapshot } from '../src/api/models'
import { useInbox } from '../src/stores/inbox'
import { useSession } from '../src/stores/session'
import { contactRow } from './support/contacts'

const me = {
  id: 'me',
  version: 1,
  display_name: '苏敏',
  staff_number: '1006',
  presence: 'ready',
  reason: null,
  pending: null,
  state: 'ready',
  since: '2026-11-24T01:00:00Z',
  capacity: {},
  load: {},
}
const snapshot = (rows: ContactSummary[]): Snapshot => ({
  cursor: 'g:1-0',
  server_time: new Date().toISOString(),
  me,
  offers: [],
  done_today: 0,
  contacts: rows.filter((row) => row.agent_id === 'me'),
  waiting: rows.filter((row) => row.status === 'queued'),
})
const offer = (changes: object = {}) => {
  const soon = new Date(Date.now() + 10_000).toISOString()
  return {
    id: 'o',
    version: 1,
    contact_id: 'k',
    agent_id: 'me',
    fence: '9007199254740993',
    offered_at: soon,
    expires_at: soon,
    outcome: 'pending',
    contact: contactRow('k'),
    waiting_s: 1,
    history_count: 0,
    served_by_me_before: false,
    ...changes,
  }
}

describe('the inbox store', () => {
  beforeEach(() => {
    setActivePinia(createPinia())
    useSession().info = { account: { id: 'me' } } as never
  })

  it('a stale snapshot and the events since then make the same list as a fresh snapshot', () => {
    const history = [
      contactRow('a', { version: 1, status: 'queued', agent_id: null }),
      contactRow('b', { version: 1, status: 'queued', agent_id: null }),
      contactRow('a', { version: 2, status: 'offered', agent_id: null }),
      contactRow('a', { version: 3, status: 'active' }),
      contactRow('c', { version: 1, status: 'queued', agent_id: null }),
      contactRow('a', { version: 4, status: 'parked' }),
    ]
    const newest = new Map(history.map((row) => [row.id, row]))
    const fresh = useInbox()
    fresh.takeSnapshot(snapshot([...newest.values()]))
    const wanted = [fresh.mine, fresh.waiting.toSorted((one, other) => one.id.localeCompare(other.id))]

    for (let cut = 0; cut <= history.length; cut += 1) {
      setActivePinia(createPinia())
      useSession().info = { account: { id: 'me' } } as never
      const stale = useInbox()
      stale.takeSnapshot(snapshot([...new Map(history.slice(0, cut).map((row) => [row.id, row])).values()]))
      for (const row of history.slice(Math.max(0, cut - 2)))
        stale.takeChange({ entity: 'contact', id: row.id, version: row.version, data: row })
      expect([stale.mine, stale.waiting.toSorted((one, other) => one.id.localeCompare(other.id))]).toEqual(wanted)
    }
  })

  it('forgets a contact that this session may no longer see', () => {
    const inbox = useInbox()
    inbox.takeSnapshot(snapshot([contactRow('a')]))
    inbox.takeChange({ entity: 'contact', id: 'a', version: 2, data: null })
    expect(inbox.mine).toEqual([])
  })

  it('shows an offer until it is settled here or there', () => {
    const inbox = useInbox()
    inbox.takeChange({ entity: 'offer', id: 'o', version: 1, data: offer() })
    expect(inbox.offer?.fence).toBe('9007199254740993')
    inbox.settle('o', 'accepted')
    expect(inbox.offer).toBeNull()
    inbox.takeChange({ entity: 'offer', id: 'o', version: 1, data: offer() })
    expect(inbox.offer).toBeNull()
  })

  it("does not show a colleague's offer, nor one whose time is over", () => {
    const inbox = useInbox()
    inbox.takeChange({ entity: 'offer', id: 'o', version: 1, data: offer({ agent_id: 'other' }) })
    inbox.takeChange({
      entity: 'offer',
      id: 'p',
      version: 1,
      data: offer({ id: 'p', expires_at: new Date(Date.now() - 60_000).toISOString() }),
    })
    expect(inbox.offer).toBeNull()
  })

  it('counts what was closed today once', () => {
    const inbox = useInbox()
    inbox.takeSnapshot(snapshot([contactRow('a')]))
    const closed = { entity: 'contact', id: 'a', version: 2, data: contactRow('a', { version: 2, status: 'closed' }) }
    inbox.takeChange(closed)
    inbox.takeChange(closed)
    expect(inbox.doneToday).toBe(1)
  })
})
