export default {
  label: '搜索与命令',
  hint: '姓名、编号、内容，或一个命令',
  results: '结果',
  searching: '正在找',
  none: '没有找到。换个说法试试。',
  goTo: '打开{page}',
}
