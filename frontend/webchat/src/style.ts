// The widget brings its own values of the shared tokens, so that it looks right on a page that has none.
export const css = `
:host { --bg:#fff; --sunken:#edf0f4; --hover:#f4f7fb; --line:#dde2e9; --line-2:#c2cad6; --strong:#7b879c; --ink:#172033; --ink-2:#424e63; --ink-3:#5b677c; --act:#1f5aa6; --act-2:#174a8c; --act-soft:#e8f0fa; --ok:#17693b; --ok-soft:#e4f3ea; --ok-line:#a5d4b8; --warn:#855000; --warn-soft:#fdf1dc; --bad:#b3261e; --rail:#14233c; --rail-ink:#b8c5da; --rail-on:#2a426b;
  font:400 1rem/1.6 "PingFang SC","HarmonyOS Sans SC","MiSans","Microsoft YaHei UI","Microsoft YaHei","Noto Sans CJK SC","Noto Sans SC","Source Han Sans SC",sans-serif; color:var(--ink); font-variant-numeric:tabular-nums; text-autospace:normal; line-break:strict; }
*,*::before { box-sizing:border-box; }
[hidden] { display:none !important; }
p,h2,dl,dd,ul,fieldset,legend { margin:0; padding:0; border:0; }
ul { list-style:none; }
i { display:inline-flex; flex:none; width:1em; height:1em; }
a { color:var(--act); text-underline-offset:3px; }
svg { width:100%; height:100%; fill:none; stroke:currentColor; stroke-width:1.8; stroke-linecap:round; stroke-linejoin:round; }
.vh { position:absolute; width:1px; height:1px; overflow:hidden; clip-path:inset(50%); white-space:nowrap; }
button,input,textarea { font:inherit; color:inherit; }
:focus-visible { outline:2px solid transparent; box-shadow:0 0 0 2px var(--bg),0 0 0 4px var(--act); }
.btn { display:inline-flex; align-items:center; justify-content:center; gap:6px; min-height:44px; padding:4px 14px; line-height:1.4; border:1px solid var(--line-2); border-radius:6px; background:var(--bg); color:var(--ink); cursor:pointer; text-decoration:none; }
.btn:hover { background:var(--hover); border-color:var(--strong); }
.btn.primary { background:var(--act); border-color:var(--act); color:#fff; }
.btn.primary:hover { background:var(--act-2); }
.btn.quiet { border-color:transparent; background:transparent; color:var(--ink-2); }
.btn.icon { width:44px; padding:0; flex:none; font-size:1.125rem; }
.link { border:0; background:none; padding:2px 4px; min-height:24px; color:var(--act); text-decoration:underline; text-underline-offset:3px; cursor:pointer; }
.launch { position:fixed; z-index:30; right:16px; bottom:16px; box-shadow:0 8px 28px rgb(23 32 51/.16); border-radius:999px; padding:4px 20px; }
.count { min-width:20px; padding:0 6px; border-radius:999px; background:#fff; color:var(--act); font-size:.8125rem; line-height:20px; text-align:center; }
.panel { position:fixed; z-index:20; right:16px; bottom:16px; top:88px; width:368px; max-height:760px; display:flex; flex-direction:column; background:var(--bg); border:1px solid var(--line-2); border-radius:10px; box-shadow:0 8px 28px rgb(23 32 51/.16),0 1px 3px rgb(23 32 51/.1); overflow:hidden; }
header { display:flex; align-items:center; gap:4px; padding:12px 12px 12px 16px; background:var(--rail); color:#fff; }
header > div { flex:1; min-width:0; }
h2 { font-size:1rem; font-weight:600; line-height:1.4; }
header p { font-size:.8125rem; color:var(--rail-ink); line-height:1.5; }
header .btn { background:transparent; color:#fff; border-color:transparent; }
header .btn:hover { background:var(--rail-on); }
header .btn:focus-visible, .launch:focus-visible { box-shadow:0 0 0 2px #fff,0 0 0 4px var(--rail); }
.band { padding:8px 16px; font-size:.875rem; line-height:1.5; background:var(--warn-soft); color:var(--warn); display:flex; gap:8px; align-items:center; flex-wrap:wrap; }
.band .btn { min-height:36px; }
.scroll { flex:1; overflow-y:auto; padding:12px 16px; }
.log { display:flex; flex-direction:column; gap:8px; font-size:.9375rem; }
.log:not(:empty) + div { margin-top:16px; }
.t { font-size:.8125rem; color:var(--ink-3); text-align:center; white-space:pre-wrap; }
.by { font-size:.8125rem; color:var(--ink-3); margin-bottom:-6px; }
.by.r { align-self:flex-end; display:inline-flex; gap:4px; align-items:center; margin:-4px 0 0; flex-wrap:wrap; justify-content:flex-end; }
.by.bad { color:var(--bad); }
.a,.c { max-width:86%; padding:8px 12px; border-radius:3px 12px 12px 12px; background:var(--sunken); align-self:flex-start; white-space:pre-wrap; overflow-wrap:anywhere; }
.c { background:var(--act); color:#fff; align-self:flex-end; border-radius:12px 3px 12px 12px; }
.c.wait { background:var(--act-soft); color:var(--ink); border:1px dashed var(--act); }
.file { display:flex; gap:6px; align-items:center; color:inherit; padding:2px 0; overflow-wrap:anywhere; min-height:28px; }
.rec { border:1px solid var(--ok-line); background:var(--ok-soft); border-radius:10px; padding:10px 12px; font-size:.875rem; }
.rec b { font-weight:600; color:var(--ok); display:flex; gap:4px; align-items:center; }
dl { display:grid; grid-template-columns:auto 1fr; gap:0 12px; }
dt { color:var(--ink-2); }
dd { font-variant-numeric:tabular-nums; letter-spacing:.02em; }
.say { border-top:1px solid var(--line); padding:12px; }
.hint { font-size:.8125rem; color:var(--ink-2); display:flex; gap:6px; align-items:center; margin-bottom:8px; line-height:1.5; }
.err { color:var(--bad); font-weight:600; font-size:.875rem; display:flex; gap:6px; align-items:center; margin-bottom:8px; line-height:1.5; }
.row { display:flex; gap:8px; align-items:flex-end; }
.in { width:100%; min-height:44px; padding:8px 10px; border:1px solid var(--strong); border-radius:6px; background:var(--bg); }
textarea.in { resize:none; line-height:1.6; display:block; max-height:160px; field-sizing:content; }
.in:focus-visible { border-color:var(--act); box-shadow:0 0 0 1px var(--act),0 0 0 4px var(--act-soft); }
.in::placeholder { color:var(--ink-3); opacity:1; }
.row label { flex:1; min-width:0; }
legend,.lab { font-weight:600; line-height:1.5; display:block; margin-bottom:6px; }
fieldset + *, .f { margin-top:12px; }
.f > .hint { margin:6px 0 0; }
.opts { display:flex; flex-wrap:wrap; gap:8px; }
.opt { display:flex; align-items:center; gap:8px; min-height:44px; padding:4px 12px; border:1px solid var(--strong); border-radius:6px; cursor:pointer; line-height:1.4; }
.opt input { width:18px; height:18px; margin:0; accent-color:var(--act); }
.opt:has(:checked) { border-color:var(--act); background:var(--act-soft); box-shadow:0 0 0 1px var(--act); }
.opt:has(:focus-visible) { box-shadow:0 0 0 2px var(--bg),0 0 0 4px var(--act); }
.opt :focus-visible { box-shadow:none; }
.files { display:flex; flex-direction:column; gap:4px; margin-bottom:8px; font-size:.875rem; }
.files li { display:flex; gap:6px; align-items:center; min-height:32px; }
.files span { flex:1; min-width:0; overflow:hidden; text-overflow:ellipsis; white-space:nowrap; }
.files .btn { min-height:32px; width:32px; font-size:1rem; }
:host([beside]) .launch { display:none; }
@media (min-width:1180px) { :host([beside]) .launch { display:inline-flex; } }
@media (max-width:720px) { .panel { inset:0; width:auto; border:0; border-radius:0; max-height:none; } }
@media (prefers-reduced-motion:no-preference) { .btn { transition:background 120ms ease-out; } }
@media (forced-colors:active) { .a,.c,.rec,.btn { border:1px solid; } }
`
