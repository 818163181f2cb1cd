import { client, take } from './client'
import type { DutyInput, FlowInput, KnowledgeItemInput, TelephoneService } from './models'

const { GET, POST, PUT, DELETE } = client
type RecordingHoldInput = { held: boolean; reason: string }
type RecordingQuery = {
  caller?: string
  line?: string
  agent_id?: string
  since?: string
  until?: string
  at_least_s?: number
}
const flowAt = (key: string) => ({ params: { path: { key } } })
const versionAt = (key: string, number: number) => ({ params: { path: { key, number } } })
const dutyAt = (duty_id: string) => ({ params: { path: { duty_id } } })
const itemAt = (key: string, language: string) => ({ params: { path: { key, language } } })

export const telephonyApi = {
  flows: () => take(GET('/api/desk/telephone/flows')),
  flow: (key: string) => take(GET('/api/desk/telephone/flows/{key}', flowAt(key))),
  saveFlow: (key: string, body: FlowInput) => take(PUT('/api/desk/telephone/flows/{key}', { ...flowAt(key), body })),
  publish: (key: string, note: string) =>
    take(POST('/api/desk/telephone/flows/{key}/publish', { ...flowAt(key), body: { note } })),
  discard: (key: string, based_on: number) =>
    take(POST('/api/desk/telephone/flows/{key}/discard', { ...flowAt(key), body: { based_on } })),
  versions: (key: string) => take(GET('/api/desk/telephone/flows/{key}/versions', flowAt(key))),
  restore: (key: string, number: number) =>
    take(POST('/api/desk/telephone/flows/{key}/versions/{number}/restore', versionAt(key, number))),
  counts: (key: string) => take(GET('/api/desk/telephone/flows/{key}/counts', flowAt(key))),
  names: () => take(GET('/api/desk/telephone/flow-names')),
  service: () => take(GET('/api/desk/telephone/service')),
  switchService: (service: TelephoneService) => take(PUT('/api/desk/telephone/service', { body: { service } })),
  items: () => take(GET('/api/desk/telephone/items')),
  saveItem: (key: string, language: string, body: KnowledgeItemInput) =>
    take(PUT('/api/desk/telephone/items/{key}/{language}', { ...itemAt(key, language), body })),
  polls: () => take(GET('/api/desk/telephone/polls')),
  duties: () => take(GET('/api/desk/telephone/duties')),
  createDuty: (body: DutyInput) => take(POST('/api/desk/telephone/duties', { body })),
  changeDuty: (id: string, body: DutyInput) =>
    take(PUT('/api/desk/telephone/duties/{duty_id}', { ...dutyAt(id), body })),
  recordings: (query: RecordingQuery) => take(GET('/api/desk/telephone/recordings', { params: { query } })),
  holdRecording: (recording_id: string, body: RecordingHoldInput) =>
    take(POST('/api/desk/telephone/recordings/{recording_id}/hold', { params: { path: { recording_id } }, body })),
  removeDuty: (duty_id: string, based_on: number) =>
    take(DELETE('/api/desk/telephone/duties/{duty_id}', { params: { path: { duty_id }, query: { based_on } } })),
}
