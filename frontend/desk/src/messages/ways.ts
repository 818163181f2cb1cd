import type { ReplyWay } from '../api/models'

/** What tells one way from another: the channel and the address. */
export const wayKey = (way: ReplyWay): string => `${way.channel}:${way.address_id ?? ''}`

/** The first way that is not forbidden; a chosen one stays as long as it is there. */
export function keptWay(ways: ReplyWay[], chosen: string): string {
  const open = ways.filter((way) => !way.forbidden)
  if (open.some((way) => wayKey(way) === chosen)) return chosen
  return open[0] ? wayKey(open[0]) : ''
}
