// Added to the style of the chat: the panel of a call stands at the other side of the page.
export const callCss = `
.panel { right:auto; left:16px; top:auto; bottom:16px; width:340px; max-height:calc(100vh - 32px); z-index:25; }
.body { padding:16px; overflow-y:auto; display:flex; flex-direction:column; gap:12px; }
.body ol { margin:8px 0 0; padding-left:1.4em; display:flex; flex-direction:column; gap:6px; font-size:.9375rem; }
.state { display:flex; align-items:center; justify-content:space-between; gap:12px; font-weight:600; }
.state time { font-size:1.125rem; }
.note { font-size:.875rem; line-height:1.5; padding:8px 12px; border-radius:6px; background:var(--warn-soft); color:var(--warn); }
.note.ok { background:var(--ok-soft); color:var(--ok); }
.keys { display:grid; grid-template-columns:repeat(3,1fr); gap:8px; }
.keys .btn { min-height:52px; font-size:1.25rem; }
.pressed { min-height:1.5em; font-size:.875rem; color:var(--ink-2); text-align:center; letter-spacing:.15em; overflow-wrap:anywhere; }
.acts { display:grid; grid-template-columns:1fr 1fr; gap:8px; }
.btn.bad { background:var(--bad); border-color:var(--bad); color:#fff; }
.btn.bad:hover { background:#8f1d17; }
.btn[aria-pressed=true] { background:var(--act-soft); border-color:var(--act); }
@media (max-width:720px) { .panel { inset:auto 0 0 0; width:auto; max-height:100vh; border-radius:10px 10px 0 0; border:1px solid var(--line-2); } }
`
