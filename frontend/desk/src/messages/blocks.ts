import { dayDistance } from '@axd/shared/time/words'
import type { Recording, ThreadItem } from '../api/models'

export type ThreadEntry =
  | { kind: 'day'; key: string; at: string; contactId: string | null; channel: string }
  | { kind: 'item'; key: string; item: ThreadItem }
  | { kind: 'recording'; key: string; recording: Recording }

/**
 * Items with a line before each day and before the first item of the open contact: there stands by which channel it
 * came, and why it came to this agent.
 */
export function withDividers(items: ThreadItem[], openContactId: string): ThreadEntry[] {
  const entries: ThreadEntry[] = []
  let last: ThreadItem | null = null
  let reached = false
  for (const item of items) {
    const starts: boolean = !reached && item.contact_id === openContactId
    const newDay = !last || dayDistance(new Date(item.created_at), new Date(last.created_at)) !== 0
    if (newDay || starts) {
      entries.push({
        kind: 'day',
        key: `day-${item.id}`,
        at: item.created_at,
        contactId: starts ? openContactId : null,
        channel: item.channel,
      })
    }
    reached ||= starts
    entries.push({ kind: 'item', key: item.id, item })
    last = item
  }
  return entries
}

export type Shape = 'event' | 'note' | 'card' | 'bubble'

const wholes = new Set(['mail', 'form', 'fax', 'letter', 'visit'])

/** Recordings stand where the call began, after what was said before it. */
export function withRecordings(entries: ThreadEntry[], recordings: Recording[]): ThreadEntry[] {
  const mixed = [...entries]
  for (const recording of recordings) {
    const later = mixed.findIndex((entry) => entry.kind === 'item' && entry.item.created_at > recording.started_at)
    const at = later < 0 ? mixed.length : mixed[later - 1]?.kind === 'day' ? later - 1 : later
    mixed.splice(at, 0, { kind: 'recording', key: recording.id, recording })
  }
  return mixed
}

/** Short messages and all of ours stand in bubbles; what came as a whole (a mail, a form) is a card. */
export function shapeOf(item: ThreadItem): Shape {
  if (item.direction === 'event') return 'event'
  if (item.direction === 'note') return 'note'
  return item.direction === 'in' && wholes.has(item.channel) ? 'card' : 'bubble'
}
