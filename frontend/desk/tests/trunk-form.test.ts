import { describe, expect, it } from 'vitest'
import type { Trunk } from '../src/api/models'
import { emptyTrunk, trunkForm, trunkInput } from '../src/channels/trunk-form'

const trunk: Trunk = {
  id: 't',
  version: 3,
  name: 'City',
  host: 'sip.example',
  port: 5061,
  username: 'axd',
  registers: true,
  addresses: ['203.0.113.7', '203.0.113.0/28'],
  caller_id: '12396',
  other_caller_ids: ['12345'],
  prefixes: ['', '+86'],
  number_format: 'national',
  detects_fax: false,
  flows: { '12396': 'hotline', '82001234': 'fax' },
  position: 4,
  enabled: true,
  created_at: '2026-01-01T00:00:00Z',
}

describe('the form of a trunk', () => {
  it('says what the trunk was, and keeps the secret when none is typed', () => {
    const said = trunkInput(trunkForm(trunk), trunk)
    expect({ ...trunk, ...said }).toEqual({ ...trunk, secret: null })
    expect(Object.keys(trunk).filter((name) => !(name in said))).toEqual(['id', 'version', 'created_at'])
  })

  it('takes lists in whatever way they are parted, and drops a line that is no pair', () => {
    const form = {
      ...emptyTrunk(),
      prefixes: '+86， *',
      addresses: ' 10.0.0.1,10.0.0.2 ',
      flows: '12396 a\n\nb\n12345  c',
    }
    const said = trunkInput(form, null)
    expect(said.prefixes).toEqual(['+86', ''])
    expect(said.addresses).toEqual(['10.0.0.1', '10.0.0.2'])
    expect(said.flows).toEqual({ '12396': 'a', '12345': 'c' })
    expect(said.other_caller_ids).toEqual([])
  })
})
