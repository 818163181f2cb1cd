import type { IconName } from '@axd/shared/icons/icons'
import type { Tone } from '@axd/shared/components/SharedWord.vue'

export interface DueWord {
  icon: IconName
  tone: Tone
  key: 'late' | 'left'
  ms: number
}

/** The word for a deadline: late in red, near in amber, else plain. */
export function dueWord(dueAt: string, now: number): DueWord {
  const ms = Date.parse(dueAt) - now
  if (ms < 0) return { icon: 'late', tone: 'bad', key: 'late', ms: -ms }
  if (ms < 60_000) return { icon: 'hourglass', tone: 'warn', key: 'left', ms }
  return { icon: 'clock', tone: 'idle', key: 'left', ms }
}
