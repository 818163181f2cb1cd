/** The server's side of drafts: one text at a time, a save must be based on the newest version. */
export class DraftServer {
  version = 0
  text = ''
  down = false
  saves: string[] = []

  readonly fetch = async (request: Request): Promise<Response> => {
    if (this.down) throw new TypeError('network')
    if (!request.url.includes('/drafts/')) return this.answer(404, { code: 'not_found' })
    if (request.method === 'GET') return this.answer(200, this.version === 0 ? null : this.view())
    if (request.method === 'DELETE') {
      this.put('')
      return new Response(null, { status: 204 })
    }
    const { version, body } = (await request.json()) as { version: number; body: { text: string } }
    if (version !== this.version) return this.answer(409, { code: 'draft_changed', version: this.version })
    this.saves.push(body.text)
    this.put(body.text)
    return this.answer(200, this.view())
  }

  /** Somebody else saves. */
  put(text: string): void {
    this.version += 1
    this.text = text
  }

  view() {
    const saved_at = new Date(Date.UTC(2026, 10, 24, 2, 0, this.version)).toISOString()
    return {
      contact_id: 'k',
      kind: 'reply',
      version: this.version,
      body: { text: this.text },
      author_id: 'x',
      saved_at,
    }
  }

  private answer(status: number, body: unknown): Response {
    return new Response(JSON.stringify(body), { status, headers: { 'Content-Type': 'application/json' } })
  }
}
