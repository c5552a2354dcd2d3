/** The look of the reference pages. Served as a file of its own: the content security policy takes no inline style. */
export const referenceStyle = `
:root { color-scheme: light dark; --ink: #1c2430; --soft: #5a6675; --line: #dfe4ea; --ground: #fff; --panel: #f5f7f9;
  --accent: #0b62c4; --get: #1b6e3c; --post: #0b62c4; --patch: #8a5a00; --delete: #b3261e; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6eaf0; --soft: #a3afbd; --line: #323b47; --ground: #12161c;
  --panel: #1a2028; --accent: #7ab4ff; --get: #6fcf97; --post: #7ab4ff; --patch: #e0b050; --delete: #ff8a80; } }
* { box-sizing: border-box; }
html { scroll-padding-top: 1rem; }
body { margin: 0; display: grid; grid-template-columns: 17rem minmax(0, 1fr); color: var(--ink); background: var(--ground);
  font: 16px/1.55 system-ui, sans-serif; }
nav { position: sticky; top: 0; height: 100vh; overflow-y: auto; padding: 1.25rem 1rem; background: var(--panel);
  border-right: 1px solid var(--line); font-size: .875rem; }
nav summary { cursor: pointer; }
@media (min-width: 48.01rem) { @supports selector(::details-content) {
  nav summary { display: none; }
  nav details::details-content { content-visibility: visible; display: block; height: auto; }
} }
nav h2 { margin: 1.1rem 0 .3rem; font-size: .8rem; color: var(--soft); }
nav ul { list-style: none; margin: 0; padding: 0; }
nav a { display: flex; gap: .5rem; align-items: baseline; padding: .2rem .4rem; border-radius: 4px; color: var(--ink);
  text-decoration: none; overflow-wrap: anywhere; }
nav a:hover { background: var(--line); }
nav .method { min-width: 3.1rem; }
main { padding: 2rem clamp(1rem, 4vw, 3rem) 6rem; max-width: 60rem; min-width: 0; }
h1 { margin: 0 0 .25rem; font-size: 1.9rem; line-height: 1.2; }
h2.group { margin: 3rem 0 0; padding-bottom: .4rem; border-bottom: 2px solid var(--line); font-size: 1.4rem; }
h3 { margin: 2.25rem 0 .4rem; font-size: 1.15rem; }
h4 { margin: 1.2rem 0 .4rem; font-size: .95rem; }
p { margin: .5rem 0; max-width: 44rem; }
a { color: var(--accent); }
a:focus-visible, summary:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
code, pre, .method, .type { font-family: ui-monospace, "SF Mono", Menlo, Consolas, monospace; }
code { font-size: .875em; overflow-wrap: anywhere; }
p code, li code { background: var(--panel); padding: .1em .3em; border-radius: 3px; }
pre { margin: .6rem 0; padding: .8rem 1rem; overflow-x: auto; background: var(--panel); border: 1px solid var(--line);
  border-radius: 6px; font-size: .82rem; line-height: 1.5; }
.version, .permission, .type { color: var(--soft); }
.permission { font-size: .9rem; }
.type { font-size: .8rem; font-weight: normal; overflow-wrap: anywhere; }
.call { font-size: 1rem; }
.call code { background: none; padding: 0; }
.method { text-transform: uppercase; font-size: .72rem; font-weight: 700; color: var(--soft); }
.method.get { color: var(--get); } .method.post { color: var(--post); } .method.patch { color: var(--patch); }
.method.delete { color: var(--delete); }
.call .method { font-size: .85rem; margin-right: .35rem; }
.scroll { overflow-x: auto; }
table { width: 100%; border-collapse: collapse; font-size: .9rem; }
th { text-align: left; font-size: .8rem; color: var(--soft); }
td, th { padding: .45rem .9rem .45rem 0; border-bottom: 1px solid var(--line); vertical-align: top; }
td:nth-child(1) { width: 30%; } td:nth-child(2) { width: 24%; }
tr:target { background: var(--panel); }
.required { display: block; font-size: .75rem; color: var(--soft); }
main details > summary { cursor: pointer; font-size: .9rem; color: var(--accent); }
@media (max-width: 48rem) {
  body { display: block; }
  nav { position: static; height: auto; border-right: 0; border-bottom: 1px solid var(--line); }
  nav { padding: .75rem 1rem; }
  main { padding-top: 1.25rem; }
  h1 { font-size: 1.5rem; }
  tbody, tr, td { display: block; }
  thead { display: none; }
  tr { padding: .5rem 0; border-bottom: 1px solid var(--line); }
  td, td:nth-child(n) { width: auto; padding: .05rem 0; border: 0; }
  .required { display: inline; margin-left: .5rem; }
}
`;
