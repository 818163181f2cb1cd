import { offlineProblem, Problem } from './problem'

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'

export interface Options {
  query?: Record<string, string | number | undefined>
  body?: object
  signal?: AbortSignal
}

const base = '/api/desk/'
let csrfToken = ''
let onSignedOut: () => void = () => undefined

export function setCsrfToken(token: string): void {
  csrfToken = token
}

/** Called when the server no longer knows the session. */
export function whenSignedOut(run: () => void): void {
  onSignedOut = run
}

/** One request to the desk's API. Throws `Problem`. */
export async function call<T>(method: Method, path: string, options: Options = {}): Promise<T> {
  const query = new URLSearchParams()
  for (const [name, value] of Object.entries(options.query ?? {})) if (value !== undefined && value !== '') query.set(name, String(value))
  const body = options.body instanceof FormData ? options.body : options.body && JSON.stringify(options.body)
  const headers: Record<string, string> = { Accept: 'application/json' }
  if (typeof body === 'string') headers['Content-Type'] = 'application/json'
  if (method !== 'GET') headers['X-CSRF-Token'] = csrfToken
  const response = await send(`${base}${path}${query.size ? `?${query}` : ''}`, { method, headers, body, signal: options.signal })
  if (response.status === 204) return undefined as T
  if (response.ok) return (await response.json()) as T
  const problem = await Problem.of(response)
  if (problem.status === 401 && path !== 'login') onSignedOut()
  throw problem
}

async function send(url: string, init: RequestInit): Promise<Response> {
  try {
    return await fetch(url, init)
  } catch (error) {
    if (init.signal?.aborted) throw error
    throw offlineProblem()
  }
}
