import type { Tone } from '@axd/shared/components/SharedWord.vue'
import type { IconName } from '@axd/shared/icons/icons'
import type { QueueLine } from '../api/models'

export interface QueueState {
  key: 'critical' | 'overdue' | 'below' | 'unmanned' | 'normal'
  icon: IconName
  tone: Tone
  bar: 'ok' | 'warn' | 'bad'
}

const farBelow = 0.1

/** The state of a queue in one word, the worst that holds. */
export function queueState(line: QueueLine): QueueState {
  const gap = line.service_level === null ? 0 : line.sla_share - line.service_level
  const bar = gap <= 0 ? 'ok' : gap < farBelow ? 'warn' : 'bad'
  if (line.waiting > 0 && line.online_agents === 0) return { key: 'unmanned', icon: 'stop', tone: 'bad', bar }
  if (line.waiting > 0 && gap >= farBelow) return { key: 'critical', icon: 'stop', tone: 'bad', bar }
  if (line.overdue > 0) return { key: 'overdue', icon: 'late', tone: 'warn', bar }
  if (gap > 0) return { key: 'below', icon: 'warn', tone: 'warn', bar }
  return { key: 'normal', icon: 'ok', tone: 'ok', bar }
}
