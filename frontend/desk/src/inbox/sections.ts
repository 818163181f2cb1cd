import type { ContactSummary } from '../api/models'
import type { Section } from './layout'

/** Rows that are due within this time come first. */
const dueSoonMs = 10 * 60_000

const at = (iso: string | null): number => (iso === null ? Infinity : Date.parse(iso))

/** Whether the next word is ours: the citizen spoke last. */
export const ourTurn = (row: ContactSummary): boolean => {
  const heard = row.last_in_at
  return heard !== null && (row.last_out_at === null || row.last_out_at < heard)
}

export const newest = (row: ContactSummary): string =>
  [row.received_at, row.last_in_at, row.last_out_at]
    .filter((iso) => iso !== null)
    .sort()
    .at(-1)!

const isDue = (row: ContactSummary, now: number): boolean => ourTurn(row) && at(row.due_at) - now < dueSoonMs

/** Mine: what is due by its deadline, then what is under way by its newest word, then what is parked by its wake date. */
export function mySections(rows: ContactSummary[], now: number): Section[] {
  const parked = rows.filter((row) => row.status === 'parked')
  const open = rows.filter((row) => row.status !== 'parked')
  const due = open.filter((row) => isDue(row, now))
  const rest = open.filter((row) => !isDue(row, now))
  return [
    { key: 'due', ids: sorted(due, (row) => at(row.due_at)) },
    { key: 'active', ids: sorted(rest, (row) => -at(newest(row))) },
    { key: 'parked', ids: sorted(parked, (row) => at(row.parked_until)) },
  ].filter((section) => section.ids.length > 0)
}

export function waitingSections(rows: ContactSummary[]): Section[] {
  return rows.length === 0 ? [] : [{ key: 'waiting', ids: sorted(rows, (row) => at(row.due_at)) }]
}

export function allSections(rows: ContactSummary[]): Section[] {
  return rows.length === 0 ? [] : [{ key: 'everyone', ids: sorted(rows, (row) => -at(newest(row))) }]
}

function sorted(rows: ContactSummary[], by: (row: ContactSummary) => number): string[] {
  return rows.toSorted((one, other) => by(one) - by(other) || one.id.localeCompare(other.id)).map((row) => row.id)
}
