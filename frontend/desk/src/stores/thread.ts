import { defineStore } from 'pinia'
import { computed, ref, shallowRef, triggerRef } from 'vue'
import { api } from '../api/desk'
import type { ContactDetail, ContactSummary, Recording, ThreadItem } from '../api/models'
import { Problem } from '../api/problem'
import { EntityMap, type Change } from '../realtime/reducer'
import { useInbox } from './inbox'
import { useOutgoing } from './outgoing'
import { useRealtime, type SignalFrame } from './realtime'
import { useSession } from './session'

const typingForMs = 6000
/** A recording is stored a moment after its call: then it is looked for, twice. */
const recordedAfterMs = [1500, 6000]
const spoken = new Set(['voice', 'callback'])

/** The open conversation: one thread over all channels of a citizen, who else looks at it, and whether they type. */
export const useThread = defineStore('thread', () => {
  const realtime = useRealtime()
  const inbox = useInbox()
  const outgoing = useOutgoing()
  const session = useSession()
  const contactId = ref<string | null>(null)
  const detail = ref<ContactDetail | null>(null)
  const items = shallowRef(new EntityMap<ThreadItem>())
  const recordings = shallowRef<Recording[]>([])
  const before = ref<string | null>(null)
  const loading = ref(false)
  const problem = ref<Problem | null>(null)
  const viewers = ref<string[]>([])
  const typing = ref(false)
  let typingTimer = 0

  const contact = computed<ContactSummary | null>(() =>
    contactId.value === null ? null : (inbox.contact(contactId.value) ?? detail.value),
  )
  const isMine = computed(() => contact.value?.agent_id === session.me?.id)
  const messages = computed(() =>
    items.value
      .all('message')
      .sort((one, other) => one.created_at.localeCompare(other.created_at) || one.seq - other.seq),
  )
  const waiting = computed(() => outgoing.waiting.filter((one) => one.contactId === contactId.value))
  const unheard = computed(() => {
    const known = new Set(messages.value.map((item) => item.client_id))
    return waiting.value.filter((one) => !known.has(one.body.client_id))
  })

  async function open(id: string | null): Promise<void> {
    contactId.value = id
    detail.value = null
    items.value = new EntityMap()
    recordings.value = []
    before.value = null
    viewers.value = []
    typing.value = false
    realtime.send({ type: 'viewing', contact_id: id })
    if (id !== null) await reload()
  }

  async function reload(): Promise<void> {
    const id = contactId.value
    if (id === null) return
    loading.value = true
    problem.value = null
    try {
      const found = await api.contact(id)
      if (contactId.value !== id) return
      detail.value = found
      inbox.takeRows([found])
      if (found.opened) take(await api.thread(id), id)
      await lookForRecordings()
    } catch (error) {
      if (!(error instanceof Problem)) throw error
      if (contactId.value === id) problem.value = error
    } finally {
      if (contactId.value === id) loading.value = false
    }
  }

  /** Who may hear none gets an empty list, who may not even ask goes on without. */
  async function lookForRecordings(): Promise<void> {
    const id = contactId.value
    if (id === null || !session.can('contacts.handle') || !detail.value?.opened || detail.value.sealed) return
    const found = await api.recordings(id).catch((error: unknown) => {
      if (!(error instanceof Problem)) throw error
      return null
    })
    if (found && contactId.value === id) recordings.value = found
  }

  function followCall(now: ContactSummary): void {
    if (!spoken.has(now.channel) || now.status === 'active') return
    for (const ms of recordedAfterMs) window.setTimeout(() => void lookForRecordings(), ms)
  }

  function take(page: { items: ThreadItem[]; before: string | null }, id: string): void {
    if (contactId.value !== id) return
    page.items.forEach(takeItem)
    before.value = page.before
  }

  function takeItem(item: ThreadItem): void {
    items.value.apply({ entity: 'message', id: item.id, version: item.version, data: item })
    triggerRef(items)
  }

  async function loadOlder(): Promise<void> {
    const id = contactId.value
    if (id === null || before.value === null) return
    take(await api.thread(id, before.value), id)
  }

  async function openSealed(reason: string): Promise<void> {
    const id = contactId.value
    if (id === null) return
    const found = await api.openSealed(id, reason)
    detail.value = found
    inbox.takeRows([found])
    take(await api.thread(id), id)
  }

  /** Tells the server that what came in was seen; nothing to tell is no request. */
  async function markRead(): Promise<void> {
    const open = contact.value
    if (!open || open.unread === 0 || !isMine.value) return
    await api.read(open.id).catch((error: unknown) => {
      if (!(error instanceof Problem)) throw error
    })
  }

  function belongs(item: ThreadItem): boolean {
    if (item.contact_id === contactId.value) return true
    return messages.value.some((known) => known.thread_id === item.thread_id)
  }

  /** It may not be shown any more: passed on, or made confidential. What stands on the page goes with it. */
  function close(): void {
    detail.value = null
    items.value = new EntityMap()
    recordings.value = []
    before.value = null
    viewers.value = []
    void reload()
  }

  function takeChange(change: Change): void {
    if (change.entity === 'contact' && change.id === contactId.value) {
      if (change.data === null) close()
      else followCall(change.data as ContactSummary)
    }
    if (change.entity !== 'message' || !change.data) return
    const item = change.data as ThreadItem
    if (contactId.value === null || !belongs(item)) return
    takeItem(item)
    if (item.direction === 'in') typing.value = false
  }

  function takeSignal(signal: SignalFrame): void {
    if (signal.contact_id !== contactId.value) return
    if (signal.type === 'viewing') viewers.value = signal.names ?? []
    else showTyping(signal.on === true)
  }

  function showTyping(on: boolean): void {
    window.clearTimeout(typingTimer)
    typing.value = on
    if (on) typingTimer = window.setTimeout(() => (typing.value = false), typingForMs)
  }

  /** After a snapshot the thread may have missed events, too. */
  function afterSnapshot(): void {
    void reload()
  }

  outgoing.whenConfirmed((item) => belongs(item) && takeItem(item))
  realtime.listen({
    onChange: takeChange,
    onSignal: takeSignal,
    onSnapshot: afterSnapshot,
    onOnline: () => realtime.send({ type: 'viewing', contact_id: contactId.value }),
  })

  return {
    contactId,
    detail,
    contact,
    isMine,
    messages,
    recordings,
    unheard,
    before,
    loading,
    problem,
    viewers,
    typing,
    open,
    reload,
    loadOlder,
    openSealed,
    markRead,
    takeItem,
    takeChange,
  }
})
