import { client, take } from './client'
import type { BotInput } from './models'

const { GET, POST, PATCH, DELETE } = client
const botAt = (bot_id: string) => ({ params: { path: { bot_id } } })

export const botsApi = {
  list: () => take(GET('/api/desk/bots')),
  create: (body: BotInput) => take(POST('/api/desk/bots', { body })),
  change: (id: string, body: BotInput) => take(PATCH('/api/desk/bots/{bot_id}', { ...botAt(id), body })),
  remove: (id: string) => take(DELETE('/api/desk/bots/{bot_id}', botAt(id))),
  check: (id: string) => take(POST('/api/desk/bots/{bot_id}/check', botAt(id))),
}
