import type { SipAccount } from '../../shared/calls/sip-line'
import type { Attachment, Receipt, ServerState, Topic } from './protocol'

/** The server said no; `title` is a sentence in the citizen's language. */
export class Refused extends Error {
  constructor(readonly status: number, readonly title: string) {
    super(title)
  }
}

export interface OfflineForm {
  topic: Topic
  anonymous: boolean
  text: string
  reply: 'phone' | 'mail' | 'self'
  address: string
  form_key: string
  attachment_ids: string[]
}

export class Api {
  constructor(readonly base: string, readonly language: () => string) {}

  state(): Promise<ServerState> {
    return this.call<ServerState>('state', undefined, 'GET')
  }

  start(topic: Topic, anonymous: boolean): Promise<{ session_id: string }> {
    return this.call('sessions', { language: this.language(), topic, anonymous })
  }

  async ticket(): Promise<string> {
    return (await this.call<{ ticket: string }>('ticket', {})).ticket
  }

  /** What one call through Asterisk needs. */
  async callPass(): Promise<SipAccount> {
    interface Given { url: string; uri: string; number: string; call_pass: string; ice_servers: RTCIceServer[] }
    const { url, uri, number, call_pass, ice_servers } = await this.call<Given>('call-pass', { language: this.language() })
    return { url, uri, number, pass: call_pass, iceServers: ice_servers }
  }

  upload(file: File): Promise<Attachment> {
    const body = new FormData()
    body.append('file', file)
    return this.call('uploads', body)
  }

  leaveMessage(form: OfflineForm): Promise<Receipt> {
    return this.call('offline', { ...form, language: this.language() })
  }

  socketAddress(): string {
    const address = new URL(`${this.base}/socket`, window.location.href)
    address.protocol = address.protocol === 'https:' ? 'wss:' : 'ws:'
    return address.href
  }

  private async call<T>(path: string, body?: object, method = 'POST'): Promise<T> {
    const json = body !== undefined && !(body instanceof FormData)
    const response = await fetch(`${this.base}/${path}`, {
      method,
      credentials: 'same-origin',
      headers: {
        'Accept-Language': this.language(),
        // A plain form of another site cannot set this, so it tells our own script from a forged request.
        'X-AXD-Chat': '1',
        ...(json ? { 'Content-Type': 'application/json' } : {}),
      },
      body: json ? JSON.stringify(body) : (body as FormData | undefined),
    })
    if (!response.ok) {
      const problem = (await response.json().catch(() => ({}))) as { title?: string; detail?: string }
      throw new Refused(response.status, problem.detail || problem.title || String(response.status))
    }
    return (await response.json()) as T
  }
}
