export default {
  label: 'Search and commands',
  hint: 'Name, number, text, or a command',
  results: 'Results',
  searching: 'Searching',
  none: 'Nothing found. Try other words.',
  goTo: 'Open {page}',
}
