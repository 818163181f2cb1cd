import type { paths } from '@axd/shared/api/schema'
import createClient, { type Middleware } from 'openapi-fetch'
import { offlineProblem, Problem, type ProblemBody } from './problem'

let csrfToken = ''
let onSignedOut: () => void = () => undefined

export function setCsrfToken(token: string): void {
  csrfToken = token
}

/** Called when the server no longer knows the session. */
export function whenSignedOut(run: () => void): void {
  onSignedOut = run
}

const session: Middleware = {
  onRequest({ request }) {
    if (request.method !== 'GET') request.headers.set('X-CSRF-Token', csrfToken)
  },
  onResponse({ response, schemaPath }) {
    if (response.status === 401 && schemaPath !== '/api/desk/login') onSignedOut()
  },
  onError({ request, error }) {
    return request.signal.aborted ? (error as Error) : offlineProblem()
  },
}

/** The desk's API, typed by the OpenAPI document. Looks `fetch` up at each call, so that a test can put its own there. */
export const client = createClient<paths>({ baseUrl: location.origin, fetch: (request) => fetch(request) })
client.use(session)

interface Answer<T> {
  data?: T
  error?: unknown
  response: Response
}

/** The data of an answer. Throws `Problem` for a refusal. */
export async function take<T>(asked: Promise<Answer<T>>): Promise<T> {
  const { data, error, response } = await asked
  if (response.ok) return data as T
  const known = typeof error === 'object' && error !== null ? (error as Partial<ProblemBody>) : {}
  throw new Problem({ ...known, status: response.status, code: known.code ?? `http_${response.status}` })
}
