import type { Tone } from '@axd/shared/components/SharedWord.vue'
import type { Board, Figure, QueueLine } from '../api/models'

export interface FigureWords {
  key: string
  label: string
  figure: Figure
  unit: 'count' | 'clock' | 'share'
  suffix: string
  caption: string
  tone?: Tone
}

type Say = (key: string, values?: Record<string, unknown>) => string

const target = 0.95

/** The six figures, each with what it is a share of. */
export function figures(board: Board, t: Say, named: (queue: QueueLine) => string): FigureWords[] {
  return [
    waiting(board, t),
    longest(board, t, named),
    level(board, t),
    connection(board, t),
    online(board, t),
    answered(board, t),
  ]
}

type FigureKey = 'waiting' | 'longest_wait_s' | 'service_level' | 'connection_rate' | 'online' | 'answered_today'

const line = (
  board: Board,
  key: FigureKey,
  t: Say,
  rest: Pick<FigureWords, 'unit' | 'suffix' | 'caption'> & { tone?: Tone },
): FigureWords => ({
  key,
  label: t(`board.figure.${key}`),
  figure: board[key],
  ...rest,
})

function waiting(board: Board, t: Say): FigureWords {
  const by = new Map<string, number>()
  for (const queue of board.queues) by.set(queue.channel, (by.get(queue.channel) ?? 0) + queue.waiting)
  const parts = [...by].filter(([, n]) => n > 0).map(([channel, n]) => `${t(`words.channel.${channel}`)} ${n}`)
  return line(board, 'waiting', t, {
    unit: 'count',
    suffix: t('board.pieces'),
    caption: parts.join(' · ') || t('board.nobodyWaits'),
  })
}

function longest(board: Board, t: Say, named: (queue: QueueLine) => string): FigureWords {
  const worst = board.queues
    .filter((queue) => queue.longest_wait_s !== null && queue.longest_wait_s > queue.sla_s)
    .sort((one, other) => other.longest_wait_s! - other.sla_s - (one.longest_wait_s! - one.sla_s))[0]
  const none = board.longest_wait_s.value === null
  return line(board, 'longest_wait_s', t, {
    unit: 'clock',
    suffix: '',
    caption: worst
      ? t('board.overTarget', { queue: named(worst) })
      : t(none ? 'board.nobodyWaits' : 'board.withinTarget'),
    tone: worst ? 'bad' : undefined,
  })
}

function level(board: Board, t: Say): FigureWords {
  const { value, numerator, of } = board.service_level
  const below = value !== null && value < target
  const caption = t('board.shareOf', { numerator: numerator ?? 0, of: of ?? 0 })
  return line(board, 'service_level', t, {
    unit: 'share',
    suffix: '%',
    caption: below ? t('board.belowTarget', { of: caption, gap: ((target - value) * 100).toFixed(1) }) : caption,
    tone: below ? 'warn' : undefined,
  })
}

function connection(board: Board, t: Say): FigureWords {
  const { numerator, of } = board.connection_rate
  return line(board, 'connection_rate', t, {
    unit: 'share',
    suffix: '%',
    caption: t('board.asked', { of: of ?? 0, numerator: numerator ?? 0 }),
  })
}

function online(board: Board, t: Say): FigureWords {
  const count = (state: string): number => board.agents.filter((agent) => agent.state === state).length
  const states = ['ready', 'not_ready', 'lost'].filter((state) => count(state) > 0)
  const caption = states.map((state) => `${t(`board.state.${state}`)} ${count(state)}`).join(' · ')
  return line(board, 'online', t, {
    unit: 'count',
    suffix: t('board.ofAgents', { n: board.online.of ?? 0 }),
    caption: caption || t('board.nobodyOnline'),
  })
}

function answered(board: Board, t: Say): FigureWords {
  const { of } = board.answered_today
  return line(board, 'answered_today', t, {
    unit: 'count',
    suffix: t('board.pieces'),
    caption: of === null ? '' : t('board.arrivedToday', { n: of }),
  })
}
