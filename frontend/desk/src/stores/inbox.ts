import { defineStore } from 'pinia'
import { computed, ref, shallowRef, triggerRef } from 'vue'
import { api } from '../api/desk'
import type { Agent, ContactSummary, Offer, Snapshot } from '../api/models'
import { useClock } from '../i18n/time'
import { EntityMap, type Change } from '../realtime/reducer'
import { useRealtime } from './realtime'
import { useSession } from './session'

const handled = new Set(['active', 'parked', 'wrap_up'])
/** SQL decides at the deadline; the card stays a moment longer so that the answer can still come. */
const graceMs = 1500

/** What the inbox holds: contacts, offers and the own presence, kept true by events. */
export const useInbox = defineStore('inbox', () => {
  const session = useSession()
  const clock = useClock()
  const contacts = shallowRef(new EntityMap<ContactSummary>())
  const offers = shallowRef(new EntityMap<Offer>())
  const me = ref<Agent | null>(null)
  const doneToday = ref(0)
  const loaded = ref(false)

  function takeSnapshot(snapshot: Snapshot): void {
    const rows = [...snapshot.contacts, ...snapshot.waiting]
    contacts.value.replace(rows.map((row) => ({ entity: 'contact', id: row.id, version: row.version, data: row })))
    offers.value.replace(
      snapshot.offers.map((offer) => ({ entity: 'offer', id: offer.id, version: offer.version, data: offer })),
    )
    me.value = snapshot.me
    doneToday.value = snapshot.done_today
    loaded.value = true
    triggerRef(contacts)
    triggerRef(offers)
  }

  function takeChange(change: Change): void {
    if (change.entity === 'contact') takeContact(change as Change<ContactSummary>)
    else if (change.entity === 'offer' && offers.value.apply(change as Change<Offer>)) triggerRef(offers)
    else if (change.entity === 'agent' && change.id === session.me?.id) takeAgent(change.data as Agent)
  }

  function takeContact(change: Change<ContactSummary>): void {
    const before = contacts.value.get('contact', change.id)
    if (!contacts.value.apply(change)) return
    const closed =
      before?.agent_id === session.me?.id && before?.status !== 'closed' && change.data?.status === 'closed'
    if (closed) doneToday.value += 1
    triggerRef(contacts)
  }

  function takeAgent(agent: Agent): void {
    if (!me.value || agent.version > me.value.version) me.value = agent
  }

  /** Rows read by a request; events that came meanwhile are newer and win. */
  function takeRows(rows: ContactSummary[]): void {
    rows.forEach((row) => contacts.value.apply({ entity: 'contact', id: row.id, version: row.version, data: row }))
    triggerRef(contacts)
  }

  const all = computed(() => contacts.value.all('contact'))
  const mine = computed(() => all.value.filter((row) => row.agent_id === session.me?.id && handled.has(row.status)))
  const waiting = computed(() => all.value.filter((row) => row.status === 'queued'))
  const pending = computed(() =>
    offers.value.all('offer').filter((offer) => offer.outcome === 'pending' && offer.agent_id === session.me?.id),
  )
  const offer = computed(() => pending.value.find((one) => Date.parse(one.expires_at) + graceMs > clock.value) ?? null)
  const contact = (id: string): ContactSummary | undefined => contacts.value.get('contact', id)

  /** Takes the card away at once; the event that follows says the same. */
  function settle(id: string, outcome: string): void {
    const known = offers.value.get('offer', id)
    if (!known) return
    // Half a version: newer than what is known, older than anything the server will say.
    offers.value.apply({ entity: 'offer', id, version: known.version + 0.5, data: { ...known, outcome } })
    triggerRef(offers)
  }

  async function setPresence(presence: 'ready' | 'not_ready' | 'offline', reason?: string): Promise<void> {
    takeAgent(await api.presence(presence, reason ?? null))
  }

  useRealtime().listen({ onSnapshot: takeSnapshot, onChange: takeChange })

  return {
    me,
    doneToday,
    loaded,
    all,
    mine,
    waiting,
    offer,
    contact,
    takeRows,
    takeSnapshot,
    takeChange,
    settle,
    setPresence,
  }
})
