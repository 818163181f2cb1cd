import type { Trunk, TrunkInput } from '../api/models'

/** A trunk as its form holds it: lists are lines of text. */
export interface TrunkForm {
  name: string
  host: string
  port: number
  username: string
  secret: string
  registers: boolean
  addresses: string
  callerId: string
  prefixes: string
  format: 'e164' | 'national'
  detectsFax: boolean
  flows: string
  enabled: boolean
}

const words = (text: string): string[] => text.split(/[\s,，]+/).filter(Boolean)

export function emptyTrunk(): TrunkForm {
  return {
    name: '',
    host: '',
    port: 5060,
    username: '',
    secret: '',
    registers: false,
    addresses: '',
    callerId: '',
    prefixes: '+86',
    format: 'e164',
    detectsFax: true,
    flows: '',
    enabled: true,
  }
}

export function trunkForm(trunk: Trunk): TrunkForm {
  return {
    name: trunk.name,
    host: trunk.host,
    port: trunk.port,
    username: trunk.username,
    secret: '',
    registers: trunk.registers,
    addresses: trunk.addresses.join(' '),
    callerId: trunk.caller_id,
    prefixes: trunk.prefixes.map((prefix) => prefix || '*').join(' '),
    format: trunk.number_format === 'national' ? 'national' : 'e164',
    detectsFax: trunk.detects_fax,
    flows: Object.entries(trunk.flows)
      .map(([number, flow]) => `${number} ${flow}`)
      .join('\n'),
    enabled: trunk.enabled,
  }
}

/** What the form says; the secret is never given back: left empty it stays as it is. */
export function trunkInput(form: TrunkForm, before: Trunk | null): TrunkInput {
  const flows = form.flows.split('\n').map(words)
  return {
    name: form.name.trim(),
    host: form.host.trim(),
    port: form.port,
    username: form.username.trim(),
    secret: form.secret || null,
    registers: form.registers,
    addresses: words(form.addresses),
    caller_id: form.callerId.trim(),
    other_caller_ids: before?.other_caller_ids ?? [],
    prefixes: words(form.prefixes).map((prefix) => (prefix === '*' ? '' : prefix)),
    number_format: form.format,
    detects_fax: form.detectsFax,
    flows: Object.fromEntries(flows.filter((pair) => pair.length === 2)),
    position: before?.position ?? 0,
    enabled: form.enabled,
  }
}
