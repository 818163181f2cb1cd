// What must survive a reload: the draft, and messages written while there was no connection.
import type { Pending } from './state'

const DRAFT = 'axd-chat-draft'
const PENDING = 'axd-chat-pending'
const COLLAPSED = 'axd-chat-collapsed'

export type Store = Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>

/** Browsers may forbid storage altogether; the chat then works without memory. */
export function browserStore(): Store {
  try {
    window.localStorage.setItem('axd-chat-probe', '1')
    window.localStorage.removeItem('axd-chat-probe')
    return window.localStorage
  } catch {
    return memoryStore()
  }
}

export function memoryStore(): Store {
  const values = new Map<string, string>()
  return {
    getItem: (key) => values.get(key) ?? null,
    setItem: (key, value) => void values.set(key, value),
    removeItem: (key) => void values.delete(key),
  }
}

export const loadDraft = (store: Store): string => store.getItem(DRAFT) ?? ''

export function saveDraft(store: Store, text: string): void {
  if (text) store.setItem(DRAFT, text)
  else store.removeItem(DRAFT)
}

export function loadPending(store: Store): Pending[] {
  try {
    const found: unknown = JSON.parse(store.getItem(PENDING) ?? '[]')
    return Array.isArray(found) ? found.filter(isPending) : []
  } catch {
    return []
  }
}

export function savePending(store: Store, pending: Pending[]): void {
  if (pending.length) store.setItem(PENDING, JSON.stringify(pending))
  else store.removeItem(PENDING)
}

export const isCollapsed = (store: Store): boolean => store.getItem(COLLAPSED) === '1'

export function setCollapsed(store: Store, collapsed: boolean): void {
  if (collapsed) store.setItem(COLLAPSED, '1')
  else store.removeItem(COLLAPSED)
}

function isPending(value: unknown): value is Pending {
  const message = value as Pending | null
  return typeof message?.clientMsgId === 'string' && typeof message.text === 'string' && Array.isArray(message.attachments)
}
