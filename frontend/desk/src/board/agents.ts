import type { Tone } from '@axd/shared/components/SharedWord.vue'
import type { IconName } from '@axd/shared/icons/icons'
import type { BoardAgent } from '../api/models'

export const agentLooks: Record<string, { icon: IconName; tone: Tone }> = {
  lost: { icon: 'offline', tone: 'bad' },
  not_ready: { icon: 'coffee', tone: 'idle' },
  ringing: { icon: 'bell', tone: 'info' },
  on_contact: { icon: 'chat', tone: 'info' },
  wrap_up: { icon: 'edit', tone: 'idle' },
  ready: { icon: 'ok', tone: 'ok' },
  offline: { icon: 'logout', tone: 'idle' },
}

/** Reasons that the system gave: nobody answered, the line broke. */
const bySystem = new Set(['no_answer', 'connection_lost'])
const longWrapUpMs = 120_000

export function inTrouble(agent: BoardAgent, now: number): boolean {
  if (agent.state === 'lost') return true
  if (agent.state === 'not_ready') return bySystem.has(agent.reason ?? '')
  return agent.state === 'wrap_up' && now - Date.parse(agent.since) > longWrapUpMs
}

const order = ['on_contact', 'ringing', 'wrap_up', 'ready', 'not_ready', 'lost', 'offline']

/** Trouble first, then by state; those who are not there come last. */
export function sortAgents(agents: BoardAgent[], now: number): BoardAgent[] {
  const rank = (agent: BoardAgent): number => (inTrouble(agent, now) ? -1 : order.indexOf(agent.state))
  return agents.toSorted((one, other) => rank(one) - rank(other) || one.staff_number.localeCompare(other.staff_number))
}
