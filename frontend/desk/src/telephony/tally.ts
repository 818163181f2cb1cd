import type { Poll } from '../api/models'

export interface TallyLine {
  key: string
  votes: number
  /** Whole percents of all votes; 0 without any. */
  percent: number
}

/** The votes by key in the order of the question, keys that were asked for once included. */
export function tallyOf({ keys, votes }: Pick<Poll, 'keys' | 'votes'>): TallyLine[] {
  const all = [...new Set([...keys, ...Object.keys(votes).sort()])]
  const sum = Object.values(votes).reduce((total, one) => total + one, 0)
  return all.map((key) => {
    const count = votes[key] ?? 0
    return { key, votes: count, percent: sum ? Math.round((count * 100) / sum) : 0 }
  })
}
