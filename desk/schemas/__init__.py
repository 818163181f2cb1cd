"""What the desk's pages read and write: the contract between `desk/` and `frontend/desk`.

Routes, all under /api/desk. Writing ones need the header X-CSRF-Token (from GET session); errors are problem+json.

    session   POST login, POST logout, GET session, POST password, GET sessions, DELETE sessions/{id}
    inbox     GET snapshot, GET reference, WS events?after=<cursor>
              GET contacts?scope=mine|waiting|all&queue_id=&q=, GET contacts/{id},
              GET contacts/{id}/thread?before=<message id>
              POST contacts/{id}/accept, /decline, /read, /messages, /park, /resume, /finish,
              /disposition, /transfer, /spam
              POST contacts/{id}/open (a sealed one, with a reason), GET contacts/{id}/why
              GET/PUT contacts/{id}/drafts/{kind}, DELETE contacts/{id}/drafts/{kind}
              POST messages/{id}/retry, POST uploads, GET attachments/{id}, GET attachments/{id}/preview
              POST presence
    citizens  GET citizens/{id}, PATCH citizens/{id}, GET citizens/{id}/matches, POST citizens/{id}/reveal,
              POST citizens/{id}/merge, POST citizens/{id}/dismiss-match, POST merges/{id}/undo
              POST citizens/{id}/split, POST splits/{id}/undo, GET citizens/{id}/record-history
              PUT citizens/{id}/do-not-contact, POST citizens/{id}/represents, DELETE citizens/{id}/represents/{id}
              PATCH citizens/{id}/addresses/{id}, GET/POST blocked-addresses, DELETE blocked-addresses/{id}
    cases     GET cases?q=&status=&citizen_id=, POST cases, GET cases/{id}, PATCH cases/{id},
              POST cases/{id}/link, POST cases/{id}/urge
    search    GET search?q=
    texts     GET automatic-texts, PUT/DELETE automatic-texts/{key}/{channel}/{language}
              GET/PUT satisfaction-settings
    board     GET board, GET satisfaction?days=, POST agents/{id}/not-ready, POST agents/{id}/logout
    skills    GET skills, POST skills/preview, PUT skills, GET skills/history
    quarantine GET quarantine, GET quarantine/{id}/raw, POST quarantine/{id}/parse, /contact, /discard
    admin     GET/POST mailboxes, PATCH/DELETE mailboxes/{id}, POST mailboxes/{id}/check, POST mailboxes/{id}/fetch
              GET/POST bots, PATCH/DELETE bots/{id}, POST bots/{id}/check
              GET/POST accounts, PATCH accounts/{id}, GET roles, PUT roles/{key}, GET audit

Events of the socket: `{"type": "event", "cursor", "entity", "id", "version", "data"}` with entity and data one of
contact: ContactSummary, offer: OfferView, message: ThreadItem, agent: AgentView, draft: DraftView, case: CaseSummary,
mailbox: MailboxView, telegram_bot: BotView; `{"type": "viewing", "contact_id", "names"}`,
`{"type": "typing", "contact_id", "on"}`, `{"type": "ping"}`, `{"type": "snapshot_required"}`. The client sends
`{"type": "pong"}`, `{"type": "viewing", "contact_id": id or null}`, `{"type": "typing", "contact_id", "on"}`.
A contact event whose `data.gone` is true means: remove it, this session may no longer see it.
"""
