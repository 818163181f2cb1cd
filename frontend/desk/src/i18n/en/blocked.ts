export default {
  title: 'Blocked numbers and addresses',
  add: 'Block',
  none: 'Nothing is blocked.',
  hint: 'What comes from here goes to no agent; it stays in the ledger. Calls, pages and letters are not judged by it.',
  kind: 'Kind',
  value: 'Number or address',
  remove: 'Unblock {address}',
}
