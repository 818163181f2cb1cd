import type { ContactSummary } from '../../src/api/models'

/** A contact of the agent, active, nothing said yet; `changes` make it what the test needs. */
export function contactRow(id: string, changes: Partial<ContactSummary> = {}): ContactSummary {
  return {
    id,
    version: 1,
    status: 'active',
    channel: 'chat',
    queue_id: 'q1',
    citizen_id: 'c1',
    citizen_name: '张**',
    sender: '',
    subject: '',
    preview: '',
    language: 'zh-CN',
    unread: 0,
    priority: 0,
    agent_id: 'me',
    agent_name: '苏敏',
    case_id: null,
    case_number: null,
    received_at: '2026-11-24T01:00:00Z',
    queued_at: null,
    accepted_at: null,
    due_at: null,
    parked_until: null,
    park_reason: null,
    wrap_up_until: null,
    last_in_at: null,
    last_out_at: null,
    has_draft: false,
    sealed: false,
    opened: true,
    answerable: true,
    gone: false,
    ...changes,
  }
}
