import { client, take } from './client'
import type { HousePhoneInput, TrunkInput } from './models'

const { GET, POST, PUT, DELETE } = client
const trunkAt = (trunk_id: string) => ({ params: { path: { trunk_id } } })
const phoneAt = (phone_id: string) => ({ params: { path: { phone_id } } })

export const linesApi = {
  trunks: () => take(GET('/api/desk/trunks')),
  createTrunk: (body: TrunkInput) => take(POST('/api/desk/trunks', { body })),
  changeTrunk: (id: string, body: TrunkInput) => take(PUT('/api/desk/trunks/{trunk_id}', { ...trunkAt(id), body })),
  removeTrunk: (id: string) => take(DELETE('/api/desk/trunks/{trunk_id}', trunkAt(id))),
  phones: () => take(GET('/api/desk/phones')),
  createPhone: (body: HousePhoneInput) => take(POST('/api/desk/phones', { body })),
  renewSecret: (id: string) => take(POST('/api/desk/phones/{phone_id}/secret', phoneAt(id))),
  removePhone: (id: string) => take(DELETE('/api/desk/phones/{phone_id}', phoneAt(id))),
}
