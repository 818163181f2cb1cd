import type { SmsAccount, SmsAccountInput } from '../api/models'

export type SmsKind = SmsAccountInput['kind']
export const smsKinds: SmsKind[] = ['twilio', 'aliyun', 'tencent', 'generic', 'smpp']

/** The settings that have a field of their own; the other kinds are written as JSON. */
export const smsFields: Partial<Record<SmsKind, string[]>> = {
  twilio: ['account_sid', 'messaging_service_sid', 'base_url'],
  aliyun: ['access_key_id', 'extend_code', 'base_url'],
  tencent: ['secret_id', 'app_id', 'region', 'extend_code', 'base_url'],
}
export const neededFields = new Set(['account_sid', 'access_key_id', 'secret_id', 'app_id'])

/** What a new account of a described kind starts from. */
const starts: Partial<Record<SmsKind, unknown>> = {
  generic: {
    base_url: 'https://',
    send: {
      path: '/send',
      headers: { Authorization: 'Bearer {secret}' },
      body: { to: '{recipient}', text: '{text}', ref: '{reference}' },
      id_path: 'id',
    },
    inbound: { sender: 'sender', text: 'text', id: 'id' },
    report: { id: 'id', status: 'status' },
    signature: { header: 'X-Signature' },
  },
  smpp: { host: '', port: 2775, system_id: '' },
}

export interface SmsForm {
  name: string
  kind: SmsKind
  number: string
  sign: string
  secret: string
  throughput: number
  enabled: boolean
  fields: Record<string, string>
  json: string
}

export const startOf = (kind: SmsKind): string => JSON.stringify(starts[kind] ?? {}, null, 2)

export const emptySms = (): SmsForm => ({
  name: '',
  kind: 'aliyun',
  number: '',
  sign: '',
  secret: '',
  throughput: 10,
  enabled: true,
  fields: {},
  json: '{}',
})

/** The form of a stored account. The secret is never given back: left empty it stays as it is. */
export function formOf(account: SmsAccount): SmsForm {
  const { name, number, sign, throughput, enabled, settings } = account
  const kind = account.kind as SmsKind
  const fields = Object.fromEntries((smsFields[kind] ?? []).map((field) => [field, String(settings[field] ?? '')]))
  return { name, kind, number, sign, secret: '', throughput, enabled, fields, json: JSON.stringify(settings, null, 2) }
}

/** What is sent, or null while the JSON of a described kind is none. Empty fields take their defaults. */
export function inputOf(form: SmsForm): SmsAccountInput | null {
  const { name, kind, number, sign, throughput, enabled } = form
  const known = smsFields[kind]
  const settings = known
    ? Object.fromEntries(known.map((field) => [field, form.fields[field]?.trim()]).filter(([, value]) => value))
    : parsed(form.json)
  return settings && { name, kind, number, sign, throughput, enabled, secret: form.secret || null, settings }
}

export const isReady = (form: SmsForm): boolean =>
  form.name.trim() !== '' &&
  form.number.trim() !== '' &&
  (smsFields[form.kind] ?? []).every((field) => !neededFields.has(field) || !!form.fields[field]?.trim()) &&
  inputOf(form) !== null

function parsed(text: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : null
  } catch {
    return null
  }
}
