import { client, take } from './client'
import type { PromptEditInput, PromptSpeechInput } from './models'

const { GET, POST, PUT, PATCH } = client
const promptAt = (prompt_id: string) => ({ params: { path: { prompt_id } } })

/** Where a prompt belongs; `based_on`: the version that was read, 0 for a new one. */
export interface PromptPlace {
  key: string
  language: string
  name: string
  based_on: number
}

/** How a recording is cut; seconds and decibels. */
export interface Cut {
  trim_start_s: number
  trim_end_s: number
  gain_db: number
  normalise: boolean
}

export const promptsApi = {
  book: () => take(GET('/api/desk/telephone/prompts')),
  upload: (place: PromptPlace, text: string, cut: Cut, wav: ArrayBuffer) =>
    take(
      POST('/api/desk/telephone/prompts', {
        params: { query: { ...place, text, ...cut } },
        body: wav as never,
        bodySerializer: () => new Blob([wav], { type: 'audio/wav' }),
        headers: { 'Content-Type': 'audio/wav' },
      }),
    ),
  speak: (body: PromptSpeechInput) => take(POST('/api/desk/telephone/prompts/speak', { body })),
  edit: (id: string, body: PromptEditInput) =>
    take(PATCH('/api/desk/telephone/prompts/{prompt_id}', { ...promptAt(id), body })),
  write: (id: string, text: string, says_it: boolean, based_on: number) =>
    take(PUT('/api/desk/telephone/prompts/{prompt_id}/text', { ...promptAt(id), body: { text, says_it, based_on } })),
  sound: (prompt_id: string, query: { original?: boolean; number?: number } = {}) =>
    take(
      GET('/api/desk/telephone/prompts/{prompt_id}/sound', {
        params: { path: { prompt_id }, query },
        parseAs: 'arrayBuffer',
      }),
    ) as Promise<ArrayBuffer>,
  versions: (id: string) => take(GET('/api/desk/telephone/prompts/{prompt_id}/versions', promptAt(id))),
  restore: (prompt_id: string, number: number, based_on: number) =>
    take(
      POST('/api/desk/telephone/prompts/{prompt_id}/versions/{number}/restore', {
        params: { path: { prompt_id, number } },
        body: { based_on },
      }),
    ),
  /** How the house's voice says a text. */
  speech: (text: string, language: string) =>
    take(
      POST('/api/desk/telephone/speech', { body: { text, language }, parseAs: 'arrayBuffer' }),
    ) as Promise<ArrayBuffer>,
}
