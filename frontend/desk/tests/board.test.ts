import { describe, expect, it } from 'vitest'
import type { BoardAgent, QueueLine } from '../src/api/models'
import { sortAgents } from '../src/board/agents'
import { queueState } from '../src/board/queue-state'

const line = (changes: Partial<QueueLine>): QueueLine => ({
  queue_id: 'q',
  name: '在线',
  name_en: 'Chat',
  channel: 'chat',
  waiting: 0,
  longest_wait_s: null,
  expected_low_s: null,
  expected_high_s: null,
  service_level: 1,
  answered: 1,
  sla_s: 180,
  sla_share: 0.95,
  abandoned: 0,
  free_agents: 1,
  online_agents: 2,
  overdue: 0,
  trend: [],
  sealed: false,
  ...changes,
})
const agent = (id: string, state: string, changes: Partial<BoardAgent> = {}): BoardAgent => ({
  id,
  version: 1,
  display_name: id,
  staff_number: id,
  presence: 'ready',
  reason: null,
  pending: null,
  state,
  since: '2026-11-24T01:59:00Z',
  capacity: {},
  load: {},
  group_name: '',
  current: [],
  longest_s: null,
  ...changes,
})

describe('the board', () => {
  it('names the worst that holds of a queue', () => {
    expect(queueState(line({})).key).toBe('normal')
    expect(queueState(line({ service_level: 0.93 })).key).toBe('below')
    expect(queueState(line({ service_level: 0.93, overdue: 1 })).key).toBe('overdue')
    expect(queueState(line({ service_level: 0.8, overdue: 1, waiting: 2 })).key).toBe('critical')
    expect(queueState(line({ waiting: 1, online_agents: 0 })).key).toBe('unmanned')
    expect(queueState(line({ service_level: null })).key).toBe('normal')
  })

  it('puts agents with trouble first and the absent last', () => {
    const now = Date.parse('2026-11-24T02:00:00Z')
    const wall = [
      agent('4', 'offline'),
      agent('3', 'ready'),
      agent('2', 'not_ready', { reason: 'break' }),
      agent('1', 'on_contact'),
      agent('6', 'not_ready', { reason: 'no_answer' }),
      agent('5', 'lost'),
      agent('7', 'wrap_up', { since: '2026-11-24T01:50:00Z' }),
    ]
    expect(sortAgents(wall, now).map((one) => one.id)).toEqual(['5', '6', '7', '1', '3', '2', '4'])
  })
})
