/** What the server says when it refuses (RFC 9457). `code` chooses the sentence in the user's language. */
export interface ProblemBody {
  status: number
  code: string
  title?: string
  detail?: string
  [extra: string]: unknown
}

export class Problem extends Error {
  readonly status: number
  readonly code: string
  readonly body: ProblemBody

  constructor(body: ProblemBody) {
    super(body.detail || body.title || body.code)
    this.status = body.status
    this.code = body.code
    this.body = body
  }
}

/** The request never got an answer: the line is down, or the server is being restarted. */
export const offlineProblem = (): Problem => new Problem({ status: 0, code: 'offline' })
